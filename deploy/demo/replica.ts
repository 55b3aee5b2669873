/** One adapter of the demo. */

import { fileURLToPath } from 'node:url';
import { Part } from './part.ts';
import { until } from './until.ts';

const script = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface ReplicaOptions {
  /** From 1 on. */
  readonly number: number;
  readonly port: number;
  /** As the option takes it; `0s` is off. */
  readonly maxAge: string;
  /** Without brokers the records go nowhere. */
  readonly brokers: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  readonly onLost: (error: Error) => void;
}

export function replicaName(number: number): string {
  return `replica-${number}`;
}

export function startReplica(options: ReplicaOptions): Part {
  const { number, port, maxAge, brokers, environment, onLost } = options;
  const flags = [
    `--http.listen-address=127.0.0.1:${port}`,
    `--replica.id=${replicaName(number)}`,
    `--connection.max-age=${maxAge}`,
    // Neither a busy machine nor the fleet must move connections: what is seen is the age alone.
    '--connection.overload-high=0',
    '--no-fleet.enabled',
    '--shutdown.drain-delay=0s',
    '--log.level=warn',
    ...(brokers ? [`--kafka.brokers=${brokers}`, '--kafka.topic=demo'] : ['--dry-run']),
  ];
  return new Part({
    name: replicaName(number),
    command: process.execPath,
    args: [script, ...flags],
    // Settings that the user has made for an adapter of his own are not for these.
    environment: { PATH: environment['PATH'] },
    onLost,
  });
}

/** Resolves when it takes requests. */
export function waitUntilReady(url: string, signal: AbortSignal): Promise<void> {
  const isReady = async (): Promise<boolean> => {
    const answer = await fetch(`${url}/-/ready`, { signal, headers: { connection: 'close' } });
    await answer.body?.cancel();
    return answer.ok;
  };
  return until(`${url}/-/ready answers 200`, isReady, signal);
}
