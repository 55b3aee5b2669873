/** Reads the records of a batch again, to make other batches of them. */

import type { Contents } from '../lib/contents.ts';
import type { PendingRequest } from './pending-request.ts';
import { HEADER_BYTES, type RecordBatch } from './record-batch.ts';
import { readVarint } from './varint.ts';

/** Where a record goes: to one of the new batches, or nowhere. */
export type Destination = RecordBatch | undefined;

/** The request that the record at `place` belongs to. */
export function ownerOf(batch: RecordBatch, place: number): PendingRequest {
  const share = batch.shares.findLast(({ first }) => first <= place);
  if (!share) throw new Error(`record ${place} of a batch belongs to no request`);
  return share.request;
}

/**
 * Copies the records to the batches that `destinationOf` names for their places, in order, and tells the requests
 * how many batches they wait for now. Returns these batches; the old one is empty of meaning afterwards.
 */
export function redistribute(
  batch: RecordBatch,
  destinationOf: (place: number) => Destination,
): RecordBatch[] {
  const { bytes } = batch.writer;
  const made: RecordBatch[] = [];
  let at = HEADER_BYTES;
  for (let place = 0; place < batch.count; place++) {
    const recordLength = readVarint(bytes, at);
    const next = recordLength.end + recordLength.value;
    const destination = destinationOf(place);
    if (destination) {
      if (!made.includes(destination)) made.push(destination);
      claim(destination, ownerOf(batch, place));
      const from = { batch, bodyAt: recordLength.end, recordEnd: next, contents: batch.contentsOf(place) };
      copyRecord(from, destination);
    }
    at = next;
  }
  for (const { request } of batch.shares) request.acknowledge();
  for (const destination of made) destination.deadlineMs = batch.deadlineMs;
  return made;
}

/** The next record of `destination` belongs to `request`. */
function claim(destination: RecordBatch, request: PendingRequest): void {
  if (destination.shares.at(-1)?.request === request) return;
  destination.shares.push({ request, first: destination.count });
  request.waitForOneMore();
}

interface Place {
  readonly batch: RecordBatch;
  /** Offset behind the length of the record. */
  readonly bodyAt: number;
  readonly recordEnd: number;
  readonly contents: Contents;
}

/** attributes int8, timestampDelta varlong, offsetDelta varint, keyLength varint, key, valueLength varint, value, headers. */
function copyRecord(from: Place, destination: RecordBatch): void {
  const { batch, bodyAt, recordEnd, contents } = from;
  const { bytes } = batch.writer;
  const timestampDelta = readVarint(bytes, bodyAt + 1);
  const offsetDelta = readVarint(bytes, timestampDelta.end);
  const keyLength = readVarint(bytes, offsetDelta.end);
  const keyEnd = keyLength.end + Math.max(keyLength.value, 0);
  const valueLength = readVarint(bytes, keyEnd);
  const key = keyLength.value < 0 ? undefined : bytes.subarray(keyLength.end, keyEnd);
  const valueEnd = valueLength.end + valueLength.value;
  const out = destination.begin(batch.baseTimestampMs + timestampDelta.value, contents, key);
  out.copy(bytes, valueLength.end, valueEnd);
  destination.end(bytes.subarray(valueEnd, recordEnd));
}
