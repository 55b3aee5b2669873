/** The requests whose records docs/records.md shows, by the heading under which it shows them. */

import { Buffer } from 'node:buffer';
import { field, HEADERS, STALE_BITS, varint } from '../support/write-request.ts';
import { requestV2, V2_HEADERS } from '../support/write-request-v2.ts';

const TIME = Date.parse('2026-11-22T10:00:00.123Z');
const BORN = Date.parse('2026-11-22T09:12:45.001Z');

/** Stands for the stale marker, which JavaScript cannot hold in a number. */
export const STALE = 1.2345678901234567e-200;

/** A request as it is before compression, with its headers. */
export interface Example {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** One entry of a 2.0 request; `texts` are its symbols, from reference 1 on. */
function entry(texts: readonly string[], timeseries: object): Example {
  const request = requestV2({ symbols: ['', ...texts], timeseries: [timeseries] });
  return { headers: V2_HEADERS, body: withStaleMarkers(request) };
}

/** Puts the bits of the stale marker where STALE stands. */
export function withStaleMarkers(request: Uint8Array): Buffer {
  const bytes = Buffer.from(request);
  const placeholder = Buffer.alloc(8);
  placeholder.writeDoubleLE(STALE);
  for (let at = bytes.indexOf(placeholder); at >= 0; at = bytes.indexOf(placeholder, at))
    bytes.writeBigUInt64LE(STALE_BITS, at);
  return bytes;
}

const NAMES = ['__name__', 'http_request_seconds', 'job', 'shop'];
const exponential = { schema: 1, zero_threshold: 0.001, timestamp: TIME };

/** A family as 1.0 has it beside its series. */
function family(type: number, texts: { name: string; help: string; unit: string }): Example {
  const message = Buffer.concat([
    varint(1 << 3),
    varint(type),
    field(2, texts.name),
    field(4, texts.help),
    field(5, texts.unit),
  ]);
  return { headers: HEADERS, body: field(3, message) };
}

export const EXAMPLES: Readonly<Record<string, Example>> = {
  'A sample': entry(['__name__', 'up', 'instance', '10.0.0.7:9100', 'job', 'node'], {
    labels_refs: [1, 2, 3, 4, 5, 6],
    samples: [{ value: 1, timestamp: TIME }],
  }),
  'A stale marker': entry(['__name__', 'up', 'job', 'node'], {
    labels_refs: [1, 2, 3, 4],
    samples: [{ value: STALE, timestamp: TIME }],
  }),
  'With metadata and an exemplar': entry(
    ['__name__', 'http_requests_total', 'requests', 'Answered, by path.', 'trace_id', '4bf92f3577b34da6'],
    {
      labels_refs: [1, 2],
      samples: [{ value: 12.5, timestamp: TIME, start_timestamp: BORN }],
      metadata: { type: 1, unit_ref: 3, help_ref: 4 },
      exemplars: [{ labels_refs: [5, 6], value: 1, timestamp: TIME - 23 }],
    },
  ),
  'A native histogram': entry(NAMES, {
    labels_refs: [1, 2, 3, 4],
    histograms: [
      {
        ...exponential,
        count_int: 12,
        sum: 18.4,
        zero_count_int: 2,
        negative_spans: [{ offset: 1, length: 1 }],
        negative_deltas: [1],
        positive_spans: [
          { offset: -1, length: 2 },
          { offset: 1, length: 2 },
        ],
        positive_deltas: [3, -2, 4, -5],
        start_timestamp: BORN,
      },
    ],
    metadata: { type: 3 },
  }),
  'A native histogram of floats': entry(NAMES, {
    labels_refs: [1, 2, 3, 4],
    histograms: [
      {
        ...exponential,
        count_float: 4.5,
        sum: -2,
        zero_count_float: 0.25,
        positive_spans: [{ offset: 0, length: 2 }],
        positive_counts: [4, 0.25],
        reset_hint: 3,
      },
    ],
  }),
  'Custom buckets': entry(NAMES, {
    labels_refs: [1, 2, 3, 4],
    histograms: [
      {
        count_int: 7,
        sum: 5.5,
        schema: -53,
        custom_values: [0.1, 0.5, 2.5],
        positive_spans: [{ offset: 0, length: 4 }],
        positive_deltas: [1, -1, 3, 0],
        timestamp: TIME,
      },
    ],
  }),
  'The end of a histogram': entry(NAMES, {
    labels_refs: [1, 2, 3, 4],
    histograms: [{ count_int: 0, sum: STALE, timestamp: TIME }],
  }),
  'Exemplars alone': entry([...NAMES, 'trace_id', '4bf92f3577b34da6', '00f067aa0ba902b7'], {
    labels_refs: [1, 2, 3, 4],
    exemplars: [
      { labels_refs: [5, 6], value: 0.25, timestamp: TIME - 1000 },
      { labels_refs: [5, 7], value: 2.5, timestamp: TIME },
    ],
  }),
  'Metadata of 1.0': family(3, {
    name: 'http_request_seconds',
    help: 'How long answers took.',
    unit: 'seconds',
  }),
};
