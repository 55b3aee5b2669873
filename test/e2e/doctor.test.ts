/** The doctor's verdict in front of real balancers and real adapters: what stands there, whether it spreads, ages and idles. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { FindingCode } from '../../src/doctor/table.ts';
import { startAdapter } from '../support/adapter.ts';
import {
  findBalancer,
  type HaproxyStart,
  type NginxMode,
  startHaproxy,
  startNginx,
} from '../support/balancers.ts';
import { startProcess } from '../support/process.ts';
import { Replicas } from '../support/replicas.ts';

const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

const FLAGS = [
  '--dry-run',
  '--connection.idle-timeout=5s',
  // All cases run at once in front of the same replicas: together they are many connections of the same age.
  '--connection.max-close-rate=0',
];

interface Verdict {
  readonly status: number | null;
  readonly codes: readonly FindingCode[];
  /** For the message when something is not as expected. */
  readonly output: string;
}

/** What `kafka-adapter doctor` finds, as a user runs it. */
async function doctor(t: TestContext, ...args: string[]): Promise<Verdict> {
  const started = startProcess(t, { args: [program, 'doctor', '--json', ...args] });
  const { code } = await started.waitForExit(120_000);
  const { findings } = JSON.parse(started.stdout) as { findings: { code: FindingCode }[] };
  return { status: code, codes: findings.map((finding) => finding.code), output: started.output };
}

interface Expected {
  readonly status: number;
  readonly codes: readonly FindingCode[];
}

function assertVerdict({ status, codes, output }: Verdict, expected: Expected): void {
  assert.deepEqual(codes, expected.codes, output);
  assert.equal(status, expected.status);
}

async function startAll(t: TestContext, name: string, flags: readonly string[]): Promise<Replicas> {
  const start = (id: string) =>
    startAdapter(t, { brokers: '', topic: 'x', flags: [...FLAGS, ...flags, `--replica.id=${id}`] });
  return new Replicas(await Promise.all([start(`${name}-1`), start(`${name}-2`)]));
}

interface Case {
  readonly name: string;
  readonly expected: Expected;
  readonly run: (t: TestContext) => Promise<Verdict | undefined>;
}

test('the doctor, with real balancers in front of real adapters', { concurrency: true }, async (t) => {
  const replicas = await startAll(t, 'adapter', ['--connection.max-age=3s']);
  const ageless = await startAll(t, 'ageless', ['--connection.max-age=0']);
  const { members } = replicas;

  const haproxy =
    (options: Omit<HaproxyStart, 'command'>, ...args: string[]) =>
    async (t: TestContext) => {
      const command = findBalancer(t, 'haproxy');
      return command === undefined
        ? undefined
        : doctor(t, (await startHaproxy(t, { command, ...options })).url, ...args);
    };
  const nginx = (mode: NginxMode) => async (t: TestContext) => {
    const command = findBalancer(t, 'nginx');
    return command === undefined
      ? undefined
      : doctor(t, (await startNginx(t, { command, mode, members })).url);
  };

  const cases: readonly Case[] = [
    {
      name: 'HAProxy, round robin: spreads and ages',
      run: haproxy({ members }, '--expect=2'),
      expected: { status: 0, codes: ['layer4', 'balances_connections', 'age_works', 'idle_fits'] },
    },
    {
      name: 'HAProxy, by source: sticky, although the age limit works',
      run: haproxy({ members, balance: 'source' }),
      expected: { status: 1, codes: ['layer4', 'sticky', 'age_works', 'idle_fits'] },
    },
    {
      name: 'HAProxy with one member: a pool of one, not stickiness',
      run: haproxy({ members: members.slice(0, 1) }),
      expected: { status: 1, codes: ['layer4', 'one_replica', 'age_works', 'idle_fits'] },
    },
    {
      name: 'nginx stream: spreads and ages',
      run: nginx('stream'),
      expected: { status: 0, codes: ['layer4', 'balances_connections', 'age_works', 'idle_fits'] },
    },
    {
      name: 'nginx http: a connection for each request, the age limit is hidden',
      run: nginx('http'),
      expected: { status: 0, codes: ['layer7_per_request', 'balances_requests', 'age_hidden', 'idle_proxy'] },
    },
    {
      name: 'nginx http with kept upstream connections: the age limit is hidden',
      run: nginx('http-keepalive'),
      expected: { status: 0, codes: ['layer7_kept', 'balances_requests', 'age_hidden', 'idle_proxy'] },
    },
    {
      name: 'nothing in front',
      run: (t) => doctor(t, replicas.all[0]!.writeUrl),
      expected: { status: 0, codes: ['direct', 'age_works', 'idle_fits'] },
    },
    {
      name: 'age off behind HAProxy: what is kept never moves',
      run: haproxy({ members: ageless.members }),
      expected: { status: 1, codes: ['layer4', 'balances_connections', 'age_off', 'idle_fits'] },
    },
    {
      name: 'replicas of different settings behind HAProxy, one of them missing',
      run: haproxy({ members: [members[0]!, ageless.members[0]!] }, '--quick', '--expect=3'),
      expected: {
        status: 1,
        codes: ['layer4', 'balances_connections', 'fewer_replicas', 'age_off', 'not_seen', 'settings_differ'],
      },
    },
  ];
  await Promise.all(
    cases.map(({ name, run, expected }) =>
      t.test(name, async (t) => {
        const verdict = await run(t);
        if (verdict) assertVerdict(verdict, expected);
      }),
    ),
  );
});
