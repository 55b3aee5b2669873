/** The producer id that makes what is sent idempotent: fetched at the start, and anew when its epochs are used up. */

import type { Logger } from '../lib/logger.ts';
import type { Metadata } from './metadata.ts';

const RETRY_MS = 500;
const QUIET_FAILURES = 6;

export interface IdentityParts {
  readonly metadata: Metadata;
  readonly logger: Logger;
  readonly onChange: () => void;
  /** The sentence for a missing permission, from the name of Kafka's error. */
  readonly whoMayNot: (error: string) => string;
}

export class ProducerIdentity {
  readonly #parts: IdentityParts;
  #fetching = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Why there is none, when a permission is missing; else ''. */
  refusal = '';
  /** Undefined while there is none: nothing can be sent. */
  producerId: bigint | undefined;

  constructor(parts: IdentityParts) {
    this.#parts = parts;
  }

  /** Fetches a new id, again and again until there is one. */
  renew(): void {
    this.producerId = undefined;
    if (!this.#fetching) void this.#fetch();
  }

  async #fetch(): Promise<void> {
    const { metadata, logger, onChange } = this.#parts;
    this.#fetching = true;
    try {
      // Who answers metadata will give an id as well; asking while nobody does would only fill the log.
      if (metadata.isReached) {
        const link = await metadata.anyLink();
        this.producerId = await link.newProducerId();
        this.#fetching = false;
        this.#failures = 0;
        this.refusal = '';
        onChange();
        return;
      }
    } catch (error) {
      this.#failures++;
      this.#keepRefusal(error);
      // A broker that has just started is not ready for this yet, which is no news.
      const level = this.#failures > QUIET_FAILURES ? 'warn' : 'debug';
      logger[level]({ problem: String(error) }, 'no producer id from Kafka, trying again');
    }
    if (!this.#stopped)
      this.#timer = setTimeout(() => void this.#fetch(), metadata.isReached ? RETRY_MS : RETRY_MS / 10);
  }

  /** No repeat cures a missing permission, so it is told at once, and once. */
  #keepRefusal(error: unknown): void {
    const { logger, whoMayNot } = this.#parts;
    const { type } = error as { type?: string };
    const refusal = type?.endsWith('_AUTHORIZATION_FAILED') ? whoMayNot(type) : '';
    if (refusal !== '' && refusal !== this.refusal)
      logger.error({ problem: refusal }, 'Kafka lets nothing be written');
    this.refusal = refusal;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}
