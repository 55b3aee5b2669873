/** The records of one request before they are sent: collected by topic, each tied to its series' hash. */

import type { Message } from 'kafkajs';
import type { RecordSink, RequestRecords } from '../contracts.ts';
import { ByteWriter } from '../lib/byte-writer.ts';

/** A message that remembers which series it belongs to; the partitioner reads it. */
export interface SeriesMessage extends Message {
  readonly seriesHash: number;
}

export class CollectedRecords implements RequestRecords {
  readonly #writer = new ByteWriter();
  readonly #byTopic = new Map<string, SeriesMessage[]>();
  readonly #send: (byTopic: ReadonlyMap<string, SeriesMessage[]>) => Promise<void>;
  readonly #recordTime: (sampleMs: number) => number;

  constructor(
    send: (byTopic: ReadonlyMap<string, SeriesMessage[]>) => Promise<void>,
    recordTime: (sampleMs: number) => number,
  ) {
    this.#send = send;
    this.#recordTime = recordTime;
  }

  series(topic: string, seriesHash: number): RecordSink {
    let messages = this.#byTopic.get(topic);
    if (!messages) {
      messages = [];
      this.#byTopic.set(topic, messages);
    }
    const target = messages;
    let timestamp = '';
    return {
      begin: (timestampMs) => {
        timestamp = String(this.#recordTime(timestampMs));
        this.#writer.truncate();
        return this.#writer;
      },
      end: () => {
        target.push({ key: null, value: this.#writer.slice(), timestamp, seriesHash });
      },
    };
  }

  async commit(): Promise<void> {
    if (this.#byTopic.size > 0) await this.#send(this.#byTopic);
  }

  rollback(): void {
    this.#byTopic.clear();
  }
}
