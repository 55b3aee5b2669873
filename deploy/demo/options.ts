/** What the user may choose, and how long each act lasts. */

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export const USAGE = `npm run demo [-- --fast] [-- --output=FILE]

Shows on this machine what happens when adapters behind a TCP balancer are scaled out from one to three: without a
connection age, and with one. It takes about 70 seconds, brings its own Kafka and leaves nothing running.

  --fast          shorter acts and a shorter connection age
  --output=FILE   where the picture goes, an SVG (demo.svg in the current folder)
  --help          shows this

PROMETHEUS_BIN and HAPROXY_BIN are taken instead of \`prometheus\` and \`haproxy\` of the PATH. Where there is none, a
generator and a small TCP forwarder take their places.
`;

/** Durations of the acts in milliseconds. */
export interface Plan {
  readonly maxAgeSeconds: number;
  /** One replica. */
  readonly aloneMs: number;
  /** Three replicas without an age. */
  readonly scaledMs: number;
  /** Three replicas with an age. */
  readonly agedMs: number;
  /** The end of the last act over which its result is taken: the age has done its work by then. */
  readonly settledMs: number;
}

const full: Plan = { maxAgeSeconds: 5, aloneMs: 7000, scaledMs: 18_000, agedMs: 24_000, settledMs: 12_000 };
const fast: Plan = { maxAgeSeconds: 2, aloneMs: 2500, scaledMs: 5000, agedMs: 10_000, settledMs: 6000 };

export interface DemoOptions {
  readonly plan: Plan;
  /** Path of the picture. */
  readonly output: string;
}

/** Relative paths are those of the folder the user is in; throws on what it does not know. */
export function readOptions(args: string[], folder: string): DemoOptions | 'help' {
  const { values } = parseArgs({
    args,
    options: { fast: { type: 'boolean' }, output: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return 'help';
  return { plan: values.fast ? fast : full, output: resolve(folder, values.output || 'demo.svg') };
}
