/** The balancer between the sender and the replicas: HAProxy in TCP mode, else the forwarder of this folder. */

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { haproxyConfig } from '../local/haproxy.ts';
import { freePort } from '../local/ports.ts';
import { findCommand } from './commands.ts';
import { Forwarder } from './forwarder.ts';
import { Part } from './part.ts';

/** Quick to find a new replica, slow to give one up on a busy machine. */
const healthCheck = { intervalMs: 250, fall: 8, rise: 1 };

export interface Balancer {
  readonly name: string;
  readonly description: string;
  readonly url: string;
  close(): Promise<void>;
}

export interface BalancerOptions {
  readonly environment: NodeJS.ProcessEnv;
  /** Where the replicas are, or will be, on 127.0.0.1. */
  readonly ports: readonly number[];
  readonly onLost: (error: Error) => void;
}

export async function startBalancer(options: BalancerOptions): Promise<Balancer> {
  const given = options.environment['HAPROXY_BIN'];
  const found = findCommand(given ? [given] : ['haproxy', '/usr/sbin/haproxy'], '-v');
  if (found) return startHaproxy(found, options);
  const forwarder = await Forwarder.start(options.ports);
  const url = `http://127.0.0.1:${forwarder.port}`;
  return {
    name: 'a small TCP forwarder',
    description: `a small TCP forwarder, round robin, ${url} (there is no HAProxy on the PATH)`,
    url,
    close: async () => forwarder.close(),
  };
}

async function startHaproxy(
  { command, version }: { command: string; version: string },
  { environment, ports, onLost }: BalancerOptions,
): Promise<Balancer> {
  const port = await freePort();
  const directory = await mkdtemp(join(tmpdir(), 'kafka-adapter-demo-haproxy-'));
  const file = join(directory, 'haproxy.cfg');
  const members = ports.map((member) => `127.0.0.1:${member}`);
  await writeFile(file, haproxyConfig({ port, members, healthCheck }));
  const part = new Part({
    name: 'HAProxy',
    command,
    args: ['-db', '-q', '-f', file],
    environment,
    directory,
    onLost,
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    name: `HAProxy ${version} in TCP mode`,
    description: `HAProxy ${version} in TCP mode, round robin, ${url}`,
    url,
    close: () => part.kill(),
  };
}
