/** Real balancers for tests, as processes of their own: HAProxy in TCP mode, and nginx as stream or HTTP proxy. */

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { HAPROXY_BACKEND, type HaproxyOptions, haproxyConfig } from '../../deploy/local/haproxy.ts';
import { freePort } from '../../deploy/local/ports.ts';
import { eventually } from './eventually.ts';
import { startProcess, type TestHooks, type TestProcess } from './process.ts';
import { missing } from './tools.ts';

/** Where the distributions put the modules that are not built in. */
const NGINX_STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';
/** Members that a test may name later. */
const SPARES = 8;

/**
 * The command, from the PATH or /usr/sbin. Without one the test fails in CI and is skipped, with a loud line,
 * elsewhere: then the result is undefined.
 */
export function findBalancer(test: TestContext, name: 'haproxy' | 'nginx'): string | undefined {
  for (const command of [name, `/usr/sbin/${name}`]) {
    const { status, stdout, stderr } = spawnSync(command, ['-v'], { encoding: 'utf8' });
    if (status !== 0) continue;
    test.diagnostic(`balancer: ${`${stdout}${stderr}`.split('\n', 1)[0]} (${command})`);
    return command;
  }
  return missing(test, `${name} is missing on the PATH and in /usr/sbin; install it`);
}

export interface HaproxyStart extends Omit<HaproxyOptions, 'port' | 'spares' | 'statsSocket'> {
  readonly command: string;
}

/** What HAProxy says of one server. */
export interface ServerStats {
  readonly name: string;
  /** `host:port`. */
  readonly address: string;
  /** `UP`, `DOWN`, `MAINT`, `NOLB`, `no check`, or one of these on its way: `UP 1/3`. */
  readonly status: string;
  /** Connections open now. */
  readonly scur: number;
  /** Connections since the start. */
  readonly stot: number;
}

/** Resolves once it accepts connections; it ends with the test. */
export async function startHaproxy(test: TestHooks, options: HaproxyStart): Promise<RunningHaproxy> {
  const directory = await temporaryDirectory(test, 'haproxy');
  const statsSocket = join(directory, 'stats');
  const port = await freePort();
  const file = join(directory, 'haproxy.cfg');
  await writeFile(file, haproxyConfig({ ...options, port, spares: SPARES, statsSocket }));
  const started = startProcess(test, { command: options.command, args: ['-db', '-f', file] });
  const haproxy = new RunningHaproxy({ process: started, port, statsSocket, members: options.members });
  // Asked by the stats socket: a connection would be one of the first member's.
  await answers(started, () => haproxy.stats());
  return haproxy;
}

interface RunningHaproxyParts {
  readonly process: TestProcess;
  readonly port: number;
  readonly statsSocket: string;
  readonly members: readonly string[];
}

export class RunningHaproxy {
  readonly process: TestProcess;
  readonly port: number;
  readonly url: string;
  readonly #statsSocket: string;
  #members: readonly (string | undefined)[];

  constructor(parts: RunningHaproxyParts) {
    this.process = parts.process;
    this.port = parts.port;
    this.url = `http://127.0.0.1:${parts.port}`;
    this.#statsSocket = parts.statsSocket;
    this.#members = parts.members;
  }

  /** The members that there are, in the order they were named. */
  async stats(): Promise<ServerStats[]> {
    const [head, ...rows] = (await this.command('show stat')).trim().split('\n');
    const columns = head!.replace(/^# /, '').split(',');
    return rows
      .map((row) => {
        const cells = row.split(',');
        return (column: string): string => cells[columns.indexOf(column)] ?? '';
      })
      .filter((cell) => cell('pxname') === HAPROXY_BACKEND && /^replica/.test(cell('svname')))
      .map((cell) => ({
        name: cell('svname'),
        address: cell('addr'),
        status: cell('status'),
        scur: Number(cell('scur')),
        stot: Number(cell('stot')),
      }))
      .filter(({ address }) => this.#members.includes(address));
  }

  /**
   * The pool from now on. Who is new gets a free place, who is gone gets no new connections and keeps the old
   * ones, as with a reload.
   */
  async setMembers(members: readonly string[]): Promise<void> {
    const kept = this.#members.map((member) =>
      member !== undefined && members.includes(member) ? member : undefined,
    );
    for (const member of members) {
      if (kept.includes(member)) continue;
      // A place that was never used, so that the counters of another member stay its own.
      const [host, port] = member.split(':');
      const server = `${HAPROXY_BACKEND}/replica${kept.push(member)}`;
      await this.command(`set server ${server} addr ${host} port ${port}`);
      await this.command(`set server ${server} state ready`);
    }
    for (const [index, member] of this.#members.entries()) {
      if (member === undefined || kept[index] !== undefined) continue;
      await this.command(`set server ${HAPROXY_BACKEND}/replica${index + 1} state maint`);
    }
    this.#members = kept;
  }

  /** One command on the stats socket, and its answer. */
  async command(text: string): Promise<string> {
    const socket = connect(this.#statsSocket).setEncoding('utf8');
    socket.end(`${text}\n`);
    let answer = '';
    for await (const piece of socket) answer += piece;
    // `set server ... addr` tells what it changed; anything else that speaks is an error.
    if (text.startsWith('set') && !/^\s*$|changed from|no need to change/.test(answer))
      throw new Error(`haproxy answers "${text}" with: ${answer.trim()}`);
    return answer;
  }
}

/** `stream` is layer 4; `http` closes its upstream connection after each request, `http-keepalive` keeps it. */
export type NginxMode = 'stream' | 'http' | 'http-keepalive';

export interface NginxStart {
  readonly command: string;
  readonly mode: NginxMode;
  /** `host:port` each. */
  readonly members: readonly string[];
}

export interface RunningNginx {
  readonly process: TestProcess;
  readonly port: number;
  readonly url: string;
}

/** Resolves once it accepts connections; it ends with the test. */
export async function startNginx(
  test: TestHooks,
  { command, mode, members }: NginxStart,
): Promise<RunningNginx> {
  const directory = await temporaryDirectory(test, 'nginx');
  const port = await freePort();
  const file = join(directory, 'nginx.conf');
  const servers = members.map((member) => `server ${member};`).join(' ');
  await writeFile(
    file,
    [
      // One process, which stays what it is even for root.
      'daemon off; master_process off; pid nginx.pid; error_log stderr warn;',
      mode === 'stream' ? `load_module ${NGINX_STREAM_MODULE};` : '',
      'events { worker_connections 1024; }',
      mode === 'stream' ? streamBlock(port, servers) : httpBlock({ port, servers, mode }),
      '',
    ].join('\n'),
  );
  const args = ['-p', directory, '-c', file, '-e', 'stderr'];
  const started = startProcess(test, { command, args });
  await answers(started, async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect').finally(() => socket.destroy());
  });
  return { process: started, port, url: `http://127.0.0.1:${port}` };
}

function streamBlock(port: number, servers: string): string {
  return `stream {
  upstream replicas { ${servers} }
  server { listen 127.0.0.1:${port}; proxy_pass replicas; proxy_timeout 330s; proxy_connect_timeout 3s; }
}`;
}

function httpBlock(parts: { port: number; servers: string; mode: NginxMode }): string {
  const isKept = parts.mode === 'http-keepalive';
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${name};`,
  );
  return `http {
  access_log off; ${temporary.join(' ')}
  upstream replicas { ${parts.servers} ${isKept ? 'keepalive 16;' : ''} }
  server {
    listen 127.0.0.1:${parts.port};
    location / {
      proxy_pass http://replicas;
      ${isKept ? 'proxy_http_version 1.1; proxy_set_header Connection "";' : ''}
    }
  }
}`;
}

/** Gone after the test. */
export async function temporaryDirectory(test: TestHooks, name: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), `kafka-adapter-${name}-`));
  test.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Resolves once `ask` does. */
async function answers(started: TestProcess, ask: () => Promise<unknown>): Promise<void> {
  await eventually(
    async () => {
      if (started.status) throw new Error(`the balancer ended while starting:\n${started.output}`);
      return ask().then(
        () => true,
        () => false,
      );
    },
    { what: 'the balancer runs' },
  );
}
