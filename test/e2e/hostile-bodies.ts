/** Bodies that no honest sender sends: a seeded generator of them, and an independent judge of the survivors. */

import { Buffer, isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { deflateSync, gzipSync } from 'node:zlib';
import protobufjs from 'protobufjs';
import { compress, uncompress } from 'snappyjs';
import { body, double, field, request, sample, series, varint } from '../support/write-request.ts';

export interface HostileBody {
  readonly kind: string;
  readonly bytes: Buffer;
}

/** Numbers from 0 to below `limit`, the same for the same seed (xorshift, 32 bits). */
export type Random = (limit: number) => number;

export function seededRandom(seed: number): Random {
  let state = seed || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

const MEBIBYTE = 1024 * 1024;

/** An honest request of several series, the start of what is broken afterwards. */
export function honestBody(random: Random, timestampMs: number): Buffer {
  return body(
    Array.from({ length: 1 + random(20) }, (_, index) => ({
      labels: [
        ['__name__', 'hostile'],
        ['index', String(index)],
        ['text', 'ä'.repeat(random(40))],
      ],
      samples: [[random(1000), timestampMs + index]],
    })),
  );
}

function noise(random: Random, bytes: number): Buffer {
  return Buffer.from(Array.from({ length: bytes }, () => random(256)));
}

function flipped(random: Random, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let flips = 1 + random(4); flips > 0; flips--) copy[random(copy.length)]! ^= 1 << random(8);
  return copy;
}

/** Declares a size and brings nothing like it. */
function bomb(random: Random): Buffer {
  const sizes = [0xffffffff, 0xffffffff - random(1000), 2 ** 31, 33 * MEBIBYTE, 32 * MEBIBYTE, MEBIBYTE, 100];
  const rest = noise(random, random(50));
  return Buffer.concat([varint(sizes[random(sizes.length)]!), rest]);
}

/** Elements that a careless reader follows out of its memory: huge literals, copies from before the start. */
function brokenElements(random: Random): Buffer {
  const huge = Buffer.from([0xfc, 0xfb, 0xff, 0xff, 0xff]);
  const backwards = Buffer.from([0x02, 0xff, 0xff]);
  const zeroOffset = Buffer.from([0x00, 0x61, 0x02, 0x00, 0x00]);
  const farBack = Buffer.from([0x00, 0x61, 0xff, 0xff, 0xff, 0xff, 0x7f]);
  const wide = Buffer.from([0xf0 | (random(4) << 2), ...noise(random, random(5))]);
  const choices = [huge, backwards, zeroOffset, farBack, wide];
  return Buffer.concat([
    varint(random(100_000)),
    choices[random(choices.length)]!,
    noise(random, random(20)),
  ]);
}

/** A message that is snappy, and not what it should be. */
function evilMessage(random: Random): Buffer {
  const name = field(1, Buffer.concat([field(1, '__name__'), field(2, 'evil')]));
  const deep = Array.from({ length: 200 }).reduce<Buffer>((inner) => field(1, inner), Buffer.from([8, 1]));
  const groups = Buffer.alloc(1 + random(5000), (1 << 3) | 3);
  const choices = [
    // A length that reaches past its message, past the request, past 32 and past 64 bits.
    Buffer.concat([varint((1 << 3) | 2), varint(random(2) ? 1000 : 2 ** 31), name]),
    field(1, Buffer.concat([varint((1 << 3) | 2), varint(0xffffffff), name])),
    Buffer.concat([varint((1 << 3) | 2), Buffer.alloc(11, 0xff)]),
    deep,
    groups,
    // A field number of zero, and wire types that do not exist.
    field(1, Buffer.concat([name, Buffer.from([random(8), 0])])),
    field(1, Buffer.concat([name, Buffer.from([(9 << 3) | (6 + random(2)), 0])])),
    // Fields of another wire type than theirs.
    field(1, Buffer.concat([name, varint((2 << 3) | 0), varint(5), double(2, 1)])),
    field(1, Buffer.concat([name, field(2, Buffer.concat([varint((1 << 3) | 0), varint(7)]))])),
    // Labels: none, empty names, twice the same, not UTF-8, very many.
    field(1, field(2, sample(1, 1000))),
    series({ labels: [['', 'x']], samples: [[1, 1]] }),
    request([
      {
        labels: [
          ['__name__', 'evil'],
          ['a', '1'],
          ['a', '2'],
        ],
        samples: [[1, 1]],
      },
    ]),
    request([{ labels: [['__name__', noise(random, 9)]], samples: [[1, 1]] }]),
    field(1, Buffer.concat([name, ...Array.from({ length: 2000 }, () => field(1, Buffer.alloc(0)))])),
    // Times that no date holds.
    request([
      {
        labels: [['__name__', 'evil']],
        samples: [
          [1, 2n ** 63n - 1n],
          [1, -(2n ** 63n)],
        ],
      },
    ]),
    noise(random, 1 + random(3000)),
    compress(noise(random, 1 + random(300))),
  ];
  return compress(choices[random(choices.length)]!);
}

/** The kinds, each from an honest body or from nothing. */
const KINDS: Readonly<Record<string, (random: Random, honest: Buffer) => Buffer>> = {
  truncated: (random, honest) => honest.subarray(0, random(honest.length)),
  extended: (random, honest) => Buffer.concat([honest, noise(random, 1 + random(20))]),
  flipped,
  'flipped within the message': (random, honest) => compress(flipped(random, uncompress(honest))),
  'truncated within the message': (random, honest) => {
    const message = uncompress(honest);
    return compress(message.subarray(0, random(message.length)));
  },
  bomb: (random) => bomb(random),
  'broken elements': (random) => brokenElements(random),
  empty: () => Buffer.alloc(0),
  gzip: (_random, honest) => gzipSync(uncompress(honest)),
  deflate: (_random, honest) => deflateSync(uncompress(honest)),
  zstd: (random, honest) => Buffer.concat([Buffer.from('28b52ffd', 'hex'), noise(random, honest.length)]),
  'snappy framed': (_random, honest) => Buffer.concat([Buffer.from('ff060000734e61507059', 'hex'), honest]),
  'not compressed': (_random, honest) => uncompress(honest),
  noise: (random) => noise(random, random(2000)),
  'evil message': (random) => evilMessage(random),
};

/** That many bodies, kind after kind. */
export function* hostileBodies(random: Random, count: number): Generator<HostileBody> {
  const kinds = Object.entries(KINDS);
  for (let i = 0; i < count; i++) {
    const [kind, make] = kinds[i % kinds.length]!;
    yield { kind, bytes: make(random, honestBody(random, Date.now())) };
  }
}

interface DecodedSeries {
  readonly labels: readonly { readonly name: Uint8Array; readonly value: Uint8Array }[];
  readonly samples: readonly unknown[];
}

/** Strings are read as bytes, so that this judge and not the decoder looks at them. */
const proto = readFileSync(new URL('../../proto/prometheus/remote_write_v1.proto', import.meta.url), 'utf8');
const WriteRequest = protobufjs
  .parse(proto.replaceAll(/\bstring\b/g, 'bytes'))
  .root.lookupType('prometheus.WriteRequest');

/**
 * Why a body must not be answered 204, judged by the general decoders; undefined when it may be. Only for
 * bodies that the adapter has accepted: on some others snappyjs does not come back.
 */
export function whyNotAcceptable(bytes: Buffer): string | undefined {
  try {
    const decoded = WriteRequest.decode(uncompress(bytes)) as unknown as { timeseries: DecodedSeries[] };
    return decoded.timeseries
      .filter(({ samples }) => samples.length > 0)
      .map(whyNotWritable)
      .find((reason) => reason !== undefined);
  } catch (error) {
    return String(error);
  }
}

function whyNotWritable({ labels }: DecodedSeries): string | undefined {
  const seen = new Set<string>();
  let hasName = false;
  for (const label of labels) {
    // What is absent is an empty array here, not bytes.
    const [name, value] = [Buffer.from(label.name), Buffer.from(label.value)];
    // A label without a value is an absent one, whatever its name.
    if (value.length > 0 && !(isUtf8(name) && isUtf8(value))) return 'a label is not UTF-8';
    const text = name.toString('utf8');
    if (text === '') return 'a label has no name';
    if (seen.has(text)) return `two labels are ${text}`;
    seen.add(text);
    hasName ||= text === '__name__' && value.length > 0;
  }
  return hasName ? undefined : 'the metric has no name';
}
