/** What the brokers say about topics: partitions, leaders, addresses; asked again when it seems to be wrong. */

import type { Logger } from '../lib/logger.ts';
import { Seldom } from '../lib/seldom.ts';
import { BrokerProblem } from './explain.ts';
import { advertisedRefusal } from './refusals.ts';
import type { BrokerAddress, BrokerLink, Transport } from './transport.ts';

const MAX_AGE_MS = 60_000;
const SHORTEST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 1000;
/** So many brokers of a large cluster are tried at the start. */
const TRIED_BROKERS = 5;
const STOPPING = 'the adapter is stopping';

export interface PartitionInfo {
  readonly index: number;
  /** Node id; -1 when there is none. */
  readonly leader: number;
}

export interface TopicInfo {
  readonly topic: string;
  /** 0, or why there are no partitions. */
  readonly errorCode: number;
  readonly partitions: readonly PartitionInfo[];
}

export interface MetadataParts {
  readonly transport: Transport;
  /** Whether brokers that create topics by themselves are to do so, in whatever shape they like. */
  readonly brokersMayCreate: boolean;
  readonly logger: Logger;
  readonly onChange: (topics: readonly TopicInfo[]) => void;
}

export class Metadata {
  readonly #parts: MetadataParts;
  readonly #links = new Map<number, BrokerLink>();
  readonly #topics = new Set<string>();
  #seed: BrokerLink | undefined;
  #nextSeed = 0;
  #refreshing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** `performance.now()` when the timer fires. */
  #timerAtMs = 0;
  #failures = 0;
  readonly #warnings = new Seldom();
  #lastMs = Number.NEGATIVE_INFINITY;
  #stopped = false;
  lastProblem = 'not tried yet';
  isReached = false;

  constructor(parts: MetadataParts) {
    this.#parts = parts;
  }

  get connectedBrokers(): number {
    return [...this.#links.values()].filter((link) => link.isConnected).length;
  }

  linkOf(nodeId: number): BrokerLink | undefined {
    return this.#links.get(nodeId);
  }

  /** Some broker that answers, for what any of them can do; rejects when none does. */
  async anyLink(): Promise<BrokerLink> {
    const connected = [...this.#links.values()].filter((link) => link.isConnected);
    if (connected.length > 0) return connected[Math.floor(Math.random() * connected.length)]!;
    let problem: unknown;
    for (const link of this.#candidates()) {
      if (this.#stopped) break;
      try {
        await this.#connect(link);
        return link;
      } catch (error) {
        // A wrong password says more than another broker that is not there.
        if (!(problem instanceof BrokerProblem) || problem.isAbsence) problem = error;
      }
    }
    throw this.#stopped ? new Error(STOPPING) : problem;
  }

  /** Leaves no connection behind, and rejects, when it is stopped meanwhile. */
  async #connect(link: BrokerLink): Promise<void> {
    await link.connect();
    if (!this.#stopped) return;
    await link.cut(new Error(STOPPING));
    throw new Error(STOPPING);
  }

  /** The brokers it knows, then the seeds: a link is made when it is its turn, so that `#seed` is the one in use. */
  *#candidates(): Generator<BrokerLink> {
    yield* [...this.#links.values()];
    yield* this.#seedLinks();
  }

  /** The seed in use, else the next of the list, so that each try takes another. */
  *#seedLinks(): Generator<BrokerLink> {
    const { transport } = this.#parts;
    const { seeds } = transport;
    for (let i = 0; i < seeds.length; i++) {
      this.#seed = transport.link(seeds[this.#nextSeed++ % seeds.length]!);
      yield this.#seed;
    }
  }

  addTopic(topic: string): void {
    this.#topics.add(topic);
  }

  dropTopic(topic: string): void {
    this.#topics.delete(topic);
  }

  /** Asks again soon: at once after a quiet time, with growing waits while nobody answers. */
  refreshSoon(): void {
    if (this.#refreshing || this.#stopped) return;
    const sinceMs = performance.now() - this.#lastMs;
    this.#schedule(Math.max(0, this.#waitMs() - sinceMs));
  }

  /** Asks in so many milliseconds, unless that is to happen earlier: the timer of the age is nearly always set. */
  #schedule(inMs: number): void {
    const atMs = performance.now() + inMs;
    if (this.#timer && this.#timerAtMs <= atMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.refresh();
    }, inMs);
  }

  /** Asks now; resolves when there is an answer or none is to be had. Never rejects. */
  refresh(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    this.#refreshing ??= this.#ask().finally(() => {
      this.#refreshing = undefined;
      // One that was asked for in the meantime is done.
      clearTimeout(this.#timer);
      this.#timer = undefined;
      if (!this.#stopped) this.#schedule(this.#failures > 0 ? this.#waitMs() : MAX_AGE_MS);
    });
    return this.#refreshing;
  }

  #waitMs(): number {
    return Math.min(SHORTEST_WAIT_MS * 2 ** this.#failures, LONGEST_WAIT_MS);
  }

  async #ask(): Promise<void> {
    const { logger } = this.#parts;
    this.#lastMs = performance.now();
    let link: BrokerLink | undefined;
    try {
      link = await this.anyLink();
      const answer = await link.metadata([...this.#topics], this.#parts.brokersMayCreate);
      if (this.#stopped) return;
      this.#adopt(answer.brokers);
      if (!this.isReached) await this.#reachAdvertised(link.address);
      if (this.#stopped) return;
      this.#failures = 0;
      const isBack = this.#warnings.end();
      if (!this.isReached) logger.info({ brokers: answer.brokers.length }, 'Kafka reached');
      else if (isBack) logger.info({}, 'Kafka answers again');
      this.isReached = true;
      // Asked for none, brokers tell of all.
      const topics = answer.topicMetadata.filter(({ topic }) => this.#topics.has(topic));
      this.#parts.onChange(topics.map(readTopic));
    } catch (error) {
      this.#failures++;
      // A broker that is connected but silent would be asked again and again.
      await link?.cut(new Error('no answer to a metadata request'));
      this.lastProblem = error instanceof Error ? error.message : String(error);
      if (!this.#stopped && this.#warnings.isDue(this.lastProblem, this.#lastMs))
        logger.warn({ problem: this.lastProblem }, 'no metadata from Kafka, trying again');
    }
  }

  /** What brokers say of themselves may be of no use here: one has to be reached by it. */
  async #reachAdvertised(asked: BrokerAddress): Promise<void> {
    const tries = [...this.#links].slice(0, TRIED_BROKERS).map(async ([nodeId, link]) => {
      try {
        await this.#connect(link);
      } catch (error) {
        const problem = advertisedRefusal(asked, nodeId, error);
        if (!this.#stopped)
          this.#parts.logger.warn({ problem }, 'cannot reach a broker by the address it gives');
        throw new Error(problem);
      }
    });
    await Promise.any(tries).catch((error: AggregateError) => {
      throw error.errors[0] ?? new Error(`Kafka at ${asked.host}:${asked.port} names no brokers`);
    });
  }

  /** Keeps links whose broker has not moved; cuts the others. */
  #adopt(brokers: readonly { nodeId: number; host: string; port: number }[]): void {
    const seen = new Set<number>();
    for (const { nodeId, host, port } of brokers) {
      seen.add(nodeId);
      const known = this.#links.get(nodeId);
      if (known && known.address.host === host && known.address.port === port) continue;
      if (known) void known.cut(new Error(`broker ${nodeId} has moved to ${host}:${port}`));
      this.#links.set(nodeId, this.#parts.transport.link({ host, port }));
    }
    for (const [nodeId, link] of this.#links) {
      if (seen.has(nodeId)) continue;
      this.#links.delete(nodeId);
      void link.cut(new Error(`broker ${nodeId} has left the cluster`));
    }
    // The seed has done its work: its broker is among the links.
    void this.#seed?.cut(new Error('the seed connection is not needed any more'));
    this.#seed = undefined;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#cutAll();
    await this.#refreshing;
    // It may have connected after all.
    await this.#cutAll();
  }

  async #cutAll(): Promise<void> {
    const links = [...this.#links.values(), ...(this.#seed ? [this.#seed] : [])];
    await Promise.all(links.map((link) => link.cut(new Error(STOPPING))));
  }
}

function readTopic(topic: {
  topic: string;
  topicErrorCode: number;
  partitionMetadata: readonly { partitionId: number; leader: number }[];
}): TopicInfo {
  const partitions = topic.partitionMetadata
    .map(({ partitionId, leader }) => ({ index: partitionId, leader }))
    .sort((a, b) => a.index - b.index);
  return { topic: topic.topic, errorCode: topic.topicErrorCode, partitions };
}
