/** A soak: an adapter under honest load for a long time while everything around it goes wrong, and what it holds. */

import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '../../e2e/hostile-bodies.ts';
import { metricValue, type RunningAdapter, startAdapter } from '../../support/adapter.ts';
import { eventually } from '../../support/eventually.ts';
import { startFaultCluster } from '../../support/fault-cluster.ts';
import type { TestHooks } from '../../support/process.ts';
import { Faults } from './faults.ts';
import { type Growth, growthOf } from './growth.ts';
import { Keys } from './keys.ts';
import { type Presence, presenceOf } from './presence.ts';
import { type Holding, MARK } from './probe.ts';
import { type Secure, secureCall } from './secure-call.ts';
import { Senders } from './senders.ts';

const SENDERS = 6;
const MIB = 1024 * 1024;
const probe = fileURLToPath(new URL('./probe.ts', import.meta.url));
const FLAGS = ['--http.headers-timeout=5s', '--connection.overload-high=0', '--kafka.produce-timeout=10s'];

export interface SoakPlan {
  readonly seconds: number;
  /** Not measured at its beginning: caches fill, code is compiled. */
  readonly warmUpSeconds: number;
  readonly everySeconds: number;
  readonly seed: number;
  /** Milliseconds by which the excess delay may grow. */
  readonly mostDelayMs: number;
  /** Told of each measurement. */
  readonly onMoment?: (moment: Moment) => void;
}

export interface Moment extends Omit<Holding, 'handles'> {
  readonly seconds: number;
  /** Sockets, timers and so on, all kinds together. */
  readonly handles: number;
  readonly descriptors: number;
  readonly connections: number;
  readonly unreadBytes: number;
  readonly inflightBytes: number;
  readonly queueBytes: number;
  readonly acknowledged: number;
  /** Milliseconds of the delay that this process does not have: what else the machine does delays both. */
  readonly excessDelayMs: number;
}

export interface SoakReport {
  readonly moments: readonly Moment[];
  readonly growth: readonly Growth[];
  readonly presence: Presence;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly faultCounts: Readonly<Record<string, number>>;
  /** What should not have been; empty when all is well. */
  readonly faults: readonly string[];
}

/** What may be more at the end than at the beginning. */
const MOST: Readonly<Partial<Record<keyof Moment, number>>> = {
  heap: 4 * MIB,
  external: 12 * MIB,
  rss: 48 * MIB,
  handles: 25,
  descriptors: 25,
  connections: 15,
  unreadBytes: 16 * 1024,
  inflightBytes: 16 * 1024,
};

export async function soak(hooks: TestHooks, plan: SoakPlan): Promise<SoakReport> {
  const cluster = await startFaultCluster();
  hooks.after(() => cluster.close());
  const topic = await cluster.topic();
  const keys = new Keys(hooks);
  const adapter = await startAdapter(hooks, {
    brokers: cluster.brokers,
    topic,
    flags: [...FLAGS, `--web.config-file=${keys.webFile}`, `--config.file=${keys.configFile}`],
    environment: { NODE_OPTIONS: `--expose-gc --import=${probe}` },
  });
  keys.port = adapter.port;
  const secure = (): Secure => ({ port: adapter.port, ca: keys.ca, authorization: keys.authorization });
  const isReady = async (): Promise<boolean> =>
    (await secureCall(secure(), { path: '/-/ready' })).status === 200;
  await eventually(isReady, { what: 'the adapter is ready' });
  const senders = new Senders({ count: SENDERS, secure });
  const faults = new Faults({
    cluster,
    topic,
    secure,
    keys,
    configFile: keys.configFile,
    random: seededRandom(plan.seed),
    hangUp: () => adapter.process.signal('SIGHUP'),
  });
  const moments = await watch({ adapter, secure, senders }, plan);
  await faults.leave();
  await senders.leave();
  await cluster.waitWhole(topic);
  const presence = await presenceOf(senders, { brokers: cluster.brokers, topic });
  const measured = moments.filter(({ seconds }) => seconds >= plan.warmUpSeconds);
  const growth = Object.entries({ ...MOST, excessDelayMs: plan.mostDelayMs }).map(([name, most]) =>
    growthOf(
      name,
      measured.map((moment) => moment[name as keyof Moment]),
      most,
    ),
  );
  return {
    moments,
    growth,
    presence,
    outcomes: senders.outcomes,
    faultCounts: faults.counts,
    faults: [
      ...senders.faults,
      ...faults.faults,
      ...growth.filter(({ growth: by, most }) => by > most).map(grown),
      ...(presence.missing > 0 ? [`${presence.missing} acknowledged samples are missing`] : []),
      ...(await endOf(adapter)),
    ],
  };
}

interface Watched {
  readonly adapter: RunningAdapter;
  readonly secure: () => Secure;
  readonly senders: Senders;
}

async function watch({ adapter, secure, senders }: Watched, plan: SoakPlan): Promise<Moment[]> {
  const moments: Moment[] = [];
  const begunMs = performance.now();
  const own = monitorEventLoopDelay({ resolution: 10 });
  own.enable();
  const elapsed = (): number => (performance.now() - begunMs) / 1000;
  while (elapsed() < plan.seconds) {
    await pause(plan.everySeconds * 1000);
    const holding = await holdingOf(adapter, moments.length);
    const { text } = await secureCall(secure(), { path: '/metrics' });
    const figure = (line: string): number => metricValue(text, `kafka_adapter_${line}`) ?? 0;
    const moment = {
      ...holding,
      handles: Object.values(holding.handles).reduce((sum, count) => sum + count, 0),
      seconds: elapsed(),
      descriptors: readdirSync(`/proc/${adapter.process.pid}/fd`).length,
      connections: figure('connections') + figure('probe_connections'),
      unreadBytes: figure('http_unread_bytes'),
      inflightBytes: figure('http_inflight_bytes'),
      queueBytes: figure('kafka_queue_bytes'),
      acknowledged: senders.total,
      excessDelayMs: Math.max(0, holding.delayP99Ms - own.percentile(99) / 1e6),
    };
    own.reset();
    moments.push(moment);
    plan.onMoment?.(moment);
  }
  own.disable();
  return moments;
}

/** Asks the probe; `before` times it was asked already. */
async function holdingOf({ process: started }: RunningAdapter, before: number): Promise<Holding> {
  started.signal('SIGUSR2');
  const line = await eventually(() => started.stderr.split(`\n${MARK}`)[before + 1], {
    what: 'the probe answers',
  });
  return JSON.parse(line.split('\n', 1)[0]!) as Holding;
}

/** It ends in order, and has complained of nothing but the configurations that were meant to be refused. */
async function endOf(adapter: RunningAdapter): Promise<string[]> {
  const complaints = adapter
    .logged('error')
    .filter(
      ({ msg }) => !/^(configuration not reloaded|a file has changed and cannot be used)/.test(String(msg)),
    )
    .map((entry) => JSON.stringify(entry));
  const { code, signal } = await adapter.process.stop();
  const last = adapter.process.stderr.trimEnd().split('\n').slice(-5).join(' ');
  return code === 0 ? complaints : [...complaints, `it ended with ${code ?? signal}: ${last}`];
}

function grown({ name, first, last, growth, most }: Growth): string {
  return `${name} grew by ${Math.round(growth)} (from ${Math.round(first)} to ${Math.round(last)}), more than ${most}`;
}
