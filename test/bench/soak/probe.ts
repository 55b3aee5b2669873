/** Loaded into an adapter that is soaked: at each SIGUSR2 it collects garbage and writes what the process holds. */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** In front of the line that it writes. */
export const MARK = 'SOAK ';

export interface Holding {
  /** Bytes after garbage collection. */
  readonly heap: number;
  /** Bytes outside of the heap, buffers included. */
  readonly external: number;
  readonly rss: number;
  /** What keeps the event loop busy: sockets, timers and the like, by kind. */
  readonly handles: Readonly<Record<string, number>>;
  /** Milliseconds since the last time. */
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
}

function holding(): Holding {
  const { heapUsed, external, rss } = process.memoryUsage();
  const handles: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) handles[kind] = (handles[kind] ?? 0) + 1;
  return { heap: heapUsed, external, rss, handles, delayP99Ms: 0, delayMaxMs: 0 };
}

function watch(): void {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  process.on('SIGUSR2', () => {
    // Before the collection, which is a delay of its own.
    const delays = { delayP99Ms: delay.percentile(99) / 1e6, delayMaxMs: delay.max / 1e6 };
    globalThis.gc?.();
    // What is freed by the first may let go of more.
    setImmediate(() => {
      globalThis.gc?.();
      process.stderr.write(`${MARK}${JSON.stringify({ ...holding(), ...delays })}\n`);
      delay.reset();
    });
  });
}

// Node gives its options to threads as well, and to whoever imports the types.
if (isMainThread && process.env['NODE_OPTIONS']?.includes('soak/probe')) watch();
