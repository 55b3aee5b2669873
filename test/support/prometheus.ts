/** A real Prometheus for tests: found on this machine, configured, asked, and stopped so that it flushes. */

import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from '../../deploy/local/ports.ts';
import { call, metricValue } from './adapter.ts';
import { eventually } from './eventually.ts';
import { type ExitStatus, startProcess, type TestHooks, type TestProcess } from './process.ts';
import { type Labels, parseValue, seriesOf } from './records.ts';

export const JOB = 'scraped';

export interface PrometheusOptions {
  readonly command: string;
  /** `host:port` to scrape. */
  readonly target: string;
  readonly writeUrl: string;
  readonly scrapeInterval?: string;
  /** Labels that every sample carries when it is sent, and none when it is stored. */
  readonly externalLabels?: Labels;
  readonly queue?: Readonly<Record<string, string | number>>;
}

/** A sample that the sender itself stored. */
export interface StoredSample {
  readonly labels: Labels;
  readonly series: string;
  readonly timestampMs: number;
  readonly value: number;
}

/**
 * The command of PROMETHEUS_BIN or `prometheus` of the PATH. Without one the test fails in CI and is skipped,
 * with a loud line, elsewhere: then the result is undefined.
 */
export function findPrometheus(test: TestContext): string | undefined {
  const command = process.env['PROMETHEUS_BIN'] || 'prometheus';
  const { status, error, stdout, stderr } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  if (status === 0) {
    test.diagnostic(`sender: ${`${stdout}${stderr}`.split('\n', 1)[0]} (${command})`);
    return command;
  }
  const problem = `Prometheus is missing: ${command} ${error ? error.message : `ended with ${status}`}; install it or set PROMETHEUS_BIN`;
  if (process.env['CI'] === 'true') throw new Error(`${problem} (required since CI=true)`);
  process.stderr.write(`\n!!! SKIPPED, NOT TESTED: ${test.name}\n!!! ${problem}\n\n`);
  test.skip(problem);
  return undefined;
}

/** Starts Prometheus in a folder of its own; resolves when it is ready. */
export async function startPrometheus(
  test: TestHooks,
  options: PrometheusOptions,
): Promise<RunningPrometheus> {
  const directory = await mkdtemp(join(tmpdir(), 'kafka-adapter-prometheus-'));
  const file = join(directory, 'prometheus.yml');
  await writeFile(file, configuration(options));
  const port = await freePort();
  const started = startProcess(test, {
    command: options.command,
    args: [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
  });
  test.after(async () => {
    await started.kill();
    await rm(directory, { recursive: true, force: true });
  });
  const running = new RunningPrometheus(started, `http://127.0.0.1:${port}`);
  await eventually(() => running.isReady(), { what: 'Prometheus is ready' });
  return running;
}

/** JSON, which is YAML. */
function configuration(options: PrometheusOptions): string {
  const interval = options.scrapeInterval ?? '250ms';
  return JSON.stringify({
    global: {
      scrape_interval: interval,
      scrape_timeout: interval,
      ...(options.externalLabels ? { external_labels: options.externalLabels } : {}),
    },
    scrape_configs: [{ job_name: JOB, static_configs: [{ targets: [options.target] }] }],
    remote_write: [
      {
        url: options.writeUrl,
        // Requests without any sample are normal; once a minute would be never here.
        metadata_config: { send: true, send_interval: '1s' },
        queue_config: { min_shards: 4, max_shards: 4, batch_send_deadline: '200ms', ...options.queue },
      },
    ],
  });
}

interface MatrixAnswer {
  readonly data: { readonly result: readonly { metric: Labels; values: readonly [number, string][] }[] };
}

export class RunningPrometheus {
  readonly process: TestProcess;
  readonly #url: string;

  constructor(started: TestProcess, url: string) {
    this.process = started;
    this.#url = url;
  }

  async isReady(): Promise<boolean> {
    if (this.process.status) throw new Error(`Prometheus ended while starting:\n${this.process.output}`);
    return call(`${this.#url}/-/ready`).then(
      ({ status }) => status === 200,
      () => false,
    );
  }

  /** All samples of the job up to that time, without stale markers: queries do not show these. */
  async stored(untilMs: number): Promise<StoredSample[]> {
    const query = new URLSearchParams({ query: `{job="${JOB}"}[10m]`, time: String(untilMs / 1000) });
    const { status, text } = await call(`${this.#url}/api/v1/query?${query}`);
    if (status !== 200) throw new Error(`Prometheus answers a query with ${status}: ${text}`);
    return (JSON.parse(text) as MatrixAnswer).data.result.flatMap(({ metric, values }) => {
      const series = seriesOf(metric);
      return values.map(([seconds, value]) => ({
        labels: metric,
        series,
        timestampMs: Math.round(seconds * 1000),
        value: parseValue(value),
      }));
    });
  }

  /**
   * Resolves when that many scrapes have failed since the target went away. Gives a time up to which `stored`
   * is complete: that of a scrape which a later one has followed.
   */
  async waitForFailedScrapes(count: number): Promise<number> {
    return eventually(
      async () => {
        const stored = await this.stored(Date.now());
        const failed = stored.filter(({ labels, value }) => labels['__name__'] === 'up' && value === 0);
        const times = failed.map(({ timestampMs }) => timestampMs).sort((a, b) => a - b);
        return times.length > count && times.at(-2);
      },
      { what: `${count} failed scrapes` },
    );
  }

  /** A metric about the remote_write queue, whatever the labels; there is one queue only. */
  async queueMetric(name: string): Promise<number> {
    const { text } = await call(`${this.#url}/metrics`);
    const full = `prometheus_remote_storage_${name}`;
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${full}{`));
    const value = line === undefined ? undefined : metricValue(text, line.slice(0, line.lastIndexOf(' ')));
    if (value === undefined) throw new Error(`Prometheus has no metric ${full}`);
    return value;
  }

  /**
   * Resolves when a sample younger than `timeMs` has been sent. All up to that time are then sent or in the
   * queues, since Prometheus fills them in the order of its log, and `stop` flushes the queues.
   */
  async waitUntilSent(timeMs: number, withinMs = 60_000): Promise<void> {
    await eventually(
      async () => (await this.queueMetric('queue_highest_sent_timestamp_seconds')) * 1000 > timeMs,
      { what: `Prometheus has sent what it scraped up to ${new Date(timeMs).toISOString()}`, withinMs },
    );
  }

  /** Ends it as a service manager would; what is queued is sent before. */
  stop(): Promise<ExitStatus> {
    return this.process.stop('SIGTERM');
  }
}
