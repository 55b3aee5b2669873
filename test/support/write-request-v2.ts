/** Requests of Remote-Write 2.0 for tests, encoded by protobufjs from proto/. */

import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';

const file = new URL('../../proto/prometheus/remote_write_v2.proto', import.meta.url);
const type = protobuf
  .parse(readFileSync(file, 'utf8'), { keepCase: true })
  .root.lookupType('io.prometheus.write.v2.Request');

export const V2_HEADERS = {
  'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '2.0.0',
};

/** A message as protobufjs takes it: fields by the names in proto/. */
export interface V2Request {
  readonly symbols: readonly string[];
  readonly timeseries: readonly object[];
}

/** The protobuf bytes, not compressed. */
export function requestV2(request: V2Request): Uint8Array {
  const problem = type.verify(request);
  if (problem !== null) throw new Error(`not a request: ${problem}`);
  return type.encode(type.fromObject(request)).finish();
}
