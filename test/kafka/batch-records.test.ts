/** Batches made anew from the records of another: every record once, in order, still its request's. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { type Destination, ownerOf, redistribute } from '../../src/kafka/batch-records.ts';
import { PendingRequest } from '../../src/kafka/pending-request.ts';
import { RecordBatch } from '../../src/kafka/record-batch.ts';
import { readBatch } from './batch-reader.ts';
import { BASE_MS, contentOf, Watched } from './stage.ts';

interface Part {
  readonly request: PendingRequest;
  readonly watched: Watched;
}

const part = (): Part => {
  const request = new PendingRequest(1, new Map());
  return { request, watched: new Watched(request.done) };
};

/** Sizes around the edges of the lengths, times before and after the first. */
const VALUES = [5, 0, 63, 64, 100, 8191, 8192, 20_000, 1].map((bytes, i) => String(i).repeat(bytes));
const TIMES = [0, 5, -5, 1e9, -1e9, 2 ** 31, 64, -64, 0].map((delta) => BASE_MS + delta);

/** All of VALUES; the requests begin at the places in `firsts`. */
function batchOf(firsts: readonly number[]): { batch: RecordBatch; parts: Part[] } {
  const batch = new RecordBatch(1024);
  for (const [i, value] of VALUES.entries()) {
    batch.begin(TIMES[i]!).copy(Buffer.from(value), 0, value.length);
    batch.end();
  }
  const parts = firsts.map(part);
  batch.shares = parts.map(({ request }, i) => ({ request, first: firsts[i]! }));
  batch.deadlineMs = 1234;
  return { batch, parts };
}

/** Values and times as the batch keeps them. */
function recordsOf(batch: RecordBatch): (readonly [string, number])[] {
  return readBatch(batch.seal(0)).records.map(({ value, timestampMs }) => [value.toString(), timestampMs]);
}

const ALL = VALUES.map((value, i) => [value, TIMES[i]!] as const);

describe('the owner of a record', () => {
  test('is the request whose share it is in', () => {
    const { batch, parts } = batchOf([0, 2, 3, 8]);
    const owners = VALUES.map((_, place) =>
      parts.findIndex(({ request }) => request === ownerOf(batch, place)),
    );
    assert.deepEqual(owners, [0, 0, 1, 2, 2, 2, 2, 2, 3]);
  });

  test('is always there: a batch without shares is a fault', () => {
    assert.throws(() => ownerOf(new RecordBatch(1024), 0), /belongs to no request/);
  });
});

describe('redistributed', () => {
  for (let middle = 0; middle <= VALUES.length; middle++) {
    test(`in two at ${middle}, records keep value, time, order and deadline`, () => {
      const { batch } = batchOf([0]);
      const halves = [new RecordBatch(1024), new RecordBatch(1024)];
      const made = redistribute(batch, (place) => halves[place < middle ? 0 : 1]);
      assert.deepEqual(made.flatMap(recordsOf), ALL);
      assert.deepEqual(
        made.map(({ count }) => count),
        [middle, VALUES.length - middle].filter((count) => count > 0),
      );
      for (const { deadlineMs } of made) assert.equal(deadlineMs, 1234);
    });
  }

  test('in two, each request waits for exactly the batches that hold records of it', async () => {
    const { batch, parts } = batchOf([0, 2, 6]);
    const halves = [new RecordBatch(1024), new RecordBatch(1024)];
    const [first, second] = redistribute(batch, (place) => halves[place < 4 ? 0 : 1]);
    const states = (): Promise<string[]> => Promise.all(parts.map(({ watched }) => watched.now()));
    assert.deepEqual(
      [first, second].map((made) =>
        made!.shares.map(({ request, first: at }) => [parts.findIndex((p) => p.request === request), at]),
      ),
      [
        [
          [0, 0],
          [1, 2],
        ],
        [
          [1, 0],
          [2, 2],
        ],
      ],
    );
    assert.deepEqual(await states(), ['waiting', 'waiting', 'waiting']);
    for (const { request } of first!.shares) request.acknowledge();
    assert.deepEqual(await states(), ['resolved', 'waiting', 'waiting']);
    for (const { request } of second!.shares) request.acknowledge();
    assert.deepEqual(await states(), ['resolved', 'resolved', 'resolved']);
  });

  test('without some, the others keep value, time and order', () => {
    const { batch } = batchOf([0, 4]);
    const rest = new RecordBatch(1024);
    const gone = new Set([0, 3, 8]);
    redistribute(batch, (place): Destination => (gone.has(place) ? undefined : rest));
    assert.deepEqual(
      recordsOf(rest),
      ALL.filter((_, place) => !gone.has(place)),
    );
  });

  test('without all records of a request, that request waits for this batch no longer', async () => {
    const { batch, parts } = batchOf([0, 2, 4]);
    const rest = new RecordBatch(1024);
    const made = redistribute(batch, (place) => (place === 2 || place === 3 ? undefined : rest));
    assert.deepEqual(made, [rest]);
    assert.deepEqual(
      rest.shares.map(({ first }) => first),
      [0, 2],
    );
    assert.deepEqual(await Promise.all(parts.map(({ watched }) => watched.now())), [
      'waiting',
      'resolved',
      'waiting',
    ]);
  });

  test('to nowhere, all requests are done with this batch', async () => {
    const { batch, parts } = batchOf([0, 5]);
    assert.deepEqual(
      redistribute(batch, () => undefined),
      [],
    );
    assert.deepEqual(await Promise.all(parts.map(({ watched }) => watched.now())), ['resolved', 'resolved']);
  });

  test('the copies have the same bytes as batches written for the first time', () => {
    const { batch } = batchOf([0]);
    const original = contentOf(batch);
    const copy = new RecordBatch(1024);
    redistribute(batch, () => copy);
    assert.deepEqual(contentOf(copy), original);
    assert.deepEqual(copy.seal(0), batch.seal(0));
  });
});
