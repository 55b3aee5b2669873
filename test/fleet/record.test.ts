/** Records of the fleet topic: what is written is read back, and what anybody else wrote is refused. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { decodeFleetRecord, encodeFleetRecord, type FleetRecord } from '../../src/fleet/record.ts';

const RECORD: FleetRecord = {
  fleet: 'default',
  id: 'adapter-1:8080',
  instance: '1a2b3c4d',
  epoch: 1_764_216_000_123,
  version: '0.1.0',
  address: '192.0.2.7:8080',
  state: 'ready',
  connections: 12,
  samplesPerSecond: 1234.5678,
  largestSamplesPerSecond: 700,
  cpu: 0.42149,
  samplesPerCpuSecond: 2929.4,
};

const decode = (value: unknown): FleetRecord | undefined =>
  decodeFleetRecord(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));

const written = (): Record<string, unknown> => JSON.parse(encodeFleetRecord(RECORD));

describe('a record of the fleet', () => {
  test('is read back, its rates to three digits', () => {
    assert.deepEqual(decode(encodeFleetRecord(RECORD)), {
      ...RECORD,
      samplesPerSecond: 1234.568,
      cpu: 0.421,
      samplesPerCpuSecond: 2929,
    });
  });

  test('may have fields that a later version adds', () => {
    assert.equal(decode({ ...written(), zone: 'a' })?.id, RECORD.id);
  });

  test('is small: at most 400 bytes with all that Kafka adds', () => {
    const framing = 61 + 12 + 'default/adapter-1:8080'.length;
    assert.ok(encodeFleetRecord(RECORD).length + framing < 400);
  });
});

describe('no record of the fleet is', () => {
  for (const [what, value] of [
    ['what is no JSON', '{'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['a number', '7'],
  ] as const) {
    test(what, () => assert.equal(decode(value), undefined));
  }

  test('invalid UTF-8', () => {
    const bytes = Buffer.from(encodeFleetRecord(RECORD));
    bytes[bytes.indexOf('adapter')] = 0xff;
    assert.equal(decodeFleetRecord(bytes), undefined);
  });

  test('one that lacks a field', () => {
    for (const name of Object.keys(written()))
      assert.equal(decode({ ...written(), [name]: undefined }), undefined);
  });

  test('one whose numbers are negative, absurd or no numbers', () => {
    for (const name of [
      'epoch',
      'connections',
      'samples_per_second',
      'cpu',
      'samples_per_cpu_second',
      'largest_samples_per_second',
    ])
      for (const value of [-1, 1e16, null, '1', {}]) {
        assert.equal(decode({ ...written(), [name]: value }), undefined, `${name} ${value}`);
      }
    assert.equal(decode(encodeFleetRecord(RECORD).replace('0.421', '1e999')), undefined);
  });

  test('one with a text that is none, or longer than anybody reads', () => {
    for (const name of ['fleet', 'id', 'instance', 'version', 'address'])
      for (const value of [1, null, ['a'], 'x'.repeat(257)]) {
        assert.equal(decode({ ...written(), [name]: value }), undefined, name);
      }
  });

  test('one in a state that there is not', () => {
    assert.equal(decode({ ...written(), state: 'busy' }), undefined);
    assert.equal(decode({ ...written(), state: 'constructor' }), undefined);
  });
});
