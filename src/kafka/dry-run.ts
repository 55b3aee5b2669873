/** Delivery to nowhere: each record is one line on standard output. For trying out without a broker. */

import type { Writable } from 'node:stream';
import type { Delivery, RequestRecords } from '../contracts.ts';
import { AdapterError } from '../errors.ts';
import { ByteWriter } from '../lib/byte-writer.ts';

const LINE_FEED = 0x0a;

export class DryRun implements Delivery {
  readonly ready = true;
  readonly state = 'ready (dry run: records go to standard output and nowhere else)';
  readonly #out: Writable;

  constructor(out: Writable) {
    this.#out = out;
  }

  start(): void {}

  open(): RequestRecords {
    const lines = new ByteWriter();
    const sink = { begin: () => lines, end: () => lines.byte(LINE_FEED) };
    return {
      unknownTopics: new Set(),
      series: () => sink,
      rollback: () => lines.truncate(),
      commit: () =>
        new Promise((resolve, reject) => {
          this.#out.write(lines.slice(), (error) => (error ? reject(notWritten(error)) : resolve(new Map())));
        }),
    };
  }

  async learn(): Promise<void> {}

  async stop(): Promise<void> {}
}

function notWritten({ message }: Error): AdapterError {
  return new AdapterError('kafka_unavailable', `standard output takes no records: ${message}`);
}
