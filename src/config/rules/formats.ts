/** What must hold between `record.format` and the options that belong to one format. */

import { optionOf } from '../options.ts';
import { type Rule, when } from '../rule.ts';

const JSON_OPTIONS = ['record.json_timestamp', 'record.json_value'] as const;

export const FORMAT_RULES: readonly Rule[] = [
  {
    name: 'json_options_unused',
    level: 'problem',
    doc: 'The options `record.json_*` shape the format `json` alone.',
    reads: ['record.format', ...JSON_OPTIONS],
    check(config) {
      const given = JSON_OPTIONS.filter((name) => config[name] !== optionOf(name).default);
      const format = config['record.format'];
      return when(
        format !== 'json' && given.length > 0,
        `${given.join(' and ')} is set, but record.format is ${format}, which has one form only`,
      );
    },
  },
  {
    name: 'key_of_many_series',
    level: 'problem',
    doc: 'A record of `remote-write` holds many series, so it has no key.',
    reads: ['record.format', 'record.key'],
    check: (config) =>
      when(
        config['record.format'] === 'remote-write' && config['record.key'] !== 'none',
        `record.key is ${config['record.key']}, but a record of the format remote-write holds many series: set it to none (record.partition_by works with all formats)`,
      ),
  },
];
