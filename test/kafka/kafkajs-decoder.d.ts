/** Types of the decoder of kafkajs 2.2.4, which it does not export, for the tests that read back with it. */

declare module 'kafkajs/src/protocol/decoder.js' {
  export default class Decoder {
    constructor(bytes: Buffer);
  }
}

declare module 'kafkajs/src/protocol/recordBatch/v0/decoder.js' {
  import type Decoder from 'kafkajs/src/protocol/decoder.js';

  export interface DecodedBatch {
    firstOffset: string;
    firstTimestamp: string;
    maxTimestamp: string;
    lastOffsetDelta: number;
    producerId: string;
    producerEpoch: number;
    firstSequence: number;
    inTransaction: boolean;
    isControlBatch: boolean;
    records: {
      timestamp: string;
      offset: string;
      key: Buffer | null;
      value: Buffer | null;
      headers: Record<string, Buffer>;
    }[];
  }
  const decodeBatch: (decoder: Decoder) => Promise<DecodedBatch>;
  export default decodeBatch;
}

declare module 'kafkajs/src/protocol/requests/index.js' {
  /** Each version as a function of what is asked. */
  type Protocol = (options: { version: number }) => (asked: object) => {
    request: { apiKey: number; apiVersion: number; encode: () => Promise<{ buffer: Buffer }> };
    response: { decode: (payload: Buffer) => Promise<unknown> };
  };
  const protocols: { requests: Record<'Fetch' | 'ListOffsets', { protocol: Protocol }> };
  export default protocols;
}

declare module 'kafkajs/src/protocol/encoder.js' {
  export default class Encoder {
    buffer: Buffer;
    writeInt8(value: number): this;
    writeInt16(value: number): this;
    writeInt32(value: number): this;
    writeInt64(value: number): this;
    writeString(text: string): this;
    writeBytes(bytes: Buffer | null): this;
    writeArray(items: readonly Encoder[]): this;
    writeBuffer(bytes: Buffer): this;
    writeBoolean(value: boolean): this;
  }
}
