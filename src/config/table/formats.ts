/** The options of the record formats. */

import type { Reading } from '../kind.ts';
import type { Option } from '../option.ts';
import { boolean, choice, secret, text } from '../words.ts';

/** Telefonica's adapter takes `json` for what it does not know; a typing error should not pass for a choice here. */
function parseSerialization(given: string): Reading<'telefonica-json' | 'telefonica-avro-json'> {
  if (given === 'json') return { value: 'telefonica-json' };
  return given === 'avro-json'
    ? { value: 'telefonica-avro-json' }
    : { error: 'is neither `json` nor `avro-json`' };
}

export const FORMAT_OPTIONS = {
  'record.format': {
    kind: choice('json', 'telefonica-json', 'telefonica-avro-json', 'avro', 'protobuf', 'remote-write'),
    default: 'json',
    needsRestart: true,
    doc: 'Format of the record values, see docs/formats.md.',
    aliases: [
      {
        variable: 'SERIALIZATION_FORMAT',
        doc: '`json` and `avro-json` mean `telefonica-json` and `telefonica-avro-json`',
        parse: parseSerialization,
      },
    ],
  },
  'record.json_timestamp': {
    kind: choice('rfc3339', 'unix_ms', 'unix_s'),
    default: 'rfc3339',
    needsRestart: true,
    doc: 'Times in the format `json`: text with milliseconds in UTC, milliseconds since 1970 as a number, or seconds with a fraction as a number.',
  },
  'record.json_value': {
    kind: choice('string', 'number'),
    default: 'string',
    needsRestart: true,
    doc: 'Values in the format `json`: text, or numbers with `null` and `"special":"NaN"` (`"+Inf"`, `"-Inf"`) for what JSON has no number for. The numbers of native histograms are always text.',
  },
} as const satisfies Record<string, Option<unknown>>;

export const AVRO_OPTIONS = {
  'avro.registry_url': {
    kind: text({
      pattern: '^$|^https?://[^\\s/@]+(/[^\\s@]*)?$',
      expected: 'empty, or an http or https URL without user and password',
    }),
    default: '',
    needsRestart: true,
    doc: 'Schema registry (Confluent and compatible ones). Then records begin with its id of the schema; without one, with the fingerprint of the schema (single-object encoding).',
  },
  'avro.registry_username': {
    kind: text(),
    default: '',
    needsRestart: true,
    doc: 'User to log in to the schema registry as.',
  },
  'avro.registry_password': { kind: secret(), default: '', needsRestart: true, doc: 'Password of the user.' },
  'avro.registry_ca_file': {
    kind: text(),
    default: '',
    needsRestart: true,
    doc: 'PEM file of the authorities that sign the certificate of the schema registry; empty means those that Node trusts.',
  },
  'avro.subject': {
    kind: text({ maxLength: 255 }),
    default: '',
    needsRestart: true,
    doc: 'Subject of the schema; empty means `kafka.topic` with `-value`, as by the TopicNameStrategy. All topics have the same schema.',
  },
  'avro.register_schema': {
    kind: boolean(),
    default: 'true',
    needsRestart: true,
    doc: 'Publish the schema to the registry; false: only look it up there.',
  },
} as const satisfies Record<string, Option<unknown>>;
