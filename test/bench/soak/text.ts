/** A soak as text: a line each measurement, and the verdict at its end. */

import type { Growth } from './growth.ts';
import type { Moment, SoakReport } from './soak.ts';

type Column = readonly [name: string, show: (moment: Moment) => string];

const MIB = 1024 * 1024;
const mebibytes = (bytes: number): string => (bytes / MIB).toFixed(1);

const COLUMNS: readonly Column[] = [
  ['s', ({ seconds }) => seconds.toFixed(0)],
  ['acknowledged', ({ acknowledged }) => String(acknowledged)],
  ['heap MiB', ({ heap }) => mebibytes(heap)],
  ['external MiB', ({ external }) => mebibytes(external)],
  ['RSS MiB', ({ rss }) => mebibytes(rss)],
  ['queue MiB', ({ queueBytes }) => mebibytes(queueBytes)],
  ['handles', ({ handles }) => String(handles)],
  ['descriptors', ({ descriptors }) => String(descriptors)],
  ['connections', ({ connections }) => String(connections)],
  ['delay p99 ms', ({ delayP99Ms }) => delayP99Ms.toFixed(0)],
  ['max ms', ({ delayMaxMs }) => delayMaxMs.toFixed(0)],
  ['excess p99', ({ excessDelayMs }) => excessDelayMs.toFixed(0)],
];

const WIDTH = 13;
const line = (cells: readonly string[]): string => cells.map((cell) => cell.padStart(WIDTH)).join('');

export function momentHead(): string {
  return line(COLUMNS.map(([name]) => name));
}

export function momentLine(moment: Moment): string {
  return line(COLUMNS.map(([, show]) => show(moment)));
}

export function soakText({ growth, presence, outcomes, faultCounts, faults }: SoakReport): string {
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  const { records, samples, missing, repeated } = presence;
  return [
    line(['', 'first third', 'last third', 'growth', 'most']),
    ...growth.map(growthLine),
    `answers to senders: ${list(outcomes)}`,
    `went wrong: ${list(faultCounts)}`,
    `${samples} samples acknowledged, ${missing} of them missing, ${repeated} there more than once; ${records} records in all`,
    faults.length === 0
      ? 'nothing grew, nothing is lost'
      : faults.map((fault) => `FAULT ${fault}`).join('\n'),
    '',
  ].join('\n');
}

function growthLine({ name, first, last, growth, most }: Growth): string {
  const isBytes = ['heap', 'external', 'rss'].includes(name);
  const show = (value: number): string => (isBytes ? `${mebibytes(value)} MiB` : value.toFixed(1));
  return line([name, ...[first, last, growth, most].map(show)]);
}
