/** A real Prometheus that scrapes so often, and sends in so small requests, that all its connections work. */

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../local/ports.ts';
import { type FoundCommand, findCommand } from './commands.ts';
import { sumOf } from './metrics-page.ts';
import { Part } from './part.ts';
import { type Sender, SHARDS } from './sender.ts';

const scrapeInterval = '500ms';
const samplesPerRequest = 20;

export interface PrometheusOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly writeUrl: string;
  /** `host:port` of what it scrapes besides itself. */
  readonly targets: readonly string[];
  readonly onLost: (error: Error) => void;
}

/** The one of PROMETHEUS_BIN, else of the PATH. */
export function findPrometheus(environment: NodeJS.ProcessEnv): FoundCommand | undefined {
  return findCommand([environment['PROMETHEUS_BIN'] || 'prometheus'], '--version');
}

/** JSON, which is YAML. */
function configuration(ownAddress: string, { writeUrl, targets }: PrometheusOptions): string {
  return JSON.stringify({
    global: { scrape_interval: scrapeInterval, scrape_timeout: scrapeInterval },
    scrape_configs: [
      { job_name: 'prometheus', static_configs: [{ targets: [ownAddress] }] },
      { job_name: 'kafka-adapter', static_configs: [{ targets }] },
    ],
    remote_write: [
      {
        url: writeUrl,
        queue_config: {
          min_shards: SHARDS,
          max_shards: SHARDS,
          max_samples_per_send: samplesPerRequest,
          capacity: 50 * samplesPerRequest,
          batch_send_deadline: '100ms',
          // The gap without any replica is over sooner than the usual 5 s.
          max_backoff: '200ms',
        },
      },
    ],
  });
}

export async function startPrometheus(
  { command, version }: FoundCommand,
  options: PrometheusOptions,
): Promise<Sender> {
  const address = `127.0.0.1:${await freePort()}`;
  const directory = await mkdtemp(join(tmpdir(), 'kafka-adapter-demo-prometheus-'));
  const file = join(directory, 'prometheus.yml');
  await writeFile(file, configuration(address, options));
  const part = new Part({
    name: 'Prometheus',
    command,
    args: [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=${address}`,
    ],
    environment: options.environment,
    directory,
    onLost: options.onLost,
  });
  return {
    name: 'Prometheus',
    description: `Prometheus ${version} with ${SHARDS} shards, http://${address}`,
    async repeats() {
      const page = await fetch(`http://${address}/metrics`).then((answer) => answer.text());
      return sumOf(page, 'prometheus_remote_storage_samples_retried_total');
    },
    close: () => part.kill(),
  };
}
