/** Requests of which nothing could be read although they hold something: counted, and told in the log now and then. */

import type { FastifyRequest } from 'fastify';
import { plainAddress } from '../lib/address.ts';
import type { Logger } from '../lib/logger.ts';
import { TokenBucket } from '../lib/token-bucket.ts';
import { READ_AS } from '../metrics/table.ts';
import type { Instruments } from '../metrics.ts';
import type { MessageVersion } from '../wire/negotiate.ts';

/** A sender that is set up wrong sends such a request every few seconds. */
const LINES = { ratePerSecond: 1 / 60, burst: 1 };

/**
 * All fields of a message of the other version are unknown or reserved, and those are skipped (Remote-Write 2.0,
 * "Content-Type"), so the answer is 204 and its sender may believe that all is well. An operator has to be told.
 */
export class Misread {
  readonly #instruments: Instruments;
  readonly #logger: Logger;
  readonly #lines = new TokenBucket();
  /** Since the last line. */
  #requests = 0;

  constructor(instruments: Instruments, logger: Logger) {
    this.#instruments = instruments;
    this.#logger = logger;
  }

  note(
    { headers, raw, contentType }: Pick<FastifyRequest, 'headers' | 'raw' | 'contentType'>,
    version: MessageVersion,
  ): void {
    this.#instruments.requestsMisread.inc({ read_as: READ_AS[version] });
    this.#requests++;
    if (!this.#lines.take(performance.now(), LINES)) return;
    const { 'user-agent': agent = '' } = headers;
    const client = plainAddress(raw.socket.remoteAddress);
    this.#logger.warn(
      { client, agent, contentType, requests: this.#requests },
      'nothing written: the request holds nothing of the message that its Content-Type names, so it is most likely one of the other version of Remote-Write; it was answered 204',
    );
    this.#requests = 0;
  }
}
