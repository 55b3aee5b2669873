/** The options of the record formats. */

import type { Option } from '../option.ts';
import { choice } from '../words.ts';

export const FORMAT_OPTIONS = {
  'record.format': {
    kind: choice('json', 'telefonica-json', 'protobuf', 'remote-write'),
    default: 'json',
    needsRestart: true,
    doc: 'Format of the record values, see docs/formats.md.',
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
