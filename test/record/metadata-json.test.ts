/** Records of metric metadata: one a family, keyed by its name. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { ByteWriter } from '../../src/lib/byte-writer.ts';
import { NOTHING } from '../../src/lib/contents.ts';
import { type FamilyMetadata, writeMetadata } from '../../src/record/metadata-json.ts';

const bytes = (text: string): Buffer => Buffer.from(text);
const UP: FamilyMetadata = {
  type: 2,
  familyName: bytes('up'),
  help: bytes('Is it "up"?\n'),
  unit: bytes(''),
};

interface Written {
  readonly hash: number;
  readonly timestampMs: number;
  readonly key: string;
  readonly contents: unknown;
  readonly value: string;
}

function writtenOf(family: Partial<FamilyMetadata>): Written[] {
  const writer = new ByteWriter();
  let begun: Pick<Written, 'timestampMs' | 'contents'> | undefined;
  const written: Written[] = [];
  const isWritten = writeMetadata({ ...UP, ...family }, (hash, key) => ({
    begin: (timestampMs, contents) => {
      begun = { timestampMs, contents };
      return writer;
    },
    end: () =>
      written.push({ ...begun!, hash, key: Buffer.from(key).toString('latin1'), value: writer.text() }),
  }));
  assert.equal(isWritten, written.length > 0);
  return written;
}

function write(family: Partial<FamilyMetadata> = {}): Written {
  const written = writtenOf(family);
  assert.equal(written.length, 1);
  return written[0]!;
}

describe('the record of a metric family', () => {
  test('has name, type, help and unit, the name as its key, the present as its time', () => {
    const before = Date.now();
    const { value, key, timestampMs } = write();
    assert.equal(value, '{"name":"up","type":"gauge","help":"Is it \\"up\\"?\\n","unit":""}');
    assert.equal(key, 'up');
    assert.ok(timestampMs >= before && timestampMs <= Date.now());
  });

  test('holds no sample, so that it counts as none', () => assert.equal(write().contents, NOTHING));

  test('names a type that the protocol does not have unknown', () => {
    const types = [0, 7, 8, -1, 2 ** 31].map((type) => JSON.parse(write({ type }).value).type);
    assert.deepEqual(types, ['unknown', 'stateset', 'unknown', 'unknown', 'unknown']);
  });

  test('keeps a byte order mark in every text, as Remote-Write sends it', () => {
    const marked = bytes('\ufeffx');
    const { value } = write({ familyName: marked, help: marked, unit: marked });
    const { name, help, unit } = JSON.parse(value);
    assert.deepEqual([name, help, unit], ['\ufeffx', '\ufeffx', '\ufeffx']);
  });

  test('replaces in help and unit what is not UTF-8', () => {
    const odd = Buffer.from([0x61, 0xff, 0x62]);
    const { help, unit } = JSON.parse(write({ help: odd, unit: odd }).value);
    assert.deepEqual([help, unit], ['a\ufffdb', 'a\ufffdb']);
  });

  test('is not written without a name, or with one that is not UTF-8', () => {
    for (const familyName of [Buffer.alloc(0), Buffer.from([0x66, 0xff])])
      assert.deepEqual(writtenOf({ familyName }), []);
  });

  test('goes by its name alone to one partition, and names spread over partitions', () => {
    assert.equal(write({ type: 1, help: bytes('else') }).hash, write().hash);
    const counts = new Array(6).fill(0);
    for (let i = 0; i < 6000; i++) counts[write({ familyName: bytes(`metric_${i}_total`) }).hash % 6]++;
    for (const count of counts) assert.ok(count > 800 && count < 1200, String(counts));
  });
});
