/** The options of records, limits, this replica and logging. */

import { integer } from '../numbers.ts';
import type { Option } from '../option.ts';
import { boolean, choice, text } from '../words.ts';

export const GENERAL_OPTIONS = {
  'limits.labels_per_series': {
    kind: integer({ min: 1, max: 100_000 }),
    default: '1000',
    doc: 'Most labels of one series; a request with more is answered 400.',
  },
  'limits.samples_per_request': {
    kind: integer({ min: 1, max: 10_000_000 }),
    default: '100000',
    doc: 'Most samples of one request; one with more is answered 400. Prometheus sends 2000 (`max_samples_per_send`).',
  },
  'record.format': { kind: choice('json'), default: 'json', doc: 'Format of the record values.' },
  'record.timestamp': {
    kind: choice('sample', 'now'),
    default: 'sample',
    doc: 'Timestamp of the records: that of the sample, or the present. A sample from before 1970 or over an hour ahead gets the present in both cases, since Kafka refuses such records.',
  },
  'replica.id': {
    kind: text({ maxLength: 200 }),
    default: '',
    doc: 'Name of this replica in `/-/whoami` and in logs; empty means hostname:port.',
  },
  'log.level': {
    kind: choice('debug', 'info', 'warn', 'error'),
    default: 'info',
    doc: 'Least severe level that is logged.',
  },
  'log.format': {
    kind: choice('auto', 'json', 'pretty'),
    default: 'auto',
    doc: 'Form of the log lines; `auto` is pretty on a terminal and json elsewhere.',
  },
  dry_run: {
    kind: boolean(),
    default: 'false',
    doc: 'Print the records to standard output and deliver them nowhere. For trying out without a broker.',
  },
} as const satisfies Record<string, Option<unknown>>;
