/** Gets a record format what it needs from outside, again and again until it is there. */

import type { RecordFormat } from '../contracts.ts';
import type { Logger } from '../lib/logger.ts';

const EVERY_MS = 500;

export class Preparation {
  readonly #format: RecordFormat;
  readonly #logger: Logger;
  /** Why no record can be written yet; '' when the format has what it needs. */
  problem = 'preparing the record format';

  constructor(format: RecordFormat, logger: Logger) {
    this.#format = format;
    this.#logger = logger;
  }

  /** Tries until it succeeds; how often the format reaches out is its own affair. */
  async run(): Promise<void> {
    while (this.problem !== '') {
      try {
        await this.#format.prepare?.();
        this.problem = '';
      } catch (error) {
        const { message } = error as Error;
        if (message !== this.problem) this.#logger.warn({}, `not ready: ${message}`);
        this.problem = message;
        await new Promise((resolve) => setTimeout(resolve, EVERY_MS).unref());
      }
    }
  }
}
