/** Codecs of record batches; each off the event loop where Node offers it. */

import { Buffer } from 'node:buffer';
import { promisify } from 'node:util';
import { constants, gzip, zstdCompress } from 'node:zlib';
import { compressFrame } from 'lz4-napi';
import { compress } from 'snappyjs';

interface Codec {
  /** The lowest three bits of the batch attributes. */
  readonly attributes: number;
  readonly compress: (records: Buffer) => Promise<Buffer>;
}

const gzipAsync = promisify(gzip);
const zstdAsync = promisify(zstdCompress);

/** Fast levels: the records of a batch repeat each other so much that the slow ones gain little. */
const GZIP_LEVEL = 1;
const ZSTD_LEVEL = 1;

/** What snappy-java writes in front: a magic, and twice the version 1. */
const SNAPPY_JAVA_HEADER = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
const SNAPPY_JAVA_BLOCK = 32 * 1024;

/** The framing of snappy-java, which all clients of Kafka read: blocks of at most 32 KiB, each behind its length. */
async function snappyJava(records: Buffer): Promise<Buffer> {
  const pieces: Buffer[] = [SNAPPY_JAVA_HEADER];
  for (let at = 0; at < records.length; at += SNAPPY_JAVA_BLOCK) {
    const block = compress(records.subarray(at, at + SNAPPY_JAVA_BLOCK));
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    pieces.push(length, block);
  }
  return Buffer.concat(pieces);
}

/** The values of `kafka.compression` but `none`. */
export const CODECS: Readonly<Record<string, Codec>> = {
  gzip: { attributes: 1, compress: (records) => gzipAsync(records, { level: GZIP_LEVEL }) },
  snappy: { attributes: 2, compress: snappyJava },
  lz4: { attributes: 3, compress: (records) => compressFrame(records) },
  zstd: {
    attributes: 4,
    compress: (records) =>
      zstdAsync(records, { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } }),
  },
};
