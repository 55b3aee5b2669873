/** Content negotiation from the headers alone. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AdapterError, type ErrorCode } from '../../src/errors.ts';
import { negotiate } from '../../src/wire/negotiate.ts';

describe('negotiate reads as 1.0', () => {
  for (const type of [
    undefined,
    '',
    'application/x-protobuf',
    'Application/X-Protobuf',
    'application/x-protobuf;proto=prometheus.WriteRequest',
    'application/x-protobuf; proto=prometheus.WriteRequest',
    'application/x-protobuf ; PROTO="prometheus.WriteRequest"',
    'application/x-protobuf; proto="prometheus\\.WriteRequest"; charset=utf-8',
    'application/x-protobuf;',
  ]) {
    test(`Content-Type ${type}`, () => assert.equal(negotiate(type, 'snappy'), 'v1'));
  }
  for (const encoding of [undefined, '', 'snappy', 'Snappy', ' SNAPPY ', ', snappy', 'snappy,']) {
    test(`Content-Encoding ${encoding}`, () =>
      assert.equal(negotiate('application/x-protobuf', encoding), 'v1'));
  }
});

describe('negotiate refuses', () => {
  const refused = (type: string | undefined, encoding: string | undefined, code: ErrorCode): void => {
    assert.throws(
      () => negotiate(type, encoding),
      (error) => error instanceof AdapterError && error.code === code && error.status === 415,
    );
  };
  for (const type of [
    'application/json',
    'text/plain',
    'yolo',
    'application/x-protobuf;proto=yolo',
    'application/x-protobuf; proto=io.prometheus.write.v3.Request',
    'application/x-protobuf; proto=PROMETHEUS.writerequest',
    'application/x-protobuf proto=prometheus.WriteRequest',
    'application/x-protobuf; proto="prometheus.WriteRequest',
    'application/x-protobuf2',
    'application/x-protobuf; proto=',
    'application/x-protobuf; proto=""',
    'application/x-protobuf; proto=prometheus.WriteRequest; Proto=io.prometheus.write.v2.Request',
    'application/x-protobuf, application/x-protobuf',
  ]) {
    test(`Content-Type ${type}`, () => refused(type, 'snappy', 'content_type_unsupported'));
  }
  for (const encoding of ['gzip', 'zstd', 'identity', 'snappy, gzip', 'snappy, snappy', 'x-snappy']) {
    test(`Content-Encoding "${encoding}"`, () => {
      refused('application/x-protobuf', encoding, 'content_encoding_unsupported');
    });
  }
});
