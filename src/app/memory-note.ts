/** Tells what memory the limits allow in the worst case, and warns when there is less. */

import { totalmem } from 'node:os';
import { memoryBound, memoryWarning } from '../config/memory.ts';
import type { Config } from '../config/options.ts';
import type { WebConfig } from '../config/web-config.ts';
import type { Logger } from '../lib/logger.ts';
import type { Metrics } from '../metrics.ts';

export interface MemoryNoteParts {
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** For a configuration that comes into force. */
export function noteMemory(config: Config, web: WebConfig, { metrics, logger }: MemoryNoteParts): void {
  const bytes = memoryBound(config, web);
  metrics.instruments.memoryBound.set(bytes);
  const warning = memoryWarning(bytes, availableBytes());
  if (warning !== undefined) logger.warn({}, warning);
}

/** For this process: those of its container when it is in one. */
function availableBytes(): number {
  // Without a bound it is 0 or more than there is.
  return Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem());
}
