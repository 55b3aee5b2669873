/** What each scenario measures, and on whom. */

import { setTimeout as pause } from 'node:timers/promises';
import type { KafkaNode } from '../../deploy/local/kafka.ts';
import { createTopic, startKafka, uniqueTopic } from '../support/kafka.ts';
import type { CleanUps } from './clean-ups.ts';
import { CORPUS_KINDS, type CorpusOptions } from './corpus.ts';
import type { SceneFigures } from './fleet/summary.ts';
import { simulateFleets } from './fleet/table.ts';
import { type FuzzFigures, runFuzzProcess } from './fuzz-run.ts';
import { HOSTILE_FLAGS, type HostileFigures, hostile, hostileHead, hostileLine } from './hostile/hostile.ts';
import { type Figures, type MeasureSettings, measure } from './measure.ts';
import { runMicro, type StageFigures } from './micro.ts';
import { type BenchOptions, numberOf, type Scenario } from './options.ts';
import { median } from './quantiles.ts';
import { roundsOf } from './rounds.ts';
import type { SizeFigures } from './sizes.ts';
import { type SoakReport, soak } from './soak/soak.ts';
import { momentHead, momentLine } from './soak/text.ts';
import { startAdapter, type Target } from './target.ts';

/** A broker that is not the bottleneck, and that does not fill the disk. */
const JAVA_FLAGS = ['-Xms1g', '-Xmx1g', '-XX:+UseG1GC'];
const BROKER_SETTINGS = { 'log.retention.check.interval.ms': '5000', 'log.segment.delete.delay.ms': '1000' };

/** What differs from large requests over a few connections. */
const PRESETS: Readonly<Partial<Record<Scenario, { connections: number; samples: number; bodies: number }>>> =
  {
    small: { connections: 50, samples: 10, bodies: 2000 },
    hostile: { connections: 20, samples: 500, bodies: 64 },
  };
const LARGE = { connections: 8, samples: 2000, bodies: 64 };

export interface Result {
  readonly scenario: Scenario;
  readonly runs?: readonly Figures[];
  /** snappyjs alone, samples per CPU-second, before and after the load: the median, and the range. */
  readonly snappyjs?: { readonly median: number; readonly least: number; readonly most: number };
  readonly stages?: readonly StageFigures[];
  readonly fuzz?: FuzzFigures;
  readonly fleet?: readonly SceneFigures[];
  readonly sizes?: readonly SizeFigures[];
  readonly soak?: SoakReport;
  readonly hostile?: readonly HostileFigures[];
}

export class Bench {
  readonly #options: BenchOptions;
  readonly #cleanUps: CleanUps;
  #kafka: KafkaNode | undefined;

  constructor(options: BenchOptions, cleanUps: CleanUps) {
    this.#options = options;
    this.#cleanUps = cleanUps;
  }

  async run(scenario: Scenario): Promise<Result> {
    if (scenario === 'kafka') return this.#serveKafka();
    if (scenario === 'fleet') return { scenario, fleet: this.#simulate() };
    if (scenario === 'soak') return { scenario, soak: await this.#soak() };
    if (scenario === 'hostile') return { scenario, hostile: await this.#hostile() };
    if (scenario === 'fuzz') return { scenario, fuzz: await this.#fuzz() };
    const { corpus, connections } = this.#load(scenario);
    if (scenario === 'sizes') {
      // Loaded here only, as the stages are.
      const { measureSizes } = await import('./sizes.ts');
      return { scenario, sizes: await measureSizes(corpus, numberOf(this.#options, 'partitions', 6)) };
    }
    const rounds = numberOf(this.#options, 'rounds', 7);
    if (scenario === 'micro') {
      return { scenario, stages: await runMicro(this.#cleanUps, { corpus, rounds }, this.#options.stages) };
    }
    const yardstick = () => roundsOf(this.#cleanUps, 'snappyjs-process.ts', { corpus, rounds });
    const nsBefore = await yardstick();
    const runs: Figures[] = [];
    for (const kind of scenario === 'versions' ? CORPUS_KINDS : (['v1'] as const)) {
      const settings: MeasureSettings = {
        seconds: numberOf(this.#options, 'seconds', 20),
        warmupSeconds: numberOf(this.#options, 'warmup', 5),
        load: { connections, corpus: { ...corpus, kind } },
      };
      await this.#eachTarget(async (target) => {
        runs.push(...(await this.#measure(scenario, target, settings)));
      });
    }
    const rates = [...nsBefore, ...(await yardstick())].map((ns) => 1e9 / ns);
    const snappyjs = { median: median(rates), least: Math.min(...rates), most: Math.max(...rates) };
    return { scenario, runs, snappyjs };
  }

  /** Shows each scene as it is done: all of them take minutes. */
  #simulate(): SceneFigures[] {
    const runs = numberOf(this.#options, 'rounds', 30);
    return simulateFleets(runs, (line) => process.stdout.write(`${line}\n`));
  }

  #fuzz(): Promise<FuzzFigures> {
    const seconds = numberOf(this.#options, 'seconds', Number.MAX_SAFE_INTEGER);
    return runFuzzProcess(this.#cleanUps, {
      seed: numberOf(this.#options, 'seed', 1),
      first: numberOf(this.#options, 'first', 1),
      requests: numberOf(this.#options, 'requests', 1_000_000),
      seconds,
    });
  }

  /** Shows each measurement as it is made. */
  #soak(): Promise<SoakReport> {
    process.stdout.write(`${momentHead()}\n`);
    return soak(this.#cleanUps, {
      seconds: numberOf(this.#options, 'minutes', 30) * 60,
      warmUpSeconds: 60,
      everySeconds: 10,
      seed: numberOf(this.#options, 'seed', 1),
      mostDelayMs: 60,
      onMoment: (moment) => process.stdout.write(`${momentLine(moment)}\n`),
    });
  }

  /** Shows each attack as it is over. */
  async #hostile(): Promise<readonly HostileFigures[]> {
    process.stdout.write(`${hostileHead()}\n`);
    let figures: readonly HostileFigures[] = [];
    await this.#withAdapter(async (target) => {
      figures = await hostile(this.#cleanUps, target, {
        seconds: numberOf(this.#options, 'seconds', 20),
        warmupSeconds: numberOf(this.#options, 'warmup', 5),
        requestsPerSecond: numberOf(this.#options, 'rate', 100),
        pauseMs: this.#options.texts.pause === undefined ? 0 : numberOf(this.#options, 'pause', 0),
        load: this.#load('hostile'),
        only: this.#options.attacks,
        onFigures: (one) => process.stdout.write(`${hostileLine(one)}\n`),
      });
    }, HOSTILE_FLAGS);
    return figures;
  }

  #load(scenario: Scenario): { corpus: CorpusOptions; connections: number } {
    const preset = PRESETS[scenario] ?? LARGE;
    return {
      connections: numberOf(this.#options, 'connections', preset.connections),
      corpus: {
        bodies: numberOf(this.#options, 'bodies', preset.bodies),
        samplesPerRequest: numberOf(this.#options, 'samples', preset.samples),
        seed: numberOf(this.#options, 'seed', 1),
      },
    };
  }

  /** One after the other, never two at once. */
  async #eachTarget(work: (target: Target) => Promise<void>): Promise<void> {
    const { texts, isComparing } = this.#options;
    if (!texts.target || isComparing) await this.#withAdapter(work);
    if (!texts.target) return;
    const { brokers, topic } = texts;
    await work({
      name: 'target',
      url: texts.target,
      pid: numberOf(this.#options, 'pid', 0),
      ...(brokers && topic ? { kafka: { brokers, topic } } : {}),
    });
  }

  async #withAdapter(
    work: (target: Target) => Promise<void>,
    ownFlags: readonly string[] = [],
  ): Promise<void> {
    const { texts, flags } = this.#options;
    const brokers = texts.brokers ?? (await this.#ownKafka()).brokers;
    const topic = await createTopic(brokers, {
      name: uniqueTopic('bench'),
      partitions: numberOf(this.#options, 'partitions', 6),
      replicas: numberOf(this.#options, 'replicas', 1),
      settings: { 'retention.bytes': String(128 * 1024 * 1024), 'segment.bytes': String(64 * 1024 * 1024) },
    });
    const started = await startAdapter(this.#cleanUps, {
      brokers,
      topic,
      compression: texts.compression ?? 'none',
      format: texts.format ?? 'json',
      flags: [...ownFlags, ...flags],
      program: texts.adapter,
    });
    await work(started.target);
    await started.process.stop();
  }

  async #measure(scenario: Scenario, target: Target, settings: MeasureSettings): Promise<Figures[]> {
    const { texts } = this.#options;
    const brokerPid = texts['broker-pid'] ? numberOf(this.#options, 'broker-pid', 0) : this.#kafka?.pid;
    const withBroker = { ...settings, brokerPid };
    if (scenario !== 'latency') return [await measure(target, withBroker)];
    const full = texts.rate ? undefined : await measure(target, withBroker);
    const half = full && full.load.acknowledgedRequests / full.load.seconds / 2;
    const requestsPerSecond = numberOf(this.#options, 'rate', half ?? 0);
    const paced = await measure(target, { ...withBroker, requestsPerSecond });
    return full ? [full, paced] : [paced];
  }

  async #ownKafka(): Promise<KafkaNode> {
    if (this.#kafka) return this.#kafka;
    const node = await startKafka({ javaFlags: JAVA_FLAGS, properties: BROKER_SETTINGS });
    this.#cleanUps.after(() => node.close());
    this.#kafka = node;
    return node;
  }

  async #serveKafka(): Promise<Result> {
    const { brokers, pid } = await this.#ownKafka();
    process.stdout.write(`Kafka at ${brokers}, process ${pid}; Ctrl-C ends it\n`);
    for (;;) await pause(60_000);
  }
}
