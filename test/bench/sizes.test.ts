/** What `npm run bench -- sizes` measures is what a record takes. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FORMATS } from '../../src/record/formats.ts';
import { measureSizes } from './sizes.ts';

const figures = await measureSizes({ bodies: 2, samplesPerRequest: 200 }, 2);

const of = (format: string, compression: string) =>
  figures.find((one) => one.format === format && one.compression === compression)!;

describe('the bytes of a sample', () => {
  test('are there for each format with each compression', () => {
    for (const format of Object.keys(FORMATS))
      for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'])
        assert.ok(of(format, compression).fullBytes > 0, `${format} ${compression}`);
  });

  test('are fewer compressed, and fewest where a record is a compressed request', () => {
    assert.ok(of('json', 'zstd').fullBytes < of('json', 'none').fullBytes / 4);
    assert.ok(of('remote-write', 'none').fullBytes < of('protobuf', 'none').fullBytes / 2);
  });

  test('are no more in large batches than in small ones', () => {
    for (const { format, compression, requestBytes, fullBytes } of figures)
      assert.ok(fullBytes <= requestBytes * 1.01, `${format} ${compression}: ${fullBytes}, ${requestBytes}`);
  });
});
