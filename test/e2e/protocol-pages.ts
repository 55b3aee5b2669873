/** Two pages with all that remote write can carry: native histograms, exemplars, creation times, metadata. */

import { type Family, type NativeHistogram, nativeHistogram, pairs, stamp } from '../support/exposition.ts';
import { type Labels, parseValue } from '../support/records.ts';
import { ODD_TEXTS, ODD_VALUES } from './scrape-target.ts';

/** Of one answer. */
export interface Moment {
  /** From 1 on. */
  readonly number: number;
  /** Answers since the last restart, this one included. */
  readonly age: number;
  /** When counting began. */
  readonly bornMs: number;
  readonly nowMs: number;
}

/** Its type is another one every other answer. */
export const CHANGING = 'test_changing';

/** At the time of the answer, so that each is stored. */
function exemplar(moment: Moment, value: number, labels: Labels): object {
  return { label: pairs(labels), value, timestamp: stamp(moment.nowMs) };
}

const native = (labels: Labels, histogram: NativeHistogram, more: object = {}): object => ({
  label: pairs(labels),
  histogram: { ...nativeHistogram(histogram), ...more },
});

const gauge = (labels: Labels, value: number): object => ({ label: pairs(labels), gauge: { value } });

function scalars(moment: Moment): Family[] {
  const { age, bornMs } = moment;
  const trace = { trace_id: `t${moment.number}`, 'span id': 'ü' };
  return [
    {
      name: 'test_odd',
      help: ODD_TEXTS[0]!,
      type: 'GAUGE',
      metric: ODD_VALUES.map((value) => gauge({ kind: value }, parseValue(value))),
    },
    {
      name: 'test_cycling',
      type: 'UNTYPED',
      metric: [{ untyped: { value: parseValue(ODD_VALUES[moment.number % ODD_VALUES.length]!) } }],
    },
    {
      name: 'grün.dauer/日本',
      help: 'Of a name beyond the old rules. 😀',
      type: 'GAUGE',
      unit: 'µs',
      metric: ODD_TEXTS.map((text) => gauge({ 'label mit lücke': text }, moment.number)),
    },
    {
      name: 'test_requests_total',
      help: 'Requests, by path.',
      type: 'COUNTER',
      unit: 'requests',
      metric: [0, 1, 2].map((path) => ({
        label: pairs({ path: `/p${path}` }),
        counter: {
          value: path * age,
          created_timestamp: stamp(bornMs),
          exemplar: exemplar(moment, path / 3, { ...trace, path: String(path) }),
        },
      })),
    },
    {
      name: 'test_summary_seconds',
      help: 'With quantiles.',
      type: 'SUMMARY',
      unit: 'seconds',
      metric: [
        {
          summary: {
            sample_count: age * 3,
            sample_sum: age * 0.7,
            quantile: [
              { quantile: 0.5, value: 0.1 * age },
              { quantile: 0.99, value: Number.NaN },
            ],
            created_timestamp: stamp(bornMs),
          },
        },
      ],
    },
  ];
}

function classicHistogram(moment: Moment): Family {
  const { age, bornMs } = moment;
  const bucket = (upper: number, count: number): object => ({
    upper_bound: upper,
    cumulative_count: count * age,
    exemplar: exemplar(moment, Math.min(upper, 9) - 0.05, { trace_id: `b${moment.number}-${upper}` }),
  });
  return {
    name: 'test_classic_seconds',
    help: 'A classic histogram.',
    type: 'HISTOGRAM',
    unit: 'seconds',
    metric: ['a', 'b'].map((way) => ({
      label: pairs({ way }),
      histogram: {
        sample_count: 7 * age,
        sample_sum: 12.25 * age,
        bucket: [
          bucket(0.1, 1),
          bucket(0.30000000000000004, 1),
          bucket(2.5, 4),
          bucket(Number.POSITIVE_INFINITY, 7),
        ],
        created_timestamp: stamp(bornMs),
      },
    })),
  };
}

/** Each of them is one series. */
function nativeShapes({ age, number }: Moment): Record<string, NativeHistogram> {
  return {
    usual: {
      schema: 3,
      sum: 18.4 * age,
      zeroThreshold: 2 ** -128,
      zeroCount: 2 * age,
      positive: [
        [-3, age],
        [-2, 4 * age],
        [0, age],
        [7, 2 * age],
      ],
      negative: [
        [-1, age],
        [2, 3 * age],
      ],
    },
    growing: { schema: 1, sum: age, positive: Array.from({ length: age }, (_, i) => [i * 2 - 9, i + 1]) },
    empty: { schema: 2, sum: 0, zeroThreshold: 0.001 },
    'empty without zero bucket': { schema: 2, sum: 0 },
    'only zero': { schema: 0, sum: 0, zeroThreshold: 0.5, zeroCount: age },
    'zero bucket over others': {
      schema: 0,
      sum: 3,
      zeroThreshold: 2.5,
      zeroCount: age,
      positive: [
        [1, 1],
        [2, age],
        [3, 1],
      ],
      negative: [[2, 4]],
    },
    'sum nan': { schema: 0, sum: Number.NaN, zeroCount: 1, zeroThreshold: 1e-3, positive: [[1, age]] },
    'sum inf': { schema: 0, sum: Number.NEGATIVE_INFINITY, negative: [[1, age]] },
    'large counts': {
      schema: 0,
      sum: 1e21,
      positive: [
        [1, 2 ** 60],
        [2, 2 ** 40 * age],
      ],
    },
    cycling: {
      schema: (number % 13) - 4,
      sum: number,
      positive: [
        [-7, age],
        [5, age],
      ],
    },
  };
}

/** How many neighbours a page has of the buckets above 1; after 20 pages each bound from 1 to 2 was there. */
const NEIGHBOURS = 13;

/** Every schema from -4 to 8, at the smallest, the middle and the largest doubles. */
function schemas({ age, number }: Moment): object[] {
  return Array.from({ length: 13 }, (_, i) => {
    const schema = i - 4;
    const perDoubling = 2 ** schema;
    // The bucket up to the largest finite number, and the one up to the smallest.
    const last = Math.ceil(1024 * perDoubling);
    const first = Math.floor(-1073 * perDoubling);
    const near = Array.from({ length: NEIGHBOURS }, (_, step) => (number - 1) * NEIGHBOURS + step);
    const wanted = new Set([first, first + 1, -200, -3, 700, ...near, last, last + 1]);
    const indexes = [...wanted].filter((index) => index >= first && index <= last + 1).sort((a, b) => a - b);
    const positive = indexes.map((index, place) => [index, place + age] as const);
    return native({ schema: String(schema) }, { schema, sum: age, positive, negative: positive });
  });
}

function natives(moment: Moment): Family[] {
  const { age, number, bornMs, nowMs } = moment;
  const shapes = Object.entries(nativeShapes(moment));
  const created = { created_timestamp: stamp(bornMs) };
  const exemplars = [0, 1, 2].map((i) => ({
    label: pairs(i === 0 ? {} : { trace_id: `n${number}.${i}` }),
    value: [0.01, Number.POSITIVE_INFINITY, -1.5e-7][i],
    timestamp: stamp(nowMs - 2 + i),
  }));
  const mortals = [0, 1, 2].filter((mortal) => number < 7 + mortal);
  const float = {
    schema: 4,
    sum: 0.1 * age,
    zeroThreshold: 1e-10,
    zeroCount: 0.25,
    isFloat: true,
    positive: [
      [-1, 0.5 * age],
      [0, 1.75],
      [9, 1e-9],
    ],
    negative: [[3, 2.5]],
  } as const;
  return [
    {
      name: 'test_native_seconds',
      help: 'Native.',
      unit: 'seconds',
      type: 'HISTOGRAM',
      metric: shapes.map(([shape, histogram]) =>
        native({ shape }, histogram, { ...created, ...(shape === 'usual' ? { exemplars } : {}) }),
      ),
    },
    {
      name: 'test_native_float',
      help: 'Of floats.',
      type: 'HISTOGRAM',
      metric: [native({ shape: 'float' }, float, created)],
    },
    {
      name: 'test_native_gauge',
      help: 'Goes up and down.',
      type: 'GAUGE_HISTOGRAM',
      metric: [
        native(
          { shape: 'gauge' },
          { schema: 0, sum: -age, positive: [[1, 100 - number]], negative: [[1, number]] },
        ),
        native({ shape: 'float gauge' }, { ...float, sum: -1, zeroCount: 100.5 - number }),
      ],
    },
    { name: 'test_native_schema', type: 'HISTOGRAM', metric: schemas(moment) },
    {
      name: 'test_native_mortal',
      type: 'HISTOGRAM',
      metric: [
        ...mortals.map((mortal) =>
          native({ mortal: String(mortal) }, { schema: 0, sum: number, positive: [[1, number]] }),
        ),
        ...(number % 6 < 3 ? [native({ mortal: 'flapping' }, { ...float, positive: [[1, number]] })] : []),
      ],
    },
    number % 4 < 2
      ? { name: CHANGING, type: 'GAUGE', metric: [gauge({}, number)] }
      : {
          name: CHANGING,
          type: 'HISTOGRAM',
          metric: [native({}, { schema: 0, sum: number, positive: [[1, number]] })],
        },
  ];
}

/** For the protobuf format, which alone has native histograms. */
export function protobufPage(moment: Moment): Family[] {
  return [...scalars(moment), classicHistogram(moment), ...natives(moment)];
}

/** In OpenMetrics, which has types that protobuf lacks. */
export function textPage({ number, age, bornMs, nowMs }: Moment): string {
  const born = bornMs / 1000;
  const now = nowMs / 1000;
  return `# TYPE text_jobs counter
# UNIT text_jobs jobs
# HELP text_jobs Done, with a quote " and a line\\nbreak.
text_jobs_total{kind="a"} ${age} # {trace_id="j${number}"} 0.5 ${now}
text_jobs_created{kind="a"} ${born}
text_jobs_total{kind="b"} ${age * 0.3} # {} 1
# TYPE text_build info
text_build_info{version="1.2.3",text="ü \\"x\\" \\\\ \\n"} 1
# TYPE text_state stateset
text_state{text_state="up"} ${number % 2}
text_state{text_state="down"} ${1 - (number % 2)}
# TYPE text_depth gaugehistogram
text_depth_bucket{le="1"} ${number}
text_depth_bucket{le="+Inf"} ${number + 1}
text_depth_gsum ${number * 1.5}
text_depth_gcount ${number + 1}
# TYPE text_seconds histogram
# UNIT text_seconds seconds
# HELP text_seconds Classic.
text_seconds_bucket{le="0.5"} ${age} # {trace_id="s${number}",note="grün"} 0.25 ${now}
text_seconds_bucket{le="2.0"} ${2 * age}
text_seconds_bucket{le="+Inf"} ${3 * age} # {trace_id="l${number}"} 67 ${now}
text_seconds_sum ${7.5 * age}
text_seconds_count ${3 * age}
text_seconds_created ${born}
# TYPE "text größe" unknown
# HELP "text größe" A quoted name.
{"text größe","label \\"a\\" b"="c"} ${number}
# EOF
`;
}
