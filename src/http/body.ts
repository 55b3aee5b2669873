/** Reading a request body whole within a limit, and getting rid of one that nobody wants. */

import type { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { AdapterError } from '../errors.ts';
import { formatSize } from '../lib/units.ts';

const MAX_DISCARD_BYTES = 64 * 1024 * 1024;
const MAX_DISCARD_MS = 5000;

/** Bytes the request announces; undefined when it is chunked. */
export function announcedBytes(request: IncomingMessage): number | undefined {
  const length = request.headers['content-length'];
  return length === undefined ? undefined : Number(length);
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

/**
 * The whole body, in the pieces it came in: joining them would only make garbage. Rejects with AdapterError `body_too_large` as soon as it passes `maxBytes`, and with
 * `http_invalid` when the sender goes away in the middle.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (settle: () => void): void => {
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      settle();
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        finish(() => reject(tooLarge(`over ${formatSize(bytes)}`, maxBytes)));
        return;
      }
      chunks.push(chunk);
    };
    const onEnd = (): void => finish(() => resolve(chunks));
    const onGone = (): void => finish(() => reject(new AdapterError('http_invalid', 'the sender went away')));
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

/**
 * Reads the rest of the body and throws it away, up to 64 MiB or 5 s. An answer that is sent while the sender
 * still writes would be lost with the reset that follows, and a lost 413 turns into a retry for ever.
 * Resolves to false when the body did not end within the bounds: the connection cannot be used again.
 */
export function discardBody(request: IncomingMessage): Promise<boolean> {
  if (request.readableEnded) return Promise.resolve(true);
  if (request.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    let bytes = 0;
    const finish = (ended: boolean): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      resolve(ended);
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > MAX_DISCARD_BYTES) finish(false);
    };
    const onEnd = (): void => finish(true);
    const onGone = (): void => finish(false);
    const timer = setTimeout(() => finish(false), MAX_DISCARD_MS);
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
    request.resume();
  });
}
