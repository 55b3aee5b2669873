/** The options of records, limits, this replica and logging. */

import { duration, integer, size } from '../numbers.ts';
import type { Option } from '../option.ts';
import { optionalTopic } from '../topics.ts';
import { boolean, choice, list, text } from '../words.ts';
import { FORMAT_OPTIONS } from './formats.ts';
import { SERIES_OPTIONS } from './series.ts';

export const GENERAL_OPTIONS = {
  'limits.labels_per_series': {
    kind: integer({ min: 1, max: 100_000 }),
    default: '1000',
    doc: 'Most labels of one series; a series with more is dropped and the answer is 400. One with sixteen times as many is not even read to its end.',
  },
  'limits.label_name_length': {
    kind: size({ min: '0', max: '1MiB' }),
    default: '0',
    doc: 'Longest label name; a series with a longer one is dropped and the answer is 400. 0 = no limit.',
  },
  'limits.label_value_length': {
    kind: size({ min: '0', max: '1GiB' }),
    default: '0',
    doc: 'Longest label value; a series with a longer one is dropped and the answer is 400. 0 = no limit.',
  },
  'limits.future': {
    kind: duration({ min: '0', max: '7d' }),
    default: '0',
    doc: 'How far ahead of the present a timestamp may be; what is further is dropped and the answer is 400. Prometheus itself takes 10m. 0 = no limit.',
  },
  'limits.buckets_per_histogram': {
    kind: integer({ min: 1, max: 1_000_000 }),
    default: '10000',
    doc: 'Most buckets, spans and custom bounds of one native histogram together; one with more is dropped and the answer is 400.',
  },
  'limits.buckets_per_request': {
    kind: integer({ min: 1, max: 100_000_000 }),
    default: '1000000',
    doc: 'Most buckets, spans and custom bounds of all native histograms of one request together; one with more is answered 400.',
  },
  'limits.symbols_per_request': {
    kind: integer({ min: 1, max: 10_000_000 }),
    default: '1000000',
    doc: 'Most entries of the symbols table of a Remote-Write 2.0 request; one with more is answered 400.',
  },
  'limits.remembered_series': {
    kind: integer({ min: 100, max: 10_000_000 }),
    default: '100000',
    doc: 'Series whose labels and topic after the rules are remembered, so that rules are evaluated once a series; about 1 KiB each. Twice as many as a replica sees, which is any series of all senders: `series_evaluated_total` tells. Without rules nothing is remembered.',
  },
  'limits.topics': {
    kind: integer({ min: 1, max: 10_000 }),
    default: '100',
    doc: 'Most topics that templates may name, so that a label that grows does not create topics without end. The first ones count; the series of others go to `kafka.fallback_topic`.',
  },
  'limits.samples_per_request': {
    kind: integer({ min: 1, max: 10_000_000 }),
    default: '100000',
    doc: 'Most samples of one request, most series, and most metadata messages; one with more is answered 400. Prometheus sends 2000 (`max_samples_per_send`).',
  },
  'metadata.topic': {
    kind: optionalTopic(),
    default: '',
    doc: 'Topic for the metadata (type, help, unit) that Remote-Write 1.0 sends about once a minute: one record a metric family, with its name as key, so that the topic can be compacted. Empty means that it is counted and not written.',
  },
  ...SERIES_OPTIONS,
  ...FORMAT_OPTIONS,
  'record.key': {
    kind: text({
      pattern: '^(none|series|metric|label:[^,;]+(,[^,;]+)*)$',
      expected: '`none`, `series`, `metric` or `label:NAME[,NAME]`',
    }),
    default: 'none',
    doc: 'Key of the records: none, all labels of the series, the name of the metric, or the values of these labels with `;` between. A `\\`, `,` or `=` in a name, a `\\` or `,` in a value, and a `\\` or `;` in one of several values have a `\\` in front, so that labels that differ have keys that differ.',
  },
  'record.partition_by': {
    kind: text({
      pattern: '^(series|key|metric|round-robin|label:[^,;]+(,[^,;]+)*)$',
      expected: '`series`, `key`, `metric`, `label:NAME[,NAME]` or `round-robin`',
    }),
    default: 'series',
    doc: 'What picks the partition: the series, the key (as the Java client does, by murmur2), the name of the metric, the values of these labels, or each in turn. All but the last keep the order of a series.',
  },
  'record.headers': {
    kind: list(choice('tenant', 'user', 'content-hash', 'retry-attempt')),
    default: '',
    doc: 'Headers of the records: the tenant (`X-Scope-OrgID`), the user of basic authentication, the SHA-256 of the request body, and the number of the attempt, which tell a repeated request.',
  },
  'record.timestamp': {
    kind: choice('sample', 'now'),
    default: 'sample',
    needsRestart: true,
    doc: 'Timestamp of the records: that of the sample, or the present. A sample from before 1970 or over an hour ahead gets the present in both cases, since Kafka refuses such records.',
  },
  'replica.id': {
    kind: text({ maxLength: 200 }),
    default: '',
    needsRestart: true,
    doc: 'Name of this replica in `/-/whoami` and in logs; empty means hostname:port.',
  },
  'log.level': {
    kind: choice('debug', 'info', 'warn', 'error', 'fatal', 'panic'),
    default: 'info',
    doc: 'Least severe level that is logged. Nothing here is worse than `error`, so `fatal` and `panic` silence the log.',
  },
  'log.format': {
    kind: choice('auto', 'json', 'pretty'),
    default: 'auto',
    needsRestart: true,
    doc: 'Form of the log lines; `auto` is pretty on a terminal and json elsewhere.',
  },
  dry_run: {
    kind: boolean(),
    default: 'false',
    needsRestart: true,
    doc: 'Print the records to standard output and deliver them nowhere. For trying out without a broker.',
  },
} as const satisfies Record<string, Option<unknown>>;
