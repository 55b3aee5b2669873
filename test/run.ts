/** The command behind `npm test`: types, format and lint, then every test, with one Kafka for the whole run. */

import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sharedKafkaVariable, startKafka } from './support/kafka.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const bin = (name: string): string => fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url));

/** Folders of test/ by suite: unit tests need nothing, the others a real Kafka. */
const SUITES: Readonly<Record<string, readonly string[]>> = {
  unit: [
    'bench',
    'config',
    'connection',
    'doctor',
    'fleet',
    'house',
    'http',
    'lib',
    'main',
    'pipeline',
    'record',
    'status',
    'wire',
  ],
  integration: ['kafka', 'deploy'],
  e2e: ['e2e'],
};

const USAGE = `npm test [-- --only=check|unit|integration|e2e] [-- test/path.test.ts ...]`;

interface Command {
  readonly title: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
}

/** Ends what runs at the moment; the run then ends by itself, the broker last. */
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());
// The runner in front was killed outright.
process.on('disconnect', () => interrupted.abort());
process.channel?.unref();

function run({ title, command, args, environment }: Command): Promise<boolean> {
  if (interrupted.signal.aborted) return Promise.resolve(false);
  process.stdout.write(`== ${title}\n`);
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...environment },
    });
    child.on('error', (error) => {
      process.stdout.write(`${title}: ${error.message}\n`);
      resolve(false);
    });
    child.on('exit', (code) => resolve(code === 0));
  });
}

async function check(): Promise<boolean> {
  const types = await run({ title: 'types', command: process.execPath, args: [bin('tsc'), '-p', '.'] });
  const style = await run({
    title: 'format and lint',
    command: process.execPath,
    args: [bin('biome'), 'check', '--error-on-warnings', '.'],
  });
  return types && style;
}

function filesOf(suites: readonly string[]): string[] {
  const folders = suites.flatMap((suite) => SUITES[suite] ?? []);
  return folders.flatMap((folder) => globSync(`test/${folder}/**/*.test.ts`, { cwd: root })).sort();
}

/** Two files at a time: more would make the brokers of the end-to-end tests wait for each other. */
async function runTests(files: readonly string[], needsKafka: boolean): Promise<boolean> {
  const title = `${files.length} test files`;
  const reporter = fileURLToPath(new URL('./support/reporter.ts', import.meta.url));
  const args = [
    '--test',
    '--test-concurrency=2',
    `--test-reporter=${reporter}`,
    // The client of kafkajs that the tests read with sets timers that are over; Node then waits 1 ms, which is right.
    '--disable-warning=TimeoutNegativeWarning',
    ...files,
  ];
  if (!needsKafka) return run({ title, command: process.execPath, args });
  const kafka = await startKafka();
  try {
    const environment = { [sharedKafkaVariable]: kafka.brokers };
    return await run({ title, command: process.execPath, args, environment });
  } finally {
    await kafka.close();
  }
}

async function main(): Promise<boolean> {
  const { values, positionals } = parseArgs({
    options: { only: { type: 'string' } },
    allowPositionals: true,
  });
  const { only } = values;
  if (only === 'check') return check();
  if (only !== undefined && !(only in SUITES)) {
    process.stdout.write(`${USAGE}\n`);
    return false;
  }
  if (positionals.length > 0)
    return runTests(
      positionals,
      positionals.some((file) => /test\/(kafka|e2e)\//.test(file)),
    );
  if (only !== undefined) return runTests(filesOf([only]), only !== 'unit');
  const sound = await check();
  const passed = await runTests(filesOf(Object.keys(SUITES)), true);
  return sound && passed;
}

process.exitCode = (await main()) ? 0 : 1;
