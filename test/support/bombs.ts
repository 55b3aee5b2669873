/** Small bodies that mean much: what each is, and how it is made. All are answered 400. */

import { Buffer } from 'node:buffer';
import { compress } from 'snappyjs';
import { field, request, sample, varint } from './write-request.ts';

const MEBIBYTE = 1024 * 1024;
const NAME = field(1, Buffer.concat([field(1, '__name__'), field(2, 'bomb')]));

export function label(name: string | Uint8Array, value: string | Uint8Array): Buffer {
  return field(1, Buffer.concat([field(1, name), field(2, value)]));
}

/** A body of one series with one sample; `parts` are in front of the sample. */
export function bodyOf(...parts: Uint8Array[]): Buffer {
  return compress(field(1, Buffer.concat([NAME, ...parts, field(2, sample(1, 1000))])));
}

/** Each level adds its header in front: the lengths first, from the inside out. */
function nested(depths: number): Buffer {
  const heads: Buffer[] = [];
  for (let depth = 0, length = 0; depth < depths; depth++) {
    const head = Buffer.concat([Buffer.from([0x0a]), varint(length)]);
    heads.push(head);
    length += head.length;
  }
  return Buffer.concat(heads.reverse());
}

export const BOMBS: Readonly<Record<string, () => Uint8Array>> = {
  'snappy that claims 4 GiB': () =>
    Buffer.concat([varint(0xffffffff), Buffer.from([0xfc, 0xff, 0xff, 0xff, 0xff, 1])]),
  'a literal of 4 GiB': () => Buffer.concat([varint(100), Buffer.from([0xfc, 0xfb, 0xff, 0xff, 0xff, 1, 2])]),
  'messages 100 000 deep': () => compress(nested(100_000)),
  'groups a million deep': () => compress(Buffer.alloc(MEBIBYTE, (1 << 3) | 3)),
  'a field of 2^32-1 bytes': () => compress(Buffer.concat([Buffer.from([0x0a]), varint(0xffffffff), NAME])),
  'a field of 2^64-1 bytes': () =>
    compress(Buffer.concat([Buffer.from([0x0a]), varint(2n ** 64n - 1n), NAME])),
  'a million labels': () =>
    bodyOf(Buffer.concat(Array.from({ length: 1_000_000 }, (_, i) => label(`l${i}`, 'x')))),
  'the same label a million times': () => bodyOf(Buffer.alloc(8 * MEBIBYTE, label('a', 'bc'))),
  'a label of 30 MiB': () => bodyOf(label('a', 'x'.repeat(30 * MEBIBYTE))),
  'labels that are not UTF-8': () => bodyOf(label(Buffer.from([0xc0, 0x80]), Buffer.from([0xff, 0xfe]))),
  'a name that is not UTF-8': () =>
    compress(request([{ labels: [['__name__', Buffer.from([0xed, 0xa0, 0x80])]], samples: [[1, 1]] }])),
};
