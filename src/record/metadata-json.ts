/** Records of metric metadata: one a metric family, with its name as key, so that a compacted topic keeps the last. */

import { Buffer, isUtf8 } from 'node:buffer';
import type { RecordSink } from '../contracts.ts';
import { NOTHING } from '../lib/contents.ts';
import { textOf } from './json-string.ts';
import { metricTypeName } from './metric-types.ts';

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Texts as UTF-8; what is none of it in help and unit is replaced when it is written. */
export interface FamilyMetadata {
  readonly type: number;
  readonly familyName: Uint8Array;
  readonly help: Uint8Array;
  readonly unit: Uint8Array;
}

/**
 * Writes `{"name":"http_requests_total","type":"counter","help":"...","unit":""}` to the sink that `sinkFor` gives
 * for the hash of the name. The record's time is the present. False when there is no name or one that is not UTF-8: no
 * series may have it, and its key would be that of nothing or of several.
 */
export function writeMetadata(
  metadata: FamilyMetadata,
  sinkFor: (hash: number, key: Uint8Array) => RecordSink,
): boolean {
  const { type, familyName, help, unit } = metadata;
  if (familyName.length === 0 || !isUtf8(familyName)) return false;
  const value = JSON.stringify({
    name: textOf(familyName),
    type: metricTypeName(type),
    help: textOf(help),
    unit: textOf(unit),
  });
  const sink = sinkFor(hashOf(familyName), familyName);
  const out = sink.begin(Date.now(), NOTHING);
  const bytes = Buffer.from(value);
  out.copy(bytes, 0, bytes.length);
  sink.end();
  return true;
}

/** FNV-1a: the same name always goes to the same partition. */
function hashOf(bytes: Uint8Array): number {
  let hash = FNV_OFFSET;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, FNV_PRIME);
  return hash >>> 0;
}
