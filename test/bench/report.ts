/** Shows the results as tables. */

import type { CorpusKind } from './corpus.ts';
import type { FuzzFigures } from './fuzz-run.ts';
import type { Figures } from './measure.ts';
import type { StageFigures } from './micro.ts';
import type { Result } from './scenarios.ts';
import type { SizeFigures } from './sizes.ts';
import { soakText } from './soak/text.ts';

/** How the head of a column tells what the requests hold. */
const KINDS: Readonly<Record<CorpusKind, string>> = { v1: '', v2: ' 2.0', histograms: ' histograms' };

type Row = readonly [name: string, show: (figures: Figures, result: Result) => string];

/** One line of the table of a load each; figures that are not known are shown as a dash. */
const ROWS: readonly Row[] = [
  ['pace', ({ requestsPerSecond: rate }) => (rate === undefined ? 'when answered' : `${rate.toFixed(1)}/s`)],
  ['samples per CPU-second', (run) => whole(run.samplesPerCpuSecond)],
  [
    '  ratio to snappyjs alone',
    (run, { snappyjs }) => decimals(run.samplesPerCpuSecond / snappyjs!.median, 3),
  ],
  ['  ratio to the first column', (run, { runs }) => decimals(ratioToFirst(run, runs), 3)],
  ['requests per CPU-second', (run) => whole(run.requestsPerCpuSecond)],
  ['acknowledged samples/s', (run) => whole(run.load.acknowledgedSamples / run.load.seconds)],
  ['acknowledged requests/s', (run) => decimals(run.load.acknowledgedRequests / run.load.seconds, 1)],
  ['answer p50, ms', (run) => decimals(run.load.answerMs.p50, 2)],
  ['answer p99, ms', (run) => decimals(run.load.answerMs.p99, 2)],
  ['answer p99.9, ms', ({ load }) => decimals(rarest(load), 2)],
  ['answer longest, ms', (run) => decimals(run.load.answerMs.max, 2)],
  ['peak RSS, MB', (run) => decimals(run.memory.peakBytes / 1e6, 1)],
  ['RSS at the end, MB', (run) => decimals(run.memory.residentBytes / 1e6, 1)],
  ['garbage collection, % of CPU', (run) => decimals(times100(run.collectorShare), 1)],
  ['CPU-seconds', (run) => decimals(run.cpuSeconds, 2)],
  ['in seconds', (run) => decimals(run.seconds, 2)],
  ['CPU cores: target', (run) => decimals(run.cpuCores, 2)],
  ['CPU cores: load generator', (run) => decimals(run.load.cpuSeconds / run.load.seconds, 2)],
  ['CPU cores: broker', (run) => decimals(over(run.brokerCpuSeconds, run.seconds), 2)],
  ['acknowledged samples', (run) => whole(run.load.acknowledgedSamples)],
  ['arrived records', (run) => whole(run.arrivedRecords)],
  ['lost', (run) => whole(lostSamples(run))],
  ['requests by outcome', (run) => outcomes(run.load.outcomes)],
];

/** Samples acknowledged and not in the topic; undefined when the topic is not known. */
export function lostSamples({ load, arrivedRecords }: Figures): number | undefined {
  return arrivedRecords === undefined ? undefined : Math.max(0, load.acknowledgedSamples - arrivedRecords);
}

function ratioToFirst(run: Figures, [first]: readonly Figures[] = []): number | undefined {
  return first === undefined || first === run
    ? undefined
    : run.samplesPerCpuSecond / first.samplesPerCpuSecond;
}

/** One in a thousand says nothing when there were fewer. */
function rarest({ answerMs, acknowledgedRequests }: Figures['load']): number | undefined {
  return acknowledgedRequests < 1000 ? undefined : answerMs.p999;
}

export function resultText(result: Result): string {
  // Shown line by line already.
  if (result.fleet) return '';
  const title = `== ${result.scenario}\n`;
  if (result.stages) return title + stageTable(result.stages);
  if (result.soak) return title + soakText(result.soak);
  if (result.fuzz) return title + fuzzTable(result.fuzz);
  if (result.sizes) return title + sizeTables(result.sizes);
  if (result.hostile)
    return title + result.hostile.flatMap(({ faults }) => faults.map((fault) => `${fault}\n`)).join('');
  const { runs, snappyjs } = result;
  if (!runs || !snappyjs) return title;
  const heads = runs.map(
    (run) => `${run.target}${KINDS[run.kind]}, ${run.connections} x ${run.samplesPerRequest}`,
  );
  const rows = ROWS.map(([name, show]) => [name, ...runs.map((run) => show(run, result))]);
  const yardstick =
    `snappyjs alone: ${whole(snappyjs.median)} samples per CPU-second ` +
    `(${whole(snappyjs.least)} to ${whole(snappyjs.most)})\n`;
  return title + table([['connections x samples', ...heads], ...rows]) + yardstick;
}

function stageTable(stages: readonly StageFigures[]): string {
  const rows = stages.map((one) => [
    one.stage,
    decimals(one.ownNs, 0),
    decimals(one.totalNs, 0),
    decimals(one.bestNs, 0),
    whole(one.samplesPerCpuSecond),
  ]);
  return table([['ns of CPU a sample', 'itself', 'with those before', 'best', 'samples/CPU-s'], ...rows]);
}

/** A table each for full batches, for batches of one request, and for the cost: formats down, compressions across. */
function sizeTables(sizes: readonly SizeFigures[]): string {
  const compressions = [...new Set(sizes.map(({ compression }) => compression))];
  const byFormat = Object.entries(Object.groupBy(sizes, ({ format }) => format));
  const tableOf = (head: string, figure: (one: SizeFigures) => number): string =>
    table([
      [head, ...compressions],
      ...byFormat.map(([format, ones = []]) => [format, ...ones.map((one) => decimals(figure(one), 0))]),
    ]);
  return [
    tableOf('bytes a sample, full batches', (one) => one.fullBytes),
    tableOf('bytes a sample, a batch a request', (one) => one.requestBytes),
    tableOf('ns of CPU a sample to compress', (one) => one.compressNs),
  ].join('\n');
}

function fuzzTable(figures: FuzzFigures): string {
  const { requests, seconds, records, verdicts, dropped, longestCpuMs, memory, faults } = figures;
  const byCount = (counts: Readonly<Record<string, number>>): [string, string][] =>
    Object.entries(counts)
      .sort(([, a], [, b]) => b - a)
      .map(([name, count]) => [`  ${name}`, whole(count)]);
  const rows = table([
    ['requests', whole(requests)],
    ...byCount(verdicts),
    ['left out, by reason', ''],
    ...byCount(dropped),
    ['records', whole(records)],
    ['in seconds', decimals(seconds, 0)],
    ['longest request, ms of CPU', decimals(longestCpuMs, 0)],
    ['peak RSS, MB', decimals(memory.peakResidentBytes / 1e6, 1)],
    ['retained at first, MB', decimals(memory.retainedAtFirst / 1e6, 1)],
    ['retained at the end, MB', decimals(memory.retainedBytes / 1e6, 1)],
    ['faults', whole(faults.length)],
  ]);
  return rows + faults.map((fault) => `${fault}\n`).join('');
}

/** The first column to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return rows.map((row) => `${line(row)}\n`).join('');
}

function outcomes(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([outcome, count]) => `${outcome}: ${count}`)
    .join(', ');
}

function whole(value: number | undefined): string {
  return value === undefined ? '-' : Math.round(value).toLocaleString('en').replaceAll(',', ' ');
}

function decimals(value: number | undefined, digits: number): string {
  return value === undefined ? '-' : value.toFixed(digits);
}

function times100(value: number | undefined): number | undefined {
  return value === undefined ? undefined : value * 100;
}

function over(value: number | undefined, by: number): number | undefined {
  return value === undefined ? undefined : value / by;
}
