/** The sub-command `doctor`: arguments in, a report out, exit status. */

import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { styleText } from 'node:util';
import { type DoctorArguments, readArguments, USAGE } from './arguments.ts';
import { diagnose } from './findings.ts';
import { isAnswer, neededWaitMs, observe } from './observe.ts';
import { createProber, hostnameOf, type Prober } from './probe.ts';
import { jsonReport, jsonUnreached, type Paint, textReport } from './report.ts';

const EXIT_HEALTHY = 0;
const EXIT_PROBLEM = 1;
const EXIT_USAGE = 2;

type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

export interface Outputs {
  /** The report. */
  readonly stdout: Output;
  /** What is going on, and why it came to nothing. */
  readonly stderr: Output;
}

/** Exit status: 0 healthy, 1 a problem or no replica, 2 wrong arguments. */
export async function doctor(argv: readonly string[], { stdout, stderr }: Outputs): Promise<number> {
  const read = readArguments(argv);
  if (read === 'help') {
    stdout.write(USAGE);
    return EXIT_HEALTHY;
  }
  if ('problem' in read) {
    stderr.write(`${read.problem}\n\n${USAGE}`);
    return EXIT_USAGE;
  }
  const url = shown(read.url);
  const found = await reach(read);
  if (typeof found === 'string') {
    stderr.write(`${url}: ${found}\n`);
    if (read.json) await written(stdout, jsonUnreached(url, read.expect, found));
    return EXIT_PROBLEM;
  }
  const { prober, neededMs } = found;
  const seconds = Math.round(Math.min(neededMs, read.holdMs ?? neededMs) / 1000);
  if (!read.quick)
    stderr.write(
      `this takes about ${seconds} s; --quick leaves out the age limit and the idle timeout of connections\n`,
    );
  const observed = await observe(prober, read, (progress) => {
    if (stderr.isTTY) stderr.write(`\r${progress}\x1b[K`);
  });
  if (stderr.isTTY) stderr.write('\r\x1b[K');
  const diagnosis = diagnose(observed, read.expect);
  const examined = { url, expect: read.expect, observed, diagnosis };
  const report = read.json ? jsonReport(examined) : textReport(examined, painter(stdout));
  await written(stdout, report);
  return diagnosis.isHealthy ? EXIT_HEALTHY : EXIT_PROBLEM;
}

/** A pipe takes a long report in pieces, and the process ends right after it. */
function written(stream: Output, report: string): Promise<unknown> {
  return new Promise((resolve) => stream.write(report, resolve));
}

/** Without what is secret in it. */
function shown(url: URL): string {
  const copy = new URL(url);
  copy.username = '';
  copy.password = '';
  return copy.href.replace(/\/$/, '');
}

interface Reached {
  readonly prober: Prober;
  /** How long the settings of the replica that answered want to be waited for. */
  readonly neededMs: number;
}

/** Something that answers as a replica does, or why there is none. */
async function reach({ url, caFile, insecure }: DoctorArguments): Promise<Reached | string> {
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  let ca: string | undefined;
  let addresses: string[];
  try {
    ca = caFile === undefined ? undefined : readFileSync(caFile, 'utf8');
    addresses = await addressesOf(hostnameOf(url));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const problems: string[] = [];
  for (const address of addresses) {
    // The first that answers is the one that is examined.
    const order = [address, ...addresses.filter((other) => other !== address)];
    const prober = createProber({ url, addresses: order, port, ca, insecure });
    const client = prober.client();
    const exchange = await client.ask();
    client.close();
    if (isAnswer(exchange)) return { prober, neededMs: neededWaitMs([exchange]) };
    problems.push(`${address} port ${port}: ${exchange.problem}${hintFor(exchange.problem)}`);
  }
  return problems.join('; ');
}

async function addressesOf(hostname: string): Promise<string[]> {
  if (isIP(hostname) !== 0) return [hostname];
  return (await lookup(hostname, { all: true })).map(({ address }) => address);
}

function hintFor(problem: string): string {
  if (/status 404/.test(problem)) return ', so it is no kafka-adapter, or not the right path';
  if (/status 30\d/.test(problem)) return ', a redirection; senders do not follow one either';
  if (/SELF_SIGNED|UNABLE_TO|CERT/.test(problem)) return ' (--ca-file or --insecure)';
  if (/EPROTO|Parse Error|HPE_/.test(problem))
    return ' (http where https is spoken, or the other way round?)';
  return '';
}

/** Colours on a terminal that wants them. */
function painter(stream: Output): Paint {
  const colours = { ok: 'green', note: 'yellow', problem: 'red' } as const;
  return (level, text) => styleText(colours[level], text, { stream });
}
