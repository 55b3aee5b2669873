/** A real Prometheus that takes remote_write, as a reader of records of the format remote-write. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../deploy/local/ports.ts';
import { call } from './adapter.ts';
import { eventually } from './eventually.ts';
import { startProcess, type TestHooks } from './process.ts';
import type { Labels } from './records.ts';
import { HEADERS } from './write-request.ts';

/** A series with its points, times in seconds. */
export interface QueriedSeries {
  readonly metric: Labels;
  readonly values: readonly [number, string][];
}

export interface Receiver {
  /** Sends one compressed WriteRequest of 1.0; gives the status of the answer. */
  receive(body: Uint8Array): Promise<number>;
  query(expression: string, timeMs: number): Promise<readonly QueriedSeries[]>;
}

/** Starts it in a folder of its own; resolves when it is ready. */
export async function startReceiver(test: TestHooks, command: string): Promise<Receiver> {
  const directory = await mkdtemp(join(tmpdir(), 'kafka-adapter-receiver-'));
  const file = join(directory, 'prometheus.yml');
  await writeFile(file, '{}');
  const url = `http://127.0.0.1:${await freePort()}`;
  const started = startProcess(test, {
    command,
    args: [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=${url.slice('http://'.length)}`,
      '--web.enable-remote-write-receiver',
    ],
  });
  test.after(async () => {
    await started.kill();
    await rm(directory, { recursive: true, force: true });
  });
  const isReady = async (): Promise<boolean> => {
    if (started.status) throw new Error(`Prometheus ended while starting:\n${started.output}`);
    return (await call(`${url}/-/ready`).catch(() => undefined))?.status === 200;
  };
  await eventually(isReady, { what: 'Prometheus is ready' });
  return {
    receive: async (body) =>
      (await call(`${url}/api/v1/write`, { method: 'POST', headers: HEADERS, body })).status,
    query: async (expression, timeMs) => {
      const parameters = new URLSearchParams({ query: expression, time: String(timeMs / 1000) });
      const { status, text } = await call(`${url}/api/v1/query?${parameters}`);
      if (status !== 200) throw new Error(`Prometheus answers a query with ${status}: ${text}`);
      return (JSON.parse(text) as { data: { result: QueriedSeries[] } }).data.result;
    },
  };
}
