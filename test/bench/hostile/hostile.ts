/** A good sender by the clock, without attacks, beside each on another server, and beside each: what it waits for. */

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestHooks } from '../../support/process.ts';
import type { Address } from '../connection.ts';
import { message, startGenerator } from '../load-generator.ts';
import type { LoadPlan, LoadReport } from '../load-plan.ts';
import { memoryUsage } from '../process-usage.ts';
import type { Target } from '../target.ts';
import type { AttackOrder, AttackPlan, AttackReport } from './attack-process.ts';
import { ATTACKS } from './attacks.ts';

const attackers = fileURLToPath(new URL('./attack-process.ts', import.meta.url));
const bystander = fileURLToPath(new URL('./bystander.ts', import.meta.url));
const ATTACKERS = 'the process of the attackers';
/** Of the usual p99, or of that beside the same attack on another server, when that is more. */
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
  /** Of the good sender, milliseconds: the time just before, while somebody else is attacked, and beside the attack. */
  readonly usual: LoadReport['answerMs'];
  readonly elsewhere: LoadReport['answerMs'];
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
  const attack = await startAttackers(hooks, plan.pauseMs);
  const here = addressOf(target.url);
  const elsewhere = await startBystander(hooks);
  const { requestsPerSecond } = plan;
  const load = (seconds: number): Promise<LoadReport> => generator.run({ seconds, requestsPerSecond });
  await load(plan.warmupSeconds);
  const all: HostileFigures[] = [];
  for (const name of plan.only.length > 0 ? plan.only : Object.keys(ATTACKS)) {
    const usual = await load(plan.seconds);
    const during = async (address: Address): Promise<[LoadReport, AttackReport]> => {
      attack.begin(name, address);
      const report = await load(plan.seconds);
      return [report, await attack.stop()];
    };
    const [other] = await during(elsewhere);
    const [beside, turns] = await during(here);
    const measured = { usual: usual.answerMs, elsewhere: other.answerMs, beside: beside.answerMs };
    const { peakBytes } = memoryUsage(target.pid);
    const faults = faultsOf(name, measured, beside.outcomes);
    const figures = { attack: name, ...measured, turns, peakBytes, faults };
    all.push(figures);
    plan.onFigures(figures);
  }
  return all;
}

type Measured = Pick<HostileFigures, 'usual' | 'elsewhere' | 'beside'>;

function faultsOf(attack: string, measured: Measured, outcomes: LoadReport['outcomes']): string[] {
  const faults = Object.entries(outcomes)
    .filter(([outcome]) => outcome !== '204')
    .map(([outcome, count]) => `beside ${attack}: ${count} good requests got ${outcome}`);
  const [usual, elsewhere, beside] = [measured.usual.p99, measured.elsewhere.p99, measured.beside.p99];
  if (beside <= MOST_TIMES * Math.max(usual, elsewhere)) return faults;
  const normal = `usually ${usual.toFixed(1)} ms, ${elsewhere.toFixed(1)} ms when another is attacked`;
  return [...faults, `beside ${attack}: p99 ${beside.toFixed(1)} ms, ${normal}`];
}

interface Attackers {
  begin(attack: string, address: Address): void;
  stop(): Promise<AttackReport>;
}

/** In a process of their own, so that their work is not taken for the adapter's. */
async function startAttackers(hooks: TestHooks, pauseMs: number): Promise<Attackers> {
  const child = fork(attackers, [JSON.stringify({ pauseMs } satisfies AttackPlan)]);
  hooks.after(() => child.kill('SIGKILL'));
  await message(child, ATTACKERS);
  const order = (given: AttackOrder): void => void child.send(given);
  return {
    begin: (attack, address) => order({ attack, address }),
    stop: async () => {
      const told = message(child, ATTACKERS) as Promise<AttackReport>;
      order('stop');
      return await told;
    },
  };
}

async function startBystander(hooks: TestHooks): Promise<Address> {
  const child = fork(bystander);
  hooks.after(() => child.kill('SIGKILL'));
  return { host: '127.0.0.1', port: (await message(child, 'the other server')) as number };
}

function addressOf(url: string): Address {
  const { hostname: host, port } = new URL(url);
  return { host, port: Number(port) };
}

const WIDTHS = [32, 9, 9, 9, 7, 9, 9, 9] as const;

function row(cells: readonly string[]): string {
  return cells
    .map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[i]!) : cell.padStart(WIDTHS[i] ?? 0)))
    .join(' ');
}

export function hostileHead(): string {
  return row([
    'good sender, ms; beside',
    'usual p99',
    'elsewhere',
    'p99',
    'times',
    'p99.9',
    'longest',
    'peak MB',
    ' turns',
  ]);
}

export function hostileLine({ attack, usual, elsewhere, beside, turns, peakBytes }: HostileFigures): string {
  return row([
    attack,
    usual.p99.toFixed(1),
    elsewhere.p99.toFixed(1),
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
