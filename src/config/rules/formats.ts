/** What must hold between `record.format` and the options that belong to one format. */

import { optionOf } from '../options.ts';
import { type Rule, when } from '../rule.ts';

const AVRO_OPTIONS = [
  'avro.registry_url',
  'avro.registry_username',
  'avro.registry_password',
  'avro.registry_ca_file',
  'avro.subject',
  'avro.register_schema',
] as const;
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
    name: 'avro_options_unused',
    level: 'problem',
    doc: 'The options `avro.*` are of use with the format `avro` only, and most of them with a registry only.',
    reads: ['record.format', ...AVRO_OPTIONS],
    check(config) {
      const given = AVRO_OPTIONS.filter((name) => String(config[name]) !== optionOf(name).default);
      if (given.length === 0) return undefined;
      const format = config['record.format'];
      if (format !== 'avro') return `${given.join(' and ')} is set, but record.format is ${format}`;
      return when(
        config['avro.registry_url'] === '',
        `${given.join(' and ')} is set, but avro.registry_url is empty`,
      );
    },
  },
  {
    name: 'registry_login_incomplete',
    level: 'problem',
    doc: 'To log in to the schema registry takes a user name and a password.',
    reads: ['avro.registry_username', 'avro.registry_password'],
    check(config) {
      const isNamed = config['avro.registry_username'] !== '';
      if (isNamed === (config['avro.registry_password'] !== '')) return undefined;
      const [given, missing] = isNamed ? ['username', 'password'] : ['password', 'username'];
      return `avro.registry_${given} is set without avro.registry_${missing}, expected both or neither`;
    },
  },
  {
    name: 'registry_login_without_tls',
    level: 'warning',
    doc: 'By `http:` the password of the schema registry is readable by all.',
    reads: ['avro.registry_url', 'avro.registry_password'],
    check: (config) =>
      when(
        config['avro.registry_url'].startsWith('http:') && config['avro.registry_password'] !== '',
        'avro.registry_url begins with http: the password crosses the network readable by all',
      ),
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
