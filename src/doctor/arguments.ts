/** The arguments of `kafka-adapter doctor`. */

import { parseArgs } from 'node:util';
import { parseDuration } from '../lib/units.ts';

export const USAGE = `Usage: kafka-adapter doctor [flags] URL

Examines what stands between senders and replicas. Asks GET /-/whoami of the URL over one
connection, over new ones, from other addresses of this machine, over connections held past their
age limit, and over one left idle. Says which replicas answered, what stands in front of them,
whether it spreads, and what to change. Run it where a sender runs.

  --requests=N      requests over one connection (default 100)
  --connections=N   new connections (default 40, more with a large --expect)
  --expect=N        how many replicas should be behind the URL
  --hold=DURATION   wait no longer than that for age limit and idle timeout (default: as long as
                    the settings of the replicas need)
  --quick           leave out age limit and idle timeout
  --json            findings, facts and every single observation as JSON
  --ca-file=PATH    PEM file with the authorities to trust for https
  --insecure        take any certificate
  --help            show this help and end

Exit status: 0 healthy, 1 a problem was found or nothing answers as a replica does, 2 wrong
arguments.

Example:
  kafka-adapter doctor --quick --expect=3 http://vip:8080
`;

export interface DoctorArguments {
  /** Where /-/whoami is below. */
  readonly url: URL;
  readonly requests: number;
  readonly connections: number;
  readonly expect: number | undefined;
  readonly holdMs: number | undefined;
  readonly quick: boolean;
  readonly json: boolean;
  readonly insecure: boolean;
  readonly caFile: string | undefined;
}

const FLAGS = {
  requests: { type: 'string' },
  connections: { type: 'string' },
  expect: { type: 'string' },
  hold: { type: 'string' },
  quick: { type: 'boolean' },
  json: { type: 'boolean' },
  insecure: { type: 'boolean' },
  'ca-file': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

const MAX_COUNT = 10_000;
const DEFAULT_CONNECTIONS = 40;

/** The arguments, `help`, or what is wrong with them. */
export function readArguments(argv: readonly string[]): DoctorArguments | 'help' | { problem: string } {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options: FLAGS, allowPositionals: true });
    if (values.help) return 'help';
    if (positionals.length !== 1) throw new Error('give one URL, the one that the senders use');
    const expect = values.expect === undefined ? undefined : count('--expect', values.expect, 1);
    return {
      url: readUrl(positionals[0]!),
      requests: count('--requests', values.requests ?? '100', 2),
      connections:
        values.connections === undefined
          ? connectionsFor(expect ?? 1)
          : count('--connections', values.connections, 2),
      expect,
      holdMs: values.hold === undefined ? undefined : duration(values.hold),
      quick: values.quick ?? false,
      json: values.json ?? false,
      insecure: values.insecure ?? false,
      caFile: values['ca-file'],
    };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Random choice misses one of N replicas in n connections with at most N * (1 - 1/N)^n < N * e^(-n/N), which is
 * under 1 in 1000 from n = N * ln(1000 N) on.
 */
function connectionsFor(replicas: number): number {
  return Math.min(MAX_COUNT, Math.max(DEFAULT_CONNECTIONS, Math.ceil(replicas * Math.log(1000 * replicas))));
}

/** Also without a scheme, and also the whole URL of a remote_write section. */
function readUrl(text: string): URL {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(full)) throw new Error(`${JSON.stringify(text)} is not a URL`);
  const url = new URL(full);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new Error(`${url.protocol}// is neither http:// nor https://`);
  url.pathname = url.pathname.replace(/\/(api\/v1\/write|receive|-\/whoami)?\/?$/, '');
  url.search = '';
  url.hash = '';
  return url;
}

function count(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > MAX_COUNT)
    throw new Error(`${flag}=${text}: expected a whole number from ${least} to ${MAX_COUNT}`);
  return value;
}

function duration(text: string): number {
  const value = parseDuration(text);
  if (value === undefined) throw new Error(`--hold=${text}: expected a duration such as 90s or 2m`);
  return value;
}
