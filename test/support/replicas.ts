/** Several adapters, as behind a balancer, and what their metrics say together. */

import assert from 'node:assert/strict';
import { type AdapterOptions, metricValue, type RunningAdapter, startAdapter } from './adapter.ts';
import { eventually } from './eventually.ts';
import type { TestHooks } from './process.ts';

/** Starts that many; resolves when all are ready. */
export async function startReplicas(
  test: TestHooks,
  count: number,
  options: AdapterOptions,
): Promise<Replicas> {
  const all = await Promise.all(Array.from({ length: count }, () => startAdapter(test, options)));
  await Promise.all(all.map((adapter) => adapter.waitReady()));
  return new Replicas(all);
}

export class Replicas {
  readonly all: readonly RunningAdapter[];

  constructor(all: readonly RunningAdapter[]) {
    this.all = all;
  }

  /** As a balancer takes them: `host:port`. */
  get members(): string[] {
    return this.all.map(({ port }) => `127.0.0.1:${port}`);
  }

  /** One line of /metrics of each, by its name and labels as they stand there; 0 where it does not exist yet. */
  each(line: string): Promise<number[]> {
    return Promise.all(
      this.all.map(async (adapter) => metricValue((await adapter.get('/metrics')).text, line) ?? 0),
    );
  }

  async total(line: string): Promise<number> {
    return (await this.each(line)).reduce((sum, value) => sum + value, 0);
  }

  /** Connections that ended for that reason. */
  closed(reason: string): Promise<number> {
    return this.total(`kafka_adapter_connections_closed_total{reason="${reason}"}`);
  }

  /** Resolves when exactly that many have ended for that reason; a connection is counted when it is gone. */
  async waitForClosed(reason: string, count: number): Promise<void> {
    await eventually(async () => (await this.closed(reason)) >= count, {
      what: `${count} connections closed by ${reason}`,
    });
    assert.equal(await this.closed(reason), count);
  }
}
