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
import { missing } from './tools.ts';

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
  /** For `--enable-feature`. */
  readonly features?: readonly string[];
  /** Further settings of the sections `global`, `scrape_configs` (of the one job) and `remote_write`. */
  readonly global?: object;
  readonly scrape?: object;
  readonly remoteWrite?: object;
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
  const { version, problem } = ask(command);
  if (problem === undefined) return told(test, command, version);
  return missing(test, `Prometheus is missing: ${command} ${problem}; install it or set PROMETHEUS_BIN`);
}

/**
 * The same for one that speaks Remote-Write 2.0 with start timestamps, which is 3.16 or newer: the command of
 * PROMETHEUS3_BIN, whatever version it tells, or that of `findPrometheus`.
 */
export function findPrometheus3(test: TestContext): string | undefined {
  const named = process.env['PROMETHEUS3_BIN'];
  const command = named || process.env['PROMETHEUS_BIN'] || 'prometheus';
  const { version, problem } = ask(command);
  const [, major, minor] = /version (\d+)\.(\d+)/.exec(version) ?? [];
  const isNew = Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 16);
  if (problem === undefined && (named || isNew)) return told(test, command, version);
  const found = `${command} ${problem ?? `is "${version}"`}`;
  return missing(
    test,
    `Prometheus 3.16 or newer is missing: ${found}; install one or set PROMETHEUS3_BIN (.ci/run builds one where Go is)`,
  );
}

/** The same for promtool, which Debian's package `prometheus` has too: PROMTOOL_BIN or `promtool` of the PATH. */
export function findPromtool(test: TestContext): string | undefined {
  const command = process.env['PROMTOOL_BIN'] || 'promtool';
  const { problem } = ask(command);
  if (problem === undefined) return command;
  return missing(test, `promtool is missing: ${command} ${problem}; install it or set PROMTOOL_BIN`);
}

/** What the command says it is, or why it says nothing. */
function ask(command: string): { version: string; problem: string | undefined } {
  const { status, error, stdout, stderr } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  if (status !== 0) return { version: '', problem: error ? error.message : `ended with ${status}` };
  return { version: `${stdout}${stderr}`.split('\n', 1)[0]!, problem: undefined };
}

function told(test: TestContext, command: string, version: string): string {
  test.diagnostic(`sender: ${version} (${command})`);
  return command;
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
      ...(options.features ? [`--enable-feature=${options.features.join(',')}`] : []),
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
      ...options.global,
    },
    scrape_configs: [{ job_name: JOB, static_configs: [{ targets: [options.target] }], ...options.scrape }],
    remote_write: [
      {
        url: options.writeUrl,
        // Requests without any sample are normal; once a minute would be never here.
        metadata_config: { send: true, send_interval: '1s' },
        queue_config: { min_shards: 4, max_shards: 4, batch_send_deadline: '200ms', ...options.queue },
        ...options.remoteWrite,
      },
    ],
  });
}

/** Series with their points, times in seconds. Histograms are as the HTTP API has them. */
export interface Matrix {
  readonly result: readonly {
    readonly metric: Labels;
    readonly values?: readonly [number, string][];
    readonly histograms?: readonly [number, StoredHistogram][];
  }[];
}

/** A native histogram that the sender itself stored. */
export interface StoredHistogram {
  readonly count: string;
  readonly sum: string;
  readonly buckets?: readonly (readonly [number, string, string, string])[];
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

  /** The data that the HTTP API answers at that path, below `/api/v1/`. */
  async api<Data>(path: string, parameters: Record<string, string> = {}): Promise<Data> {
    const { status, text } = await call(`${this.#url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    if (status !== 200) throw new Error(`Prometheus answers ${path} with ${status}: ${text}`);
    return (JSON.parse(text) as { data: Data }).data;
  }

  /** All the job has up to that time, without stale markers: queries do not show these. */
  storedMatrix(untilMs: number): Promise<Matrix> {
    return this.api<Matrix>('query', { query: `{job="${JOB}"}[10m]`, time: String(untilMs / 1000) });
  }

  /** The float samples of it. */
  async stored(untilMs: number): Promise<StoredSample[]> {
    const { result } = await this.storedMatrix(untilMs);
    return result.flatMap(({ metric, values = [] }) => {
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
   * Resolves when that many scrapes of each target have failed since it went away. Gives a time up to which
   * `stored` is complete: that of a scrape which a later one of the same target has followed.
   */
  async waitForFailedScrapes(count: number): Promise<number> {
    return eventually(
      async () => {
        const stored = await this.stored(Date.now());
        const ups = stored.filter(({ labels }) => labels['__name__'] === 'up');
        const targets = [...Map.groupBy(ups, ({ series }) => series).values()].map((samples) =>
          samples.filter(({ value }) => value === 0).map(({ timestampMs }) => timestampMs),
        );
        const isEnough = targets.length > 0 && targets.every((times) => times.length > count);
        return isEnough && Math.min(...targets.map((times) => times.sort((a, b) => a - b).at(-2)!));
      },
      { what: `${count} failed scrapes` },
    );
  }

  /** Its own metrics, as text. */
  async metrics(): Promise<string> {
    return (await call(`${this.#url}/metrics`)).text;
  }

  /** A metric about the remote_write queue, whatever the labels; there is one queue only. */
  async queueMetric(name: string): Promise<number> {
    const text = await this.metrics();
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
