/** The command behind `npm run bench`: scenarios in, a table on standard output and figures in a file out. */

import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { CleanUps } from './clean-ups.ts';
import { type BenchOptions, helpText, readOptions } from './options.ts';
import { lostSamples, resultText } from './report.ts';
import { Bench, type Result } from './scenarios.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

function machine(): Record<string, string | number> {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${process.platform} ${release()}`,
    node: process.version,
  };
}

/** Rejects when somebody wants the bench to end. */
function interruption(): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(new Error('interrupted'));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
    // The runner in front was killed outright.
    process.on('disconnect', end);
    process.channel?.unref();
  });
}

async function runAll(options: BenchOptions, cleanUps: CleanUps): Promise<Result[]> {
  const bench = new Bench(options, cleanUps);
  const results: Result[] = [];
  for (const scenario of options.scenarios) {
    const result = await bench.run(scenario);
    process.stdout.write(`${resultText(result)}\n`);
    results.push(result);
  }
  return results;
}

/** Records that were acknowledged must be there, in whatever program: that is what an acknowledgement says. */
function hasLost(results: readonly Result[]): boolean {
  return results.some(({ runs = [] }) => runs.some((run) => (lostSamples(run) ?? 0) > 0));
}

function hasFaults(results: readonly Result[]): boolean {
  return results.some(({ fuzz, soak, hostile = [] }) =>
    [fuzz, soak, ...hostile].some((one) => one && one.faults.length > 0),
  );
}

/** kafkajs 2.2.4 arms a timer with a negative time at each connection, which is harmless. */
function hideTimerWarning(): void {
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => {
    if (name !== 'TimeoutNegativeWarning') process.stderr.write(`${name}: ${message}\n`);
  });
}

async function main(argv: string[]): Promise<number> {
  hideTimerWarning();
  let options: BenchOptions;
  try {
    options = readOptions(argv);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return EXIT_USAGE;
  }
  if (options.isHelp) {
    process.stdout.write(helpText());
    return 0;
  }
  const about = machine();
  process.stdout.write(`${Object.values(about).join(', ')}\n\n`);
  const cleanUps = new CleanUps();
  const startedAt = new Date().toISOString();
  const interrupted = interruption();
  try {
    const results = await Promise.race([runAll(options, cleanUps), interrupted]);
    const { texts, flags } = options;
    const all = { startedAt, machine: about, options: { ...texts, flags }, results };
    if (texts.json) writeFileSync(texts.json, `${JSON.stringify(all, undefined, 2)}\n`);
    return hasLost(results) || hasFaults(results) ? EXIT_FAILED : 0;
  } catch (error) {
    const { message } = error as Error;
    process.stderr.write(`${message}\n`);
    return message === 'interrupted' ? EXIT_INTERRUPTED : 1;
  } finally {
    await cleanUps.run();
  }
}

process.exitCode = await main(process.argv.slice(2));
process.exit();
