/** Sending: which partitions share a request when there is more than one request can take. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import type { Metadata } from '../../src/kafka/metadata.ts';
import type { Outcomes } from '../../src/kafka/outcomes.ts';
import type { Partition } from '../../src/kafka/partition.ts';
import { NEWEST_PRODUCE } from '../../src/kafka/produce-protocol.ts';
import { Sending } from '../../src/kafka/sending.ts';
import { eventually } from '../support/eventually.ts';
import { keepingLogger, PRODUCER_ID, Stage } from './stage.ts';

const MEBIBYTE = 1024 * 1024;
/** No topics, no throttling. */
const EMPTY_ANSWER = Buffer.alloc(8);

/** Partitions led by one broker, whose answers are taken for acknowledgements. */
class OneBroker {
  readonly stage: Stage;
  readonly #sending: Sending;
  /** Partitions that were in a request since last asked. */
  #sent: number[] = [];
  #isIdle = true;

  constructor(partitions: number) {
    this.stage = new Stage({ partitions, maxBatchBytes: 2 * MEBIBYTE, maxQueueBytes: 1024 * MEBIBYTE });
    for (const partition of this.stage.partitions) partition.leader = 1;
    const link = {
      address: { host: 'broker', port: 9001 },
      produceVersion: NEWEST_PRODUCE,
      connect: async () => {},
      produce: async () => EMPTY_ANSWER,
    };
    this.#sending = new Sending({
      metadata: { linkOf: () => link, refreshSoon() {} } as unknown as Metadata,
      outcomes: { unanswered: (partition: Partition) => this.#settle(partition) } as unknown as Outcomes,
      instruments: this.stage.metrics.instruments,
      logger: keepingLogger().logger,
      compression: 'none',
      attemptTimeoutMs: 1000,
      onIdle: () => {
        this.#isIdle = true;
      },
    });
  }

  #settle(partition: Partition): void {
    this.#sent.push(partition.index);
    this.stage.answer(0, { partition: partition.index });
  }

  /** Sends one request; gives the partitions in it. */
  async request(): Promise<number[]> {
    this.#isIdle = false;
    this.#sending.send(this.stage.partitions, PRODUCER_ID);
    await eventually(() => this.#isIdle, { what: 'the request is answered' });
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }
}

describe('when one request cannot take all partitions of a broker', () => {
  const value = 'x'.repeat(MEBIBYTE);
  const PARTITIONS = 50;

  test('the next begins where it stopped, though those before are full again', async () => {
    const broker = new OneBroker(PARTITIONS);
    const fill = (partitions: readonly number[]): void => {
      for (const partition of partitions) broker.stage.commit({ partition, value });
    };
    fill(Array.from({ length: PARTITIONS }, (_, i) => i));
    const first = await broker.request();
    assert.ok(first.length < PARTITIONS, `${first.length} in one request`);
    fill(first);
    const second = await broker.request();
    assert.equal(second[0], first.length);
    fill(second);
    const third = await broker.request();
    assert.equal(third[0], second.at(-1)! + 1, 'and so on, past the last partition');
  });

  test('the next begins behind it when there is nothing to send for the one it stopped at', async () => {
    const broker = new OneBroker(PARTITIONS);
    for (let partition = 0; partition < PARTITIONS; partition++) broker.stage.commit({ partition, value });
    const first = await broker.request();
    for (const partition of first) broker.stage.commit({ partition, value });
    broker.stage.partitions[first.length]!.expire(Number.MAX_VALUE);
    const second = await broker.request();
    assert.equal(second[0], first.length + 1);
  });
});

test('who owes an answer is cut off for it, though another broker leads the partition by now', async () => {
  const stage = new Stage();
  const cuts: number[] = [];
  const linkOf = (port: number) => ({
    address: { host: 'broker', port },
    connect: async () => {},
    produce: () => new Promise(() => {}),
    cut: async () => void cuts.push(port),
  });
  const links = new Map([1, 2].map((node) => [node, linkOf(9000 + node)]));
  const sending = new Sending({
    metadata: { linkOf: (node: number) => links.get(node), refreshSoon() {} } as unknown as Metadata,
    outcomes: stage.outcomes,
    instruments: stage.metrics.instruments,
    logger: keepingLogger().logger,
    compression: 'none',
    attemptTimeoutMs: 1000,
    onIdle: () => {},
  });
  stage.commit('a');
  stage.partition.leader = 1;
  sending.send([stage.partition], PRODUCER_ID);
  stage.partition.leader = 2;
  sending.cutOff(stage.partition.underWay!, new Error('late'));
  assert.deepEqual(cuts, [9001]);
});
