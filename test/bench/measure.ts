/** One measurement: warm-up, the load, the wait until everything has arrived, and the figures of it all. */

import { availableParallelism } from 'node:os';
import { CleanUps } from './clean-ups.ts';
import type { CorpusKind } from './corpus.ts';
import { startGenerator } from './load-generator.ts';
import type { LoadPlan, LoadReport } from './load-plan.ts';
import { cpuSeconds, type MemoryUsage, memoryUsage } from './process-usage.ts';
import { collectorSeconds, type Target } from './target.ts';
import { TopicCounter } from './topic.ts';

export interface MeasureSettings {
  readonly seconds: number;
  readonly warmupSeconds: number;
  /** Requests by the clock; else as many as are answered. */
  readonly requestsPerSecond?: number;
  readonly load: Omit<LoadPlan, 'url'>;
  /** The broker's process, when it is ours. */
  readonly brokerPid?: number | undefined;
}

export interface Figures {
  readonly target: string;
  readonly connections: number;
  readonly samplesPerRequest: number;
  /** What the requests hold. */
  readonly kind: CorpusKind;
  /** Of a load by the clock. */
  readonly requestsPerSecond?: number;
  readonly load: LoadReport;
  /** Records that came into the topic; undefined when the topic is not known. */
  readonly arrivedRecords?: number | undefined;
  /** From the first request until the last answer, or until the last record came, whichever was later. */
  readonly seconds: number;
  /** Of the target, in that time. */
  readonly cpuSeconds: number;
  readonly cpuCores: number;
  readonly brokerCpuSeconds?: number | undefined;
  readonly samplesPerSecond: number;
  readonly samplesPerCpuSecond: number;
  readonly requestsPerCpuSecond: number;
  /** Share of the CPU time; undefined when the target does not tell. */
  readonly collectorShare?: number | undefined;
  readonly memory: MemoryUsage;
}

/** Usage at one moment. */
interface Reading {
  readonly atMs: number;
  readonly cpuSeconds: number;
  readonly brokerCpuSeconds: number | undefined;
}

export async function measure(target: Target, settings: MeasureSettings): Promise<Figures> {
  const cleanUps = new CleanUps();
  try {
    const generator = await startGenerator(cleanUps, { ...settings.load, url: target.url });
    const counter = target.kafka && (await TopicCounter.open(cleanUps, target.kafka));
    const { requestsPerSecond } = settings;
    const pace = requestsPerSecond === undefined ? {} : { requestsPerSecond };
    const read = (): Reading => ({
      atMs: performance.now(),
      cpuSeconds: cpuSeconds(target.pid),
      brokerCpuSeconds: settings.brokerPid === undefined ? undefined : cpuSeconds(settings.brokerPid),
    });
    await generator.run({ seconds: settings.warmupSeconds, ...pace });
    // What the warm-up left behind must not be paid for by the measured load.
    const writtenBefore = await counter?.settle();
    const collectorBefore = await collectorSeconds(target);
    const before = read();
    const load = await generator.run({ seconds: settings.seconds, ...pace });
    let after = read();
    const memory = memoryUsage(target.pid);
    const writtenAfter = await counter?.settle(() => {
      after = read();
    });
    const collectorAfter = await collectorSeconds(target);
    const arrivedRecords = writtenAfter === undefined ? undefined : writtenAfter - writtenBefore!;
    return figuresOf(
      { target: target.name, load, memory, arrivedRecords, ...shapeOf(settings) },
      { before, after, collectorSeconds: difference(collectorBefore, collectorAfter) },
    );
  } finally {
    await cleanUps.run();
  }
}

type Shape = Pick<Figures, 'connections' | 'samplesPerRequest' | 'kind' | 'requestsPerSecond'>;

function shapeOf({ load, requestsPerSecond }: MeasureSettings): Shape {
  return {
    connections: load.connections,
    samplesPerRequest: load.corpus.samplesPerRequest,
    kind: load.corpus.kind ?? 'v1',
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
  };
}

type Measured = Shape & Pick<Figures, 'target' | 'load' | 'memory' | 'arrivedRecords'>;

interface Window {
  readonly before: Reading;
  readonly after: Reading;
  readonly collectorSeconds: number | undefined;
}

/** A sample counts when it was acknowledged and, where that can be told, has arrived. */
function figuresOf(measured: Measured, { before, after, collectorSeconds }: Window): Figures {
  const { load, arrivedRecords } = measured;
  const cpu = after.cpuSeconds - before.cpuSeconds;
  const seconds = (after.atMs - before.atMs) / 1000;
  // A tick of the kernel's accounting at both ends.
  if (cpu > seconds * availableParallelism() + 0.02)
    throw new Error(`${cpu} CPU-seconds in ${seconds} s cannot be`);
  const samples = Math.min(load.acknowledgedSamples, arrivedRecords ?? load.acknowledgedSamples);
  return {
    ...measured,
    seconds,
    cpuSeconds: cpu,
    cpuCores: cpu / seconds,
    brokerCpuSeconds: difference(before.brokerCpuSeconds, after.brokerCpuSeconds),
    samplesPerSecond: samples / seconds,
    samplesPerCpuSecond: samples / cpu,
    requestsPerCpuSecond: samples / measured.samplesPerRequest / cpu,
    collectorShare: collectorSeconds === undefined ? undefined : collectorSeconds / cpu,
  };
}

function difference(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined ? undefined : after - before;
}
