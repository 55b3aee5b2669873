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
  /** Until it is answered, nothing more is sent. */
  underWay: { readonly link: BrokerLink; readonly loads: readonly Load[] } | undefined;
  failures: number;
  /** `performance.now()` before which the broker is left alone after a failure. */
  notBeforeMs: number;
  /** Where the next request begins: the place, among all partitions, of the one that the last had no room for. */
  next: number;
}

/** Partitions of one broker that can be sent, with their places among all, which ascend. */
interface Ready {
  readonly partitions: Partition[];
  readonly places: number[];
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
    const byLeader = new Map<number, Ready>();
    let place = -1;
    for (const partition of partitions) {
      place++;
      if (partition.underWay || partition.notBeforeMs > nowMs || !partition.hasRecords) continue;
      if (partition.leader < 0) {
        this.#parts.metadata.refreshSoon();
        continue;
      }
      let ready = byLeader.get(partition.leader);
      if (!ready) {
        ready = { partitions: [], places: [] };
        byLeader.set(partition.leader, ready);
      }
      ready.partitions.push(partition);
      ready.places.push(place);
    }
    for (const [nodeId, ready] of byLeader) this.#sendTo(nodeId, ready, producerId);
  }

  /** Cuts off the broker that owes the answer for `batch`: by now another one may lead its partition. */
  cutOff(batch: RecordBatch, reason: Error): void {
    for (const { underWay } of this.#brokers.values())
      if (underWay?.loads.some((load) => load.batch === batch)) void underWay.link.cut(reason);
  }

  #stateOf(nodeId: number): BrokerState {
    let state = this.#brokers.get(nodeId);
    if (!state) {
      state = { underWay: undefined, failures: 0, notBeforeMs: 0, next: 0 };
      this.#brokers.set(nodeId, state);
    }
    return state;
  }

  #sendTo(nodeId: number, ready: Ready, producerId: bigint): void {
    const state = this.#stateOf(nodeId);
    if (state.underWay || state.notBeforeMs > performance.now()) return;
    const link = this.#parts.metadata.linkOf(nodeId);
    if (!link) {
      this.#parts.metadata.refreshSoon();
      return;
    }
    const loads = takeFrom(ready, state, producerId);
    if (loads.length === 0) return;
    state.underWay = { link, loads };
    void this.#request(link, loads, state).finally(() => {
      state.underWay = undefined;
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

/**
 * As much as fits into one request. It begins where the last one stopped, as the Java client does: always from the
 * first on, the partitions behind would never have their turn while those before them fill again.
 */
function takeFrom({ partitions, places }: Ready, state: BrokerState, producerId: bigint): Load[] {
  const loads: Load[] = [];
  const first = Math.max(
    0,
    places.findIndex((place) => place >= state.next),
  );
  let bytes = 0;
  for (let i = 0; i < partitions.length; i++) {
    const at = (first + i) % partitions.length;
    if (bytes > MAX_REQUEST_BYTES) {
      state.next = places[at]!;
      break;
    }
    const partition = partitions[at]!;
    const batch = partition.take(producerId);
    if (!batch) continue;
    bytes += batch.length;
    loads.push({ partition, batch });
  }
  return loads;
}
