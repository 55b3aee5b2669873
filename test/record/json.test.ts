/** The bytes of the format json. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { ByteWriter } from '../../src/lib/byte-writer.ts';
import { type Contents, ONE_FLOAT } from '../../src/lib/contents.ts';
import { JsonFormat } from '../../src/record/json.ts';
import { canonicalise } from '../../src/wire/labels.ts';
import type { Series } from '../../src/wire/series.ts';
import { seededRandom } from '../bench/corpus.ts';
import { seriesOf, v2ReaderOf } from '../support/series.ts';
import { double, field, STALE_BITS, type TestSeries } from '../support/write-request.ts';
import { requestV2 } from '../support/write-request-v2.ts';

const format = new JsonFormat();

interface Written {
  readonly timestampMs: number;
  readonly text: string;
  readonly contents: Contents;
}

/** The records of a series that has been read. */
function write(series: Series): Written[] {
  assert.equal(canonicalise(series), undefined);
  const writer = new ByteWriter();
  const written: Written[] = [];
  let begun: Omit<Written, 'text'>;
  format.writeSeries(series, {
    begin: (timestampMs, contents = ONE_FLOAT) => {
      writer.truncate();
      begun = { timestampMs, contents };
      return writer;
    },
    end: () => written.push({ ...begun, text: writer.text() }),
  });
  return written;
}

/** The records of one series: timestamp and value. */
function records(entry: TestSeries): [number, string][] {
  return write(seriesOf(entry)).map(({ timestampMs, text }) => [timestampMs, text]);
}

const SYMBOLS = ['', '__name__', 'up', 'seconds', 'How "long".', 'trace_id', 'abc'];
const TIME = 1795341600123;

/** The records of one series of a 2.0 request. */
function recordsV2(fields: object, symbols = SYMBOLS): Written[] {
  const { reader, series } = v2ReaderOf(
    requestV2({ symbols, timeseries: [{ labels_refs: [1, 2], ...fields }] }),
  );
  assert.ok(reader.next());
  for (const exemplar of series.exemplars.slice(0, series.exemplarCount)) canonicalise(exemplar);
  return write(series);
}

describe('JsonFormat writes', () => {
  test('one record a sample, with sorted labels, milliseconds and the value as a string', () => {
    const entry: TestSeries = {
      labels: [
        ['job', 'node'],
        ['__name__', 'up'],
      ],
      samples: [
        [1, 1795341600123],
        [0.5, 1795341600000],
      ],
    };
    assert.deepEqual(records(entry), [
      [
        1795341600123,
        '{"labels":{"__name__":"up","job":"node"},"name":"up","timestamp":"2026-11-22T10:00:00.123Z","value":"1"}',
      ],
      [
        1795341600000,
        '{"labels":{"__name__":"up","job":"node"},"name":"up","timestamp":"2026-11-22T10:00:00.000Z","value":"0.5"}',
      ],
    ]);
  });

  test('stale markers as NaN with "stale":true, other NaN payloads without', () => {
    const samples = [
      [STALE_BITS, 0],
      [0x7ff8000000000001n, 0],
      [0x7ff8000000000002n, 0],
      [0xfff0000000000002n, 0],
    ] as const;
    const tails = records({ labels: [['__name__', 'up']], samples }).map(([, text]) => text.split('Z",')[1]);
    assert.deepEqual(tails, [
      '"value":"NaN","stale":true}',
      '"value":"NaN"}',
      '"value":"NaN"}',
      '"value":"NaN"}',
    ]);
  });

  test('every control character, quote, backslash and non-ASCII text so that JSON reads it back', () => {
    const odd = `${Array.from({ length: 32 }, (_, i) => String.fromCharCode(i)).join('')}"\\/<>&\u007f\u2028ü😀`;
    const [[, text]] = records({
      labels: [
        ['__name__', odd],
        [odd, 'v'],
      ],
      samples: [[1, 0]],
    }) as [[number, string]];
    assert.deepEqual(JSON.parse(text).labels, { __name__: odd, [odd]: 'v' });
    assert.equal(JSON.parse(text).name, odd);
    assert.match(text, /\\u0000\\u0001.*\\b\\t\\n\\u000b\\f\\r.*\\u001f\\"\\\\\/<>&\u007f\u2028ü😀/);
  });

  test('times before 1970 and beyond the year 9999 as ISO 8601', () => {
    const times = records({
      labels: [['__name__', 'up']],
      samples: [
        [1, -1],
        [1, 8.64e15],
      ],
    }).map(([, text]) => JSON.parse(text).timestamp);
    assert.deepEqual(times, ['1969-12-31T23:59:59.999Z', '+275760-09-13T00:00:00.000Z']);
  });

  test('labels longer than its first buffer', () => {
    const long = 'x'.repeat(100_000);
    const [[, text]] = records({
      labels: [
        ['__name__', 'up'],
        ['long', long],
      ],
      samples: [[1, 0]],
    }) as [[number, string]];
    assert.equal(JSON.parse(text).labels.long, long);
  });

  test('what JSON.stringify writes, for random labels of every length, plain or not', () => {
    const random = seededRandom(7);
    const letters = ['a', 'Z', '0', '_', '-', '/', '.', ':', '{', '~'];
    const odd = ['"', '\\', ' ', '!', '\n', '\u0000', '\u001f', '\u007f', 'ä', '€', '😀'];
    for (let round = 0; round < 3000; round++) {
      const alphabet = round % 3 === 0 ? [...letters, ...odd] : letters;
      const text = (length: number): string =>
        Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
      const labels: Record<string, string> = { __name__: text(1 + (round % 20)) };
      for (let i = 0; i < 4; i++) labels[`n${i}${text(i)}`] = text(1 + ((round + i * 7) % 41));
      const entry: TestSeries = { labels: Object.entries(labels), samples: [[round, 1795341600123]] };
      const sorted = Object.entries(labels).sort(([a], [b]) =>
        Buffer.compare(Buffer.from(a), Buffer.from(b)),
      );
      const expected = `{"labels":{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}},"name":${JSON.stringify(labels['__name__'])},"timestamp":"2026-11-22T10:00:00.123Z","value":"${round}"}`;
      assert.equal(records(entry)[0]![1], expected);
    }
  });
});

describe('beside labels, time and value a record has', () => {
  const HEAD = '{"labels":{"__name__":"up"},"name":"up","timestamp":"2026-11-22T10:00:00.123Z"';
  const sample = { value: 1, timestamp: TIME };
  const exemplar = { labels_refs: [5, 6], value: 0.5, timestamp: TIME - 1 };
  const EXEMPLAR = '{"labels":{"trace_id":"abc"},"value":"0.5","timestamp":"2026-11-22T10:00:00.122Z"}';
  const texts = (fields: object, symbols?: string[]): string[] =>
    recordsV2(fields, symbols).map(({ text }) => text);

  test('the start timestamp of its own sample, where one is told', () => {
    const started = { ...sample, start_timestamp: TIME - 60_123 };
    assert.deepEqual(texts({ samples: [started, sample] }), [
      `${HEAD},"value":"1","start_timestamp":"2026-11-22T09:59:00.000Z"}`,
      `${HEAD},"value":"1"}`,
    ]);
  });

  test('type, unit and help, each where it is told, in every record of the series', () => {
    const metadata = { type: 1, unit_ref: 3, help_ref: 4 };
    const told = ',"type":"counter","unit":"seconds","help":"How \\"long\\"."}';
    assert.deepEqual(
      texts({ samples: [sample, sample], metadata }),
      Array(2).fill(`${HEAD},"value":"1"${told}`),
    );
    assert.deepEqual(texts({ samples: [sample], metadata: { help_ref: 4 } }), [
      `${HEAD},"value":"1","help":"How \\"long\\"."}`,
    ]);
    assert.deepEqual(texts({ samples: [sample], metadata: {} }), [`${HEAD},"value":"1"}`]);
  });

  test('the name of every type, a number that the protocol does not have as unknown', () => {
    const types = [1, 2, 3, 4, 5, 6, 7, 8, -1].map(
      (type) => JSON.parse(texts({ samples: [sample], metadata: { type } })[0]!).type,
    );
    const known = ['counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset'];
    assert.deepEqual(types, [...known, 'unknown', 'unknown']);
  });

  test('help and unit as they are sent, control characters and a byte order mark included', () => {
    const help = '\ufefffirst\nsecond \u0000 "quoted" \\ ü😀\u2028';
    const [text] = texts({ samples: [sample], metadata: { unit_ref: 3, help_ref: 4 } }, [
      '',
      '__name__',
      'up',
      '\ufeff',
      help,
    ]);
    assert.equal(JSON.parse(text!).help, help);
    assert.equal(JSON.parse(text!).unit, '\ufeff');
  });

  test('help and unit with what is not UTF-8 replaced, and nothing else changed', () => {
    const bytes = (...parts: (string | number)[]): Buffer =>
      Buffer.concat(
        parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))),
      );
    const table = ['', '__name__', 'up', bytes('m', 0xff, '"s'), bytes(0xef, 0xbb, 0xbf, 'x', 0xc3)];
    const series = [
      field(1, Buffer.from([1, 2])),
      field(2, double(1, 1)),
      field(5, Buffer.from([0x18, 4, 0x20, 3])),
    ];
    const request = [...table.map((symbol) => field(4, symbol)), field(5, Buffer.concat(series))];
    const { reader, series: view } = v2ReaderOf(Buffer.concat(request));
    reader.next();
    const { unit, help, value } = JSON.parse(write(view)[0]!.text);
    assert.deepEqual({ unit, help, value }, { unit: 'm\ufffd"s', help: '\ufeffx\ufffd', value: '1' });
  });

  test('the exemplars of the series in its last record, whose contents count them', () => {
    const written = recordsV2({
      samples: [sample, sample],
      exemplars: [exemplar, { ...exemplar, labels_refs: [] }],
    });
    assert.deepEqual(
      written.map(({ text }) => text),
      [
        `${HEAD},"value":"1"}`,
        `${HEAD},"value":"1","exemplars":[${EXEMPLAR},${EXEMPLAR.replace('"trace_id":"abc"', '')}]}`,
      ],
    );
    assert.deepEqual(
      written.map(({ contents }) => contents),
      [ONE_FLOAT, { float: 1, histogram: 0, exemplar: 2 }],
    );
  });

  test('exemplars without a sample as a record of their own, at the time of the last of them', () => {
    const later = { ...exemplar, timestamp: TIME };
    const [only, ...others] = recordsV2({ exemplars: [exemplar, later], metadata: { type: 3 } });
    assert.deepEqual(others, []);
    const shownLater = EXEMPLAR.replace('.122Z', '.123Z');
    assert.deepEqual(only, {
      timestampMs: TIME,
      text: `${HEAD},"type":"histogram","exemplars":[${EXEMPLAR},${shownLater}]}`,
      contents: { float: 0, histogram: 0, exemplar: 2 },
    });
  });

  test('exemplar labels that need escapes so that JSON reads them back', () => {
    const odd = '"\\\n\u0001ü😀';
    const [text] = texts({ samples: [sample], exemplars: [{ ...exemplar, labels_refs: [3, 4] }] }, [
      '',
      '__name__',
      'up',
      odd,
      odd,
    ]);
    assert.deepEqual(JSON.parse(text!).exemplars[0].labels, { [odd]: odd });
  });

  test('a histogram in the place of the value, stale when its sum is', () => {
    const histogram = {
      count_int: 1,
      sum: 2.5,
      zero_count_int: 1,
      timestamp: TIME,
      start_timestamp: TIME - 1123,
    };
    const written = recordsV2({ histograms: [histogram], exemplars: [exemplar] });
    assert.deepEqual(written, [
      {
        timestampMs: TIME,
        text:
          `${HEAD},"histogram":{"count":"1","sum":"2.5","buckets":[[3,"-0","0","1"]],"schema":0,` +
          `"zero_threshold":"0","zero_count":"1"},"start_timestamp":"2026-11-22T09:59:59.000Z","exemplars":[${EXEMPLAR}]}`,
        contents: { float: 0, histogram: 1, exemplar: 1 },
      },
    ]);
    const stale = field(4, Buffer.concat([double(3, STALE_BITS), Buffer.from([0x78, 0])]));
    const [[, text]] = records({ labels: [['__name__', 'up']], extra: stale }) as [[number, string]];
    assert.deepEqual(JSON.parse(text).histogram.sum, 'NaN');
    assert.match(text, /"zero_count":"0"\},"stale":true\}$/);
  });

  test('samples and histograms of one series one behind the other', () => {
    const kinds = texts({ samples: [sample], histograms: [{ sum: 1, timestamp: TIME }] }).map((text) =>
      Object.keys(JSON.parse(text)).at(-1),
    );
    assert.deepEqual(kinds, ['value', 'histogram']);
  });
});
