/** A good sender by the clock, without and beside each attack: what it waits for its answers, and what is held. */

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestHooks } from '../../support/process.ts';
import { message, startGenerator } from '../load-generator.ts';
import type { LoadPlan, LoadReport } from '../load-plan.ts';
import { memoryUsage } from '../process-usage.ts';
import type { Target } from '../target.ts';
import type { AttackOrder, AttackPlan, AttackReport } from './attack-process.ts';
import { ATTACKS } from './attacks.ts';

const program = fileURLToPath(new URL('./attack-process.ts', import.meta.url));
const WHO = 'the process of the attackers';
/** Of the usual p99. */
const MOST_TIMES = 2;

/** Attackers fill the room that strangers have, and are ended while the bench still looks. */
export const HOSTILE_FLAGS = [
  '--connection.limit=11000',
  '--connection.overload-high=0',
  '--http.headers-timeout=2s',
  '--http.request-timeout=4s',
  '--http.min-body-rate=0',
] as const;

export interface HostilePlan {
  /** Of each measurement. */
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly requestsPerSecond: number;
  /** Of an attacker, between two turns. */
  readonly pauseMs: number;
  readonly load: Omit<LoadPlan, 'url'>;
  /** All when empty. */
  readonly only: readonly string[];
  readonly onFigures: (figures: HostileFigures) => void;
}

export interface HostileFigures {
  readonly attack: string;
  /** Of the good sender, milliseconds: the time just before, and beside the attack. */
  readonly usual: LoadReport['answerMs'];
  readonly beside: LoadReport['answerMs'];
  /** Of the attackers, by status or by the word for what broke. */
  readonly turns: AttackReport;
  /** Since the start of the process. */
  readonly peakBytes: number;
  readonly faults: readonly string[];
}

export async function hostile(
  hooks: TestHooks,
  target: Target,
  plan: HostilePlan,
): Promise<HostileFigures[]> {
  const generator = await startGenerator(hooks, { ...plan.load, url: target.url });
  const attackers = await startAttackers(hooks, target, plan.pauseMs);
  const { requestsPerSecond } = plan;
  const load = (seconds: number): Promise<LoadReport> => generator.run({ seconds, requestsPerSecond });
  await load(plan.warmupSeconds);
  const all: HostileFigures[] = [];
  for (const attack of plan.only.length > 0 ? plan.only : Object.keys(ATTACKS)) {
    const usual = await load(plan.seconds);
    attackers.begin(attack);
    const beside = await load(plan.seconds);
    const turns = await attackers.stop();
    const figures = {
      attack,
      usual: usual.answerMs,
      beside: beside.answerMs,
      turns,
      peakBytes: memoryUsage(target.pid).peakBytes,
      faults: faultsOf(attack, usual, beside),
    };
    all.push(figures);
    plan.onFigures(figures);
  }
  return all;
}

function faultsOf(attack: string, usual: LoadReport, beside: LoadReport): string[] {
  const faults = Object.entries(beside.outcomes)
    .filter(([outcome]) => outcome !== '204')
    .map(([outcome, count]) => `beside ${attack}: ${count} good requests got ${outcome}`);
  const [before, now] = [usual.answerMs.p99, beside.answerMs.p99];
  if (now <= MOST_TIMES * before) return faults;
  return [...faults, `beside ${attack}: p99 ${now.toFixed(1)} ms, usually ${before.toFixed(1)} ms`];
}

interface Attackers {
  begin(attack: string): void;
  stop(): Promise<AttackReport>;
}

/** In a process of their own, so that their work is not taken for the adapter's. */
async function startAttackers(hooks: TestHooks, { url }: Target, pauseMs: number): Promise<Attackers> {
  const { hostname: host, port } = new URL(url);
  const child = fork(program, [JSON.stringify({ host, port: Number(port), pauseMs } satisfies AttackPlan)]);
  hooks.after(() => child.kill('SIGKILL'));
  await message(child, WHO);
  const order = (attack: string | undefined): void => void child.send({ attack } satisfies AttackOrder);
  return {
    begin: order,
    stop: async () => {
      const told = message(child, WHO) as Promise<AttackReport>;
      order(undefined);
      return await told;
    },
  };
}

const WIDTHS = [32, 9, 9, 7, 9, 9, 9] as const;

function row(cells: readonly string[]): string {
  return cells
    .map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[i]!) : cell.padStart(WIDTHS[i] ?? 0)))
    .join(' ');
}

export function hostileHead(): string {
  return row([
    'good sender, ms; beside',
    'usual p99',
    'p99',
    'times',
    'p99.9',
    'longest',
    'peak MB',
    ' turns',
  ]);
}

export function hostileLine({ attack, usual, beside, turns, peakBytes }: HostileFigures): string {
  return row([
    attack,
    usual.p99.toFixed(1),
    beside.p99.toFixed(1),
    (beside.p99 / usual.p99).toFixed(2),
    beside.p999.toFixed(1),
    beside.max.toFixed(1),
    (peakBytes / 1e6).toFixed(0),
    `  ${
      Object.entries(turns)
        .map(([outcome, count]) => `${outcome}: ${count}`)
        .join(', ') || 'none ended'
    }`,
  ]);
}
