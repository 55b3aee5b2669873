/** What is loaded: the adapter, started for the run, or a process that runs already. */

import { fileURLToPath } from 'node:url';
import { eventually } from '../support/eventually.ts';
import { startProcess, type TestHooks, type TestProcess } from '../support/process.ts';

const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** The format with records of more than one sample. */
const MANY_SAMPLES = 'remote-write';

export interface Target {
  readonly name: string;
  /** Its write endpoint. */
  readonly url: string;
  readonly pid: number;
  /** Where its records go, when that is known. */
  readonly kafka?: { readonly brokers: string; readonly topic: string };
}

export interface AdapterSettings {
  readonly brokers: string;
  readonly topic: string;
  /** Empty: the flag is not given. */
  readonly compression: string;
  readonly format: string;
  readonly flags: readonly string[];
  /** Another program than the adapter of this project. */
  readonly program?: string | undefined;
}

/** The adapter with what a deployment would set, on a free port, connected to Kafka. */
export async function startAdapter(
  hooks: TestHooks,
  settings: AdapterSettings,
): Promise<{ target: Target; process: TestProcess }> {
  const { brokers, topic, compression, format } = settings;
  const started = startProcess(hooks, {
    args: [
      settings.program ?? program,
      '--http.listen-address=127.0.0.1:0',
      '--shutdown.drain-delay=0s',
      '--log.format=json',
      `--record.format=${format}`,
      `--kafka.brokers=${brokers}`,
      `--kafka.topic=${topic}`,
      ...(compression ? [`--kafka.compression=${compression}`] : []),
      ...settings.flags,
    ],
  });
  const [line] = await started.waitFor(/^\{.*"msg":"listening".*\}$/m);
  const { port } = JSON.parse(line) as { port: number };
  const base = `http://127.0.0.1:${port}`;
  await eventually(async () => (await get(`${base}/-/ready`)).ok, { what: `${base}/-/ready is 200` });
  const target = {
    name: 'adapter',
    url: `${base}/api/v1/write`,
    pid: started.pid,
    // A record of this format holds many samples, so counting records tells nothing.
    ...(format === MANY_SAMPLES ? {} : { kafka: { brokers, topic } }),
  };
  return { target, process: started };
}

/** Seconds of garbage collection so far, when the target is a Node that tells. */
export async function collectorSeconds(target: Target): Promise<number | undefined> {
  const response = await get(new URL('/metrics', target.url).href).catch(() => undefined);
  if (!response?.ok) return undefined;
  const lines = (await response.text()).matchAll(/^nodejs_gc_duration_seconds_sum\{[^}]*\} (\S+)/gm);
  const seconds = [...lines].map(([, value]) => Number(value));
  return seconds.length === 0 ? undefined : seconds.reduce((sum, value) => sum + value, 0);
}

/** A connection of its own each time: one kept open would be one more than the load has. */
function get(url: string): Promise<Response> {
  return fetch(url, { headers: { connection: 'close' }, signal: AbortSignal.timeout(10_000) });
}
