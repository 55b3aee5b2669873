/** The diagnosis as text for people and as JSON for programs. */

import { wrap } from '../lib/wrap.ts';
import { EXPERIMENTS, type Experiment, type ReplicaFacts } from './facts.ts';
import type { Finding } from './finding.ts';
import type { Diagnosis } from './findings.ts';
import type { Observations } from './observe.ts';
import type { Level } from './table.ts';

export interface Examined {
  readonly url: string;
  readonly expect: number | undefined;
  readonly observed: Observations;
  readonly diagnosis: Diagnosis;
}

/** Puts the colour of a level on a text, or nothing at all. */
export type Paint = (level: Level, text: string) => string;

const LABELS: Readonly<Record<Level, string>> = { ok: 'ok', note: 'note', problem: 'PROBLEM' };
const LABEL_WIDTH = 9;
const INDENT = ' '.repeat(2 + LABEL_WIDTH);

const COLUMNS: Readonly<Record<Experiment, string>> = {
  kept: 'one connection',
  fresh: 'new connections',
  sources: 'other addresses',
  held: 'held connections',
};

export function textReport({ url, expect, observed, diagnosis }: Examined, paint: Paint): string {
  const { facts, findings } = diagnosis;
  const count = facts.replicas.length;
  const replicas = `${count} ${count === 1 ? 'replica' : 'replicas'} seen`;
  const expected = expect === undefined ? '' : `, ${expect} expected`;
  const problems = findings.filter(({ level }) => level === 'problem').map(({ code }) => code);
  const verdict =
    problems.length === 0
      ? paint('ok', 'healthy')
      : paint(
          'problem',
          `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}: ${problems.join(', ')}`,
        );
  return [
    `${url} (${observed.address} port ${observed.port}): ${replicas}${expected}`,
    '',
    ...replicaTable(facts.replicas),
    '',
    ...findings.map((finding) => findingText(finding, paint)),
    '',
    verdict,
    '',
  ].join('\n');
}

/** Requests answered by each replica in each experiment. */
function replicaTable(replicas: readonly ReplicaFacts[]): string[] {
  const shown = EXPERIMENTS.filter((name) => replicas.some(({ answers }) => answers[name] > 0));
  const rows = [
    ['requests answered by', 'version', ...shown.map((name) => COLUMNS[name])],
    ...replicas.map(({ name, version, answers }) => [
      name,
      version,
      ...shown.map((experiment) => String(answers[experiment] || '-')),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => {
    // Names to the left, figures to the right.
    const cells = row.map((cell, column) =>
      column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
    );
    return `  ${cells.join('  ')}`.trimEnd();
  });
}

function findingText({ level, meaning, seen, advice }: Finding, paint: Paint): string {
  const [first, ...rest] = wrap(meaning, INDENT).split('\n');
  const label = paint(level, LABELS[level]) + ' '.repeat(LABEL_WIDTH - LABELS[level].length);
  const changes = advice.map((text) => wrap(text, `${INDENT}   `).replace(/^ +/, `${INDENT}-> `));
  return [
    `  ${label}${first!.trimStart()}`,
    ...rest,
    ...(seen === '' ? [] : [wrap(seen, INDENT)]),
    ...changes,
  ].join('\n');
}

/** When nothing answers as a replica does: in the form of any other, with the reason in the place of what was seen. */
export function jsonUnreached(url: string, expect: number | undefined, problem: string): string {
  return `${JSON.stringify({ url, expect, healthy: false, problem, findings: [] }, null, 2)}\n`;
}

export function jsonReport({ url, expect, observed, diagnosis }: Examined): string {
  const { isHealthy, findings, facts } = diagnosis;
  return `${JSON.stringify({ url, expect, healthy: isHealthy, findings, ...facts, observations: observed }, null, 2)}\n`;
}
