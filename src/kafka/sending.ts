/** Sends batches to the brokers that lead their partitions: one request under way a broker, so that order holds. */

import type { Buffer } from 'node:buffer';
import type { Logger } from '../lib/logger.ts';
import type { Instruments } from '../metrics.ts';
import { CODECS } from './compression.ts';
import type { Metadata } from './metadata.ts';
import type { Outcomes } from './outcomes.ts';
import type { Partition } from './partition.ts';
import {
  decodeProduce,
  encodeProduce,
  type PartitionAnswer,
  type PartitionData,
} from './produce-protocol.ts';
import type { RecordBatch } from './record-batch.ts';
import type { BrokerLink } from './transport.ts';

/** Below the brokers' socket.request.max.bytes of 100 MiB. */
const MAX_REQUEST_BYTES = 32 * 1024 * 1024;
const SHORTEST_REST_MS = 50;
const LONGEST_REST_MS = 1000;

interface Load {
  readonly partition: Partition;
  readonly batch: RecordBatch;
}

interface BrokerState {
  isBusy: boolean;
  failures: number;
  /** `performance.now()` before which the broker is left alone after a failure. */
  notBeforeMs: number;
}

export interface SendingParts {
  readonly metadata: Metadata;
  readonly outcomes: Outcomes;
  readonly instruments: Instruments;
  readonly logger: Logger;
  /** `none`, or a key of CODECS. */
  readonly compression: string;
  /** How long one attempt may take. */
  readonly attemptTimeoutMs: number;
  /** Something ended: there may be more to send. */
  readonly onIdle: () => void;
}

export class Sending {
  readonly #parts: SendingParts;
  readonly #brokers = new Map<number, BrokerState>();

  constructor(parts: SendingParts) {
    this.#parts = parts;
  }

  /** Sends what is ready to every broker that is free. `partitions` of all topics. */
  send(partitions: Iterable<Partition>, producerId: bigint): void {
    const nowMs = performance.now();
    const byLeader = new Map<number, Partition[]>();
    for (const partition of partitions) {
      if (partition.underWay || partition.notBeforeMs > nowMs || !partition.hasRecords) continue;
      if (partition.leader < 0) {
        this.#parts.metadata.refreshSoon();
        continue;
      }
      const ready = byLeader.get(partition.leader);
      if (ready) ready.push(partition);
      else byLeader.set(partition.leader, [partition]);
    }
    for (const [nodeId, ready] of byLeader) this.#sendTo(nodeId, ready, producerId);
  }

  #stateOf(nodeId: number): BrokerState {
    let state = this.#brokers.get(nodeId);
    if (!state) {
      state = { isBusy: false, failures: 0, notBeforeMs: 0 };
      this.#brokers.set(nodeId, state);
    }
    return state;
  }

  #sendTo(nodeId: number, ready: readonly Partition[], producerId: bigint): void {
    const state = this.#stateOf(nodeId);
    if (state.isBusy || state.notBeforeMs > performance.now()) return;
    const link = this.#parts.metadata.linkOf(nodeId);
    if (!link) {
      this.#parts.metadata.refreshSoon();
      return;
    }
    const loads: Load[] = [];
    let bytes = 0;
    for (const partition of ready) {
      if (bytes > MAX_REQUEST_BYTES) break;
      const batch = partition.take(producerId);
      if (!batch) continue;
      bytes += batch.length;
      loads.push({ partition, batch });
    }
    if (loads.length === 0) return;
    state.isBusy = true;
    void this.#request(link, loads, state).finally(() => {
      state.isBusy = false;
      this.#parts.onIdle();
    });
  }

  /** One Produce request from its making to the settling of each batch in it. Never rejects. */
  async #request(link: BrokerLink, loads: readonly Load[], state: BrokerState): Promise<void> {
    const { instruments, attemptTimeoutMs } = this.#parts;
    const startedMs = performance.now();
    let answers: PartitionAnswer[];
    try {
      const data = await this.#seal(loads);
      await link.connect();
      const payload = await link.produce(encodeProduce(data, attemptTimeoutMs));
      answers = decodeProduce(payload, link.produceVersion);
      state.failures = 0;
    } catch (error) {
      await this.#failed(link, loads, { state, error });
      return;
    }
    instruments.kafkaProduceDuration.observe((performance.now() - startedMs) / 1000);
    for (const { partition, batch } of loads) {
      // A batch that was given up meanwhile is nobody's business any more.
      if (partition.underWay !== batch) continue;
      const answer = answers.find(
        ({ topic, partition: index }) => topic === partition.topic && index === partition.index,
      );
      if (answer) this.#parts.outcomes.settle(partition, batch, answer);
      else this.#parts.outcomes.unanswered(partition, batch, 'the broker said nothing of it');
    }
  }

  #seal(loads: readonly Load[]): Promise<PartitionData[]> {
    return Promise.all(
      loads.map(async ({ partition, batch }) => ({
        topic: partition.topic,
        partition: partition.index,
        batch: await this.#pieces(batch),
      })),
    );
  }

  async #pieces(batch: RecordBatch): Promise<Buffer[]> {
    const codec = CODECS[this.#parts.compression];
    return codec ? batch.seal(codec.attributes, await codec.compress(batch.records())) : batch.seal(0);
  }

  /** No answer. */
  async #failed(
    link: BrokerLink,
    loads: readonly Load[],
    failure: { state: BrokerState; error: unknown },
  ): Promise<void> {
    const { state, error } = failure;
    const problem = error instanceof Error ? error : new Error(String(error));
    state.notBeforeMs = performance.now() + Math.min(SHORTEST_REST_MS * 2 ** state.failures, LONGEST_REST_MS);
    state.failures++;
    const { host, port } = link.address;
    this.#parts.logger.debug({ broker: `${host}:${port}`, problem: problem.message }, 'produce failed');
    for (const { partition, batch } of loads) {
      if (partition.underWay === batch) this.#parts.outcomes.unanswered(partition, batch, problem.message);
    }
    await link.cut(problem);
  }
}
