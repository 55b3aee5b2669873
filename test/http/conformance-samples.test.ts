/** Remote-Write 1.0 and 2.0, "Samples", "Stale Markers", "Exemplars": values to the bit, and times. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { compressed, type Entry, HEADERS_OF, message, VERSIONS, type Version } from '../support/message.ts';
import { NOT_TOLD, type Receiver, startReceiver, writtenOf } from '../support/receiver.ts';
import { field, request, STALE_BITS, sample, type Value, varint } from '../support/write-request.ts';

const NAME = ['__name__', 'up'] as const;
const SAMPLE = { value: 1, timestamp: 1000 };
const EPOCH = '1970-01-01T00:00:00.000Z';
const FURTHEST_MS = 8.64e15;

/** One sample of `up`, with a value given by its bits. */
function oneSample(version: Version, value: Value, timestampMs: number | bigint): Buffer {
  if (version === '1.0') return compressed(request([{ labels: [NAME], samples: [[value, timestampMs]] }]));
  const symbols = ['', ...NAME].map((symbol) => field(4, symbol));
  const series = Buffer.concat([field(1, Buffer.from([1, 2])), field(2, sample(value, timestampMs))]);
  return compressed(Buffer.concat([...symbols, field(5, series)]));
}

function send(receiver: Receiver, version: Version, entries: readonly Entry[]) {
  return receiver.send({ headers: HEADERS_OF[version], body: message(version, entries) });
}

describe('the value of a sample', () => {
  for (const [name, value, text, isStale] of [
    ['a stale marker is told as one, its bits are looked at', STALE_BITS, 'NaN', true],
    ['the usual NaN is no stale marker', 0x7ff8000000000001n, 'NaN', false],
    ['a quiet NaN with the payload of the stale marker is none', 0x7ff8000000000002n, 'NaN', false],
    ['a negative NaN with its payload is none', 0xfff0000000000002n, 'NaN', false],
    ['another signalling NaN is none', 0x7ff0000000000001n, 'NaN', false],
    ['positive infinity', Number.POSITIVE_INFINITY, '+Inf', false],
    ['negative infinity', Number.NEGATIVE_INFINITY, '-Inf', false],
    ['negative zero keeps its sign', -0, '-0', false],
    ['the smallest number', 5e-324, '5e-324', false],
    ['the largest number', Number.MAX_VALUE, '1.7976931348623157e+308', false],
    ['a number that takes all digits', 0.1 + 0.2, '0.30000000000000004', false],
    ['an integer beyond 2^53', 2 ** 60, '1152921504606846976', false],
  ] as const) {
    test(name, async (t) => {
      const receiver = await startReceiver(t);
      for (const version of VERSIONS) {
        const answer = await receiver.send({
          headers: HEADERS_OF[version],
          body: oneSample(version, value, 1),
        });
        assert.equal(answer.status, 204);
      }
      for (const record of receiver.records) {
        if (Number.isNaN(Number(text)) || Math.abs(Number(text)) === Number.POSITIVE_INFINITY)
          assert.equal(record.value, text);
        else assert.ok(Object.is(Number(record.value), Number(text)), record.value);
        assert.equal(record.stale ?? false, isStale);
      }
      assert.equal(receiver.records.length, 2);
    });
  }
});

describe('the time of a sample', () => {
  for (const [name, timestampMs, shown] of [
    ['zero is a time like any other', 0, EPOCH],
    ['before 1970 is taken', -1500, '1969-12-31T23:59:58.500Z'],
    ['long past is taken', 1000, '1970-01-01T00:00:01.000Z'],
    ['far ahead is taken unless limits.future says otherwise', 4_102_444_800_000, '2100-01-01T00:00:00.000Z'],
    ['the first that a date can hold is taken', -FURTHEST_MS, '-271821-04-20T00:00:00.000Z'],
    ['the last that a date can hold is taken', FURTHEST_MS, '+275760-09-13T00:00:00.000Z'],
  ] as const) {
    test(name, async (t) => {
      const receiver = await startReceiver(t);
      for (const version of VERSIONS) {
        const body = oneSample(version, 1, timestampMs);
        assert.equal((await receiver.send({ headers: HEADERS_OF[version], body })).status, 204);
      }
      for (const { timestamp } of receiver.records) assert.equal(timestamp, shown);
      assert.equal(receiver.records.length, 2);
    });
  }

  for (const [name, timestampMs, told] of [
    ['the largest int64 is 400', 2n ** 63n - 1n, 'about 9223372036854776000'],
    ['the smallest int64 is 400', -(2n ** 63n), 'about -9223372036854776000'],
    ['a millisecond beyond what a date can hold is 400', BigInt(FURTHEST_MS) + 1n, '8640000000000001'],
  ] as const) {
    test(name, async (t) => {
      const receiver = await startReceiver(t);
      for (const version of VERSIONS) {
        const body = oneSample(version, 1, timestampMs);
        const answer = await receiver.send({ headers: HEADERS_OF[version], body });
        assert.equal(answer.status, 400);
        assert.match(String(answer.body), /1 sample for timestamp_out_of_range/);
        assert.ok(String(answer.body).includes(`first: the timestamp of a sample ${told}, allowed are `));
        assert.deepEqual(writtenOf(answer), version === '1.0' ? NOT_TOLD : ['0', '0', '0']);
      }
    });
  }
});

describe('start_timestamp', () => {
  const starts = async (receiver: Receiver, start_timestamp: number) => {
    const samples = [{ ...SAMPLE, start_timestamp }];
    const histograms = [{ timestamp: 1000, start_timestamp }];
    const answer = await send(receiver, '2.0', [
      { labels: [NAME], samples },
      { labels: [NAME], histograms },
    ]);
    return { answer, shown: receiver.records.map((record) => record.start_timestamp) };
  };

  for (const [name, start, shown] of [
    ['0 is one that is not told, and nothing asks for it', 0, undefined],
    ['1 and what follows is told', 1, '1970-01-01T00:00:00.001Z'],
    ['-1 stands for 1970 as well, and is told', -1, '1969-12-31T23:59:59.999Z'],
    ['later than the sample is told as it is', 5000, '1970-01-01T00:00:05.000Z'],
  ] as const) {
    test(name, async (t) => {
      const receiver = await startReceiver(t);
      const { answer, shown: seen } = await starts(receiver, start);
      assert.deepEqual([answer.status, ...writtenOf(answer)], [204, '1', '1', '0']);
      assert.deepEqual(seen, [shown, shown]);
    });
  }

  test('that no date can hold is 400', async (t) => {
    const { answer } = await starts(await startReceiver(t), FURTHEST_MS + 2);
    assert.equal(answer.status, 400);
    assert.match(
      String(answer.body),
      /1 sample, 1 histogram for timestamp_out_of_range .*first: the start_timestamp of a sample 8640000000000002, allowed are -8640000000000000 to 8640000000000000, in {/,
    );
    assert.deepEqual(writtenOf(answer), ['0', '0', '0']);
  });
});

describe('Exemplars', () => {
  const TRACE = { labels: [['trace_id', 'abc']], value: 0.5, timestamp: 2000 } as const;
  const shown = (timestamp: string) => ({ labels: { trace_id: 'abc' }, value: '0.5', timestamp });
  const AT_2000 = shown('1970-01-01T00:00:02.000Z');

  for (const [name, more, told, expected] of [
    [
      'alone in a series they are taken, as Prometheus sends them',
      { exemplars: [TRACE] },
      ['0', '0', '1'],
      [AT_2000],
    ],
    [
      'with a sample they go with its record',
      { samples: [SAMPLE], exemplars: [TRACE] },
      ['1', '0', '1'],
      [AT_2000],
    ],
    [
      'with a histogram they go with its record',
      { histograms: [{}], exemplars: [TRACE] },
      ['0', '1', '1'],
      [AT_2000],
    ],
    [
      'with time 0 they are taken',
      { exemplars: [{ ...TRACE, timestamp: 0 }] },
      ['0', '0', '1'],
      [shown(EPOCH)],
    ],
    [
      'their order is that of the request',
      { exemplars: [TRACE, { ...TRACE, timestamp: 0 }] },
      ['0', '0', '2'],
      [AT_2000, shown(EPOCH)],
    ],
    [
      'without labels they are taken',
      { exemplars: [{ value: 0.5 }] },
      ['0', '0', '1'],
      [{ labels: {}, value: '0.5', timestamp: EPOCH }],
    ],
    [
      'of labels over 128 characters they are taken and counted',
      { exemplars: [{ ...TRACE, labels: [['trace_id', 'x'.repeat(200)]] }] },
      ['0', '0', '1'],
      [{ ...AT_2000, labels: { trace_id: 'x'.repeat(200) } }],
    ],
    [
      'their labels are sorted, and empty ones dropped',
      {
        exemplars: [
          {
            ...TRACE,
            labels: [
              ['trace_id', 'abc'],
              ['a', '1'],
              ['b', ''],
            ],
          },
        ],
      },
      ['0', '0', '1'],
      [{ ...AT_2000, labels: { a: '1', trace_id: 'abc' } }],
    ],
    [
      'NaN and infinite values are taken',
      {
        exemplars: [
          { ...TRACE, value: Number.NaN },
          { ...TRACE, value: Number.NEGATIVE_INFINITY },
        ],
      },
      ['0', '0', '2'],
      [
        { ...AT_2000, value: 'NaN' },
        { ...AT_2000, value: '-Inf' },
      ],
    ],
  ] as readonly [string, Partial<Entry>, string[], object[]][]) {
    test(name, async (t) => {
      const receiver = await startReceiver(t);
      for (const version of VERSIONS) {
        const answer = await send(receiver, version, [{ labels: [NAME], ...more }]);
        assert.equal(answer.status, 204, String(answer.body));
        assert.deepEqual(writtenOf(answer), version === '1.0' ? NOT_TOLD : told);
      }
      for (const { exemplars } of receiver.records) assert.deepEqual(exemplars, expected);
      assert.equal(receiver.records.length, 2);
    });
  }

  for (const [name, bad, reason] of [
    [
      'one with a label twice: 400, all else is written',
      {
        labels: [
          ['a', '1'],
          ['a', '2'],
        ],
      },
      'exemplar_labels_invalid .*first: the label name "a" twice, in {"__name__"="up"}',
    ],
    [
      'one with an empty label name: 400, all else is written',
      { labels: [['', '1']] },
      'exemplar_labels_invalid .*first: a label without a name, in {',
    ],
    [
      'one of a time that no date holds: 400, all else is written',
      { timestamp: FURTHEST_MS * 2 },
      'timestamp_out_of_range .*first: the timestamp of an exemplar about 17280000000000000, allowed',
    ],
  ] as const) {
    test(name, async (t) => {
      const receiver = await startReceiver(t);
      for (const version of VERSIONS) {
        const entry = { labels: [NAME], samples: [SAMPLE], exemplars: [{ ...TRACE, ...bad }, TRACE] };
        const answer = await send(receiver, version, [entry]);
        assert.equal(answer.status, 400);
        assert.match(String(answer.body), new RegExp(`^not written: 1 exemplar for ${reason}`));
        assert.deepEqual(writtenOf(answer), version === '1.0' ? NOT_TOLD : ['1', '0', '1']);
      }
      for (const { exemplars } of receiver.records) assert.deepEqual(exemplars, [AT_2000]);
    });
  }

  test('one with a reference outside of the table or without its partner: 400, all else is written', async (t) => {
    const receiver = await startReceiver(t);
    const symbols = ['', ...NAME].map((symbol) => field(4, symbol));
    const exemplar = (...refs: number[]): Buffer => field(4, field(1, Buffer.concat(refs.map(varint))));
    const parts = [
      field(1, Buffer.from([1, 2])),
      field(2, sample(1, 1)),
      exemplar(1, 9),
      exemplar(1),
      exemplar(1, 2),
    ];
    const body = compressed(Buffer.concat([...symbols, field(5, Buffer.concat(parts))]));
    const answer = await receiver.send({ headers: HEADERS_OF['2.0'], body });
    assert.equal(answer.status, 400);
    assert.match(
      String(answer.body),
      /^not written: 2 exemplars for exemplar_ref_invalid .*first: reference 9, with 3 symbols, in {/,
    );
    assert.deepEqual(writtenOf(answer), ['1', '0', '1']);
  });

  test('stay when the sample beside them is refused', async (t) => {
    const receiver = await startReceiver(t);
    const entry = { labels: [NAME], samples: [{ value: 1, timestamp: FURTHEST_MS * 2 }], exemplars: [TRACE] };
    const answer = await send(receiver, '2.0', [entry]);
    assert.deepEqual([answer.status, ...writtenOf(answer)], [400, '0', '0', '1']);
    assert.deepEqual(receiver.records[0]?.exemplars, [AT_2000]);
  });
});
