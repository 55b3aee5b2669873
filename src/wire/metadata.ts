/** Metadata of a metric family, which 1.0 requests carry beside their series, about once a minute. */

import { fieldNumbers, loadProto } from '../lib/proto-fields.ts';
import { type Cursor, LENGTH_DELIMITED, VARINT } from './cursor.ts';

const message = fieldNumbers(loadProto('prometheus/remote_write_v1.proto'), 'prometheus.MetricMetadata');
const TYPE = (message.type! << 3) | VARINT;
const FAMILY_NAME = (message.metric_family_name! << 3) | LENGTH_DELIMITED;
const HELP = (message.help! << 3) | LENGTH_DELIMITED;
const UNIT = (message.unit! << 3) | LENGTH_DELIMITED;

/** Texts are valid while the request is being read. */
export interface MetricMetadata {
  /** Index into METRIC_TYPES. */
  type: number;
  familyName: Uint8Array;
  help: Uint8Array;
  unit: Uint8Array;
}

const NO_TEXT = new Uint8Array(0);

/** Reads a MetricMetadata up to `end`; throws MalformedError. */
export function readMetadata(cursor: Cursor, end: number): MetricMetadata {
  const metadata: MetricMetadata = { type: 0, familyName: NO_TEXT, help: NO_TEXT, unit: NO_TEXT };
  const text = (): Uint8Array => {
    const textEnd = cursor.lengthEnd(end);
    const read = cursor.bytes.subarray(cursor.at, textEnd);
    cursor.at = textEnd;
    return read;
  };
  while (cursor.at < end) {
    const tag = cursor.tag(end);
    if (tag === TYPE) metadata.type = cursor.lowUint32(end) | 0;
    else if (tag === FAMILY_NAME) metadata.familyName = text();
    else if (tag === HELP) metadata.help = text();
    else if (tag === UNIT) metadata.unit = text();
    else cursor.skip(tag, end);
  }
  return metadata;
}
