/** Reading a request body whole within a limit, and getting rid of one that nobody wants. */

import { Buffer } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { AdapterError } from '../errors.ts';
import { PENALTY_MS } from '../lib/penalty.ts';
import { formatSize } from '../lib/units.ts';

const MAX_DISCARD_BYTES = 64 * 1024 * 1024;
const MAX_DISCARD_MS = 5000;
/** The time over which the rate of a body is measured. */
const SLOW_CHECK_MS = 5000;
/** A chunked body may come in pieces of one byte. */
const SMALL_BYTES = 1024;
const BLOCK_BYTES = 16 * 1024;
/**
 * Each chunk costs as much as some hundred bytes: who sends this many has to put so much into each, on the average. Node
 * parses as many at once as 64 KiB hold, so fewer would spare nothing.
 */
const FREE_CHUNKS = 10_000;
const LEAST_CHUNK_BYTES = 16;
/** Bodies that turned out to be nothing but dust: not a byte more of them is read. */
const dusty = new WeakSet<IncomingMessage>();
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

/** Whether a body without an announced length comes in chunks of next to nothing, which nobody honest makes. */
function isDust(request: IncomingMessage, { pieces, bytes }: { pieces: number; bytes: number }): boolean {
  if (pieces <= FREE_CHUNKS || bytes >= pieces * LEAST_CHUNK_BYTES || announcedBytes(request) !== undefined)
    return false;
  dusty.add(request);
  stopReading(request.socket);
  return true;
}

/** For good: a request alone that is paused is read on until 64 KiB of dust lie there, which takes half a second. */
function stopReading(socket: Socket): void {
  socket.pause();
  socket.on('resume', () => socket.pause());
}

/** What was read of it at once has cost 20 ms. Whoever sends such has to wait before it may do so again. */
async function served(): Promise<false> {
  await pause(PENALTY_MS);
  return false;
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
  if (announced !== undefined && announced > maxBytes) throw tooLarge(formatSize(announced), maxBytes);
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
 * goes away in the middle or sends ten thousand chunks with next to nothing in them.
 */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Buffer[]> {
  const { maxBytes, minBytesPerSecond } = limits;
  // Nothing would come any more, not even the end: while the request waited, its sender has gone.
  if (request.destroyed) return Promise.reject(gone());
  return new Promise((resolve, reject) => {
    const pieces = new Pieces();
    let bytes = 0;
    let count = 0;
    const finish = (settle: () => void): void => {
      clearInterval(slowness);
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      settle();
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        finish(() => reject(tooLarge(`over ${formatSize(bytes)}`, maxBytes)));
        return;
      }
      if (isDust(request, { pieces: ++count, bytes })) {
        finish(() => reject(dust(count, bytes)));
        return;
      }
      pieces.add(chunk);
    };
    const onEnd = (): void => finish(() => resolve(pieces.all()));
    const onGone = (): void => finish(() => reject(gone()));
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
    let before = 0;
    // Whoever announces much and sends little would hold the room of others until http.request_timeout.
    const slowness = setInterval(() => {
      const rate = (bytes - before) / (SLOW_CHECK_MS / 1000);
      before = bytes;
      if (rate < minBytesPerSecond) finish(() => reject(tooSlow(rate, minBytesPerSecond)));
    }, SLOW_CHECK_MS);
  });
}

function dust(chunks: number, bytes: number): AdapterError {
  return new AdapterError(
    'http_invalid',
    `the body comes in chunks of less than ${LEAST_CHUNK_BYTES} bytes on the average (${chunks} chunks so far, ${formatSize(bytes)})`,
  );
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
  if (dusty.has(request)) return served();
  if (isUnasked(request)) {
    request.resume();
    return Promise.resolve(false);
  }
  return new Promise((resolve) => {
    let bytes = 0;
    let pieces = 0;
    const finish = (ended: boolean | Promise<false>): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      resolve(ended);
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > MAX_DISCARD_BYTES) finish(false);
      else if (isDust(request, { pieces: ++pieces, bytes })) finish(served());
    };
    const onEnd = (): void => finish(true);
    const onGone = (): void => finish(false);
    const timer = setTimeout(() => finish(false), MAX_DISCARD_MS);
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
    request.resume();
  });
}
