/** Damage to bytes, as faults on the way or an attacker would do it. */

import { Buffer } from 'node:buffer';
import type { Random } from './random.ts';

/** Bytes that mean much in protobuf: small tags and lengths, ends and beginnings of varints. */
const TELLING = [0x00, 0x01, 0x08, 0x0a, 0x0b, 0x0c, 0x12, 0x1a, 0x22, 0x2a, 0x7f, 0x80, 0xfe, 0xff];
const LONGEST_PIECE = 40;

type Mutation = (bytes: Buffer, random: Random) => Buffer;

const flip: Mutation = (bytes, random) => {
  bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
  return bytes;
};

const set: Mutation = (bytes, random) => {
  bytes[random.below(bytes.length)] = random.chance(0.5) ? random.pick(TELLING) : random.below(256);
  return bytes;
};

/** What is often a length, a little off. */
const nudge: Mutation = (bytes, random) => {
  bytes[random.below(bytes.length)]! += random.pick([-2, -1, 1, 2]);
  return bytes;
};

const insert: Mutation = (bytes, random) => {
  const at = random.below(bytes.length + 1);
  const added = Buffer.from(Array.from({ length: 1 + random.few(12) }, () => random.pick(TELLING)));
  return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)]);
};

const remove: Mutation = (bytes, random) => {
  const [start, end] = piece(bytes, random);
  return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
};

const truncate: Mutation = (bytes, random) => bytes.subarray(0, random.below(bytes.length));

/** A piece again, at another place. */
const splice: Mutation = (bytes, random) => {
  const [start, end] = piece(bytes, random);
  const at = random.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(start, end), bytes.subarray(at)]);
};

const MUTATIONS: readonly Mutation[] = [flip, set, nudge, insert, remove, truncate, splice];

function piece(bytes: Buffer, random: Random): [start: number, end: number] {
  const start = random.below(bytes.length);
  return [start, Math.min(bytes.length, start + 1 + random.below(LONGEST_PIECE))];
}

/** A damaged copy. */
export function mutate(original: Buffer, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(original);
  for (let left = 1 + random.few(4); left > 0 && bytes.length > 0; left--)
    bytes = random.pick(MUTATIONS)(bytes, random);
  return bytes;
}
