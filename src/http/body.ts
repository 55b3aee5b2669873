/** Reading a request body whole within a limit, and getting rid of one that nobody wants. */

import { Buffer } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AdapterError } from '../errors.ts';
import { giveBack } from '../lib/pieces.ts';
import { describeSize, formatSize } from '../lib/units.ts';
import { dustError, isDust, isKnownDust, paidForDust } from './dust.ts';

const MAX_DISCARD_BYTES = 64 * 1024 * 1024;
const MAX_DISCARD_MS = 5000;
/** The time over which the rate of a body is measured. */
const SLOW_CHECK_MS = 5000;
/** A chunked body may come in pieces of one byte. */
const SMALL_BYTES = 1024;
const BLOCK_BYTES = 16 * 1024;
const NO_BYTES = Buffer.alloc(0);

/** Bytes the request announces; undefined when it is chunked. */
export function announcedBytes(request: IncomingMessage): number | undefined {
  const length = request.headers['content-length'];
  // Beyond that numbers are not exact, and it is far too large in any case.
  return length === undefined ? undefined : Math.min(Number(length), Number.MAX_SAFE_INTEGER);
}

/** Whether the sender waits to be asked for the body before it sends it. */
function isUnasked({ headers, httpVersionMinor }: IncomingMessage): boolean {
  return httpVersionMinor > 0 && /(?:^|\W)100-continue(?:\W|$)/i.test(headers.expect ?? '');
}

/** Answers 100 when the sender waits for it. */
export function askForBody(request: IncomingMessage, response: ServerResponse): void {
  if (!isUnasked(request)) return;
  delete request.headers.expect;
  response.writeContinue();
}

function tooLarge(seen: string, maxBytes: number): AdapterError {
  return new AdapterError(
    'body_too_large',
    `the body has ${seen}, more than http.max_body_size (${formatSize(maxBytes)})`,
  );
}

/** Throws AdapterError `body_too_large` when the announced length alone says so. */
export function checkAnnounced(request: IncomingMessage, maxBytes: number): void {
  const announced = announcedBytes(request);
  if (announced !== undefined && announced > maxBytes) throw tooLarge(describeSize(announced), maxBytes);
}

export interface BodyLimits {
  /** The option `http.max_body_size`. */
  readonly maxBytes: number;
  /** The option `http.min_body_rate`; 0 = no limit. */
  readonly minBytesPerSecond: number;
}

/**
 * The whole body, in pieces about as it came in: joining them would only make garbage. Rejects with AdapterError
 * `body_too_large` as soon as it passes the limit, `request_timeout` when it drips, and `http_invalid` when the sender
 * goes away in the middle or sends thousands of chunks with next to nothing in them.
 */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Buffer[]> {
  const { maxBytes, minBytesPerSecond } = limits;
  // Nothing would come any more, not even the end: while the request waited, its sender has gone.
  if (request.destroyed) return Promise.reject(gone());
  return new Promise((resolve, reject) => {
    const pieces = new Pieces();
    let bytes = 0;
    let chunks = 0;
    const finish = (settle: () => void): void => {
      clearInterval(slowness);
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      settle();
    };
    const fail = (error: AdapterError): void =>
      finish(() => {
        pieces.all().forEach(giveBack);
        reject(error);
      });
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      pieces.add(chunk);
      if (bytes > maxBytes) fail(tooLarge(`over ${describeSize(bytes)}`, maxBytes));
      else if (isDust(request, { chunks: ++chunks, bytes })) fail(dustError({ chunks, bytes }));
    };
    const onEnd = (): void => finish(() => resolve(pieces.all()));
    const onGone = (): void => fail(gone());
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
    let before = 0;
    // Whoever announces much and sends little would hold the room of others until http.request_timeout.
    const slowness = setInterval(() => {
      const rate = (bytes - before) / (SLOW_CHECK_MS / 1000);
      before = bytes;
      if (rate < minBytesPerSecond) fail(tooSlow(rate, minBytesPerSecond));
    }, SLOW_CHECK_MS);
  });
}

function gone(): AdapterError {
  return new AdapterError('http_invalid', 'the sender went away');
}

/** Pieces of a body in their order. Those that are next to nothing share memory: a Buffer takes 200 bytes of its own. */
class Pieces {
  readonly #done: Buffer[] = [];
  /** Takes small pieces from `#from` to `#to`. */
  #block = NO_BYTES;
  #from = 0;
  #to = 0;

  add(piece: Buffer): void {
    if (piece.length >= SMALL_BYTES) {
      this.#cut();
      this.#done.push(piece);
      return;
    }
    if (this.#to + piece.length > this.#block.length) {
      this.#cut();
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      this.#from = this.#to = 0;
    }
    this.#to += piece.copy(this.#block, this.#to);
  }

  all(): Buffer[] {
    this.#cut();
    return this.#done;
  }

  #cut(): void {
    if (this.#to > this.#from) this.#done.push(this.#block.subarray(this.#from, this.#to));
    this.#from = this.#to;
  }
}

function tooSlow(rate: number, minBytesPerSecond: number): AdapterError {
  return new AdapterError(
    'request_timeout',
    `the body comes at ${Math.round(rate)} bytes a second, below http.min_body_rate (${formatSize(minBytesPerSecond)})`,
  );
}

/**
 * Reads the rest of the body and throws it away, up to 64 MiB or 5 s. An answer that is sent while the sender
 * still writes would be lost with the reset that follows, and a lost 413 turns into a retry for ever.
 * Resolves to false when the body did not end within the bounds, comes in chunks of next to nothing, or was not asked
 * for: the connection cannot be used again.
 */
export function discardBody(request: IncomingMessage): Promise<boolean> {
  if (request.readableEnded) return Promise.resolve(true);
  if (request.destroyed) return Promise.resolve(false);
  if (isKnownDust(request)) return paidForDust();
  if (isUnasked(request)) {
    request.resume();
    return Promise.resolve(false);
  }
  return new Promise((resolve) => {
    let bytes = 0;
    let chunks = 0;
    const finish = (ended: boolean | Promise<false>): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      resolve(ended);
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      giveBack(chunk);
      if (bytes > MAX_DISCARD_BYTES) finish(false);
      else if (isDust(request, { chunks: ++chunks, bytes })) finish(paidForDust());
    };
    const onEnd = (): void => finish(true);
    const onGone = (): void => finish(false);
    const timer = setTimeout(() => finish(false), MAX_DISCARD_MS);
    // Ahead of who gives the pieces back unread: then they are empty.
    request.prependListener('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
    request.resume();
  });
}
