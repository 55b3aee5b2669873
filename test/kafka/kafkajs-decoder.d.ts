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
