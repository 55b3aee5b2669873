/** Downloads one file of known size and SHA-256, so that it is there whole and right or not at all. */

import { createHash, randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Counter } from './progress.ts';

const attempts = 4;
const firstPauseMs = 250;
const stallTimeoutMs = 30_000;

/** A file to fetch. */
export interface Download {
  url: string;
  path: string;
  sha256: string;
  bytes: number;
}

/** Trouble that another attempt would only repeat. */
class FinalError extends Error {}

function describe(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error instanceof Error ? error.message : String(error)}${cause}`;
}

async function request(url: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const response = await fetch(url, { signal });
  if (response.ok && response.body) return response.body;
  await response.body?.cancel();
  const problem = `the answer is ${response.status} ${response.statusText}`;
  const isPassing = response.status >= 500 || response.status === 429 || response.status === 408;
  throw isPassing ? new Error(problem) : new FinalError(problem);
}

/** One attempt, into `temporaryPath`; gives back what it counted when it fails. */
async function attempt(
  download: Download,
  temporaryPath: string,
  options: { signal: AbortSignal; counter: Counter },
): Promise<void> {
  const stalled = new AbortController();
  const timer = setTimeout(
    () => stalled.abort(new Error(`nothing came for ${stallTimeoutMs / 1000} s`)),
    stallTimeoutMs,
  );
  const hash = createHash('sha256');
  const file = await open(temporaryPath, 'w');
  let bytes = 0;
  try {
    for await (const chunk of await request(
      download.url,
      AbortSignal.any([options.signal, stalled.signal]),
    )) {
      timer.refresh();
      bytes += chunk.length;
      if (bytes > download.bytes) throw new FinalError(`more than the expected ${download.bytes} bytes came`);
      options.counter.add(chunk.length);
      hash.update(chunk);
      await file.write(chunk);
    }
    if (bytes < download.bytes) throw new Error(`only ${bytes} of ${download.bytes} bytes came`);
    const sha256 = hash.digest('hex');
    if (sha256 !== download.sha256)
      throw new FinalError(`its SHA-256 is ${sha256}, expected ${download.sha256}`);
  } catch (error) {
    options.counter.add(-Math.min(bytes, download.bytes));
    throw error;
  } finally {
    clearTimeout(timer);
    await file.close();
  }
}

/** Fetches the file, with a few attempts. A rename puts it in place, so two at once do no harm either. */
export async function fetchFile(
  download: Download,
  options: { signal: AbortSignal; counter: Counter },
): Promise<void> {
  const temporaryPath = `${download.path}.${randomUUID()}.part`;
  try {
    for (let left = attempts - 1; ; left -= 1) {
      try {
        await attempt(download, temporaryPath, options);
        break;
      } catch (error) {
        options.signal.throwIfAborted();
        if (left === 0 || error instanceof FinalError) {
          throw new Error(`cannot download ${download.url}: ${describe(error)}`, { cause: error });
        }
        await delay(firstPauseMs * 2 ** (attempts - 1 - left), undefined, { signal: options.signal });
      }
    }
    await rename(temporaryPath, download.path);
    options.counter.fileDone();
  } finally {
    await rm(temporaryPath, { force: true });
  }
}
