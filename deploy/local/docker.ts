/** A throw-away Kafka in a Docker container, for machines without Java. */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { waitForBrokers } from './kafka-probe.ts';
import { commonProperties } from './kafka-properties.ts';
import { freePort } from './ports.ts';
import { Watchdog } from './watchdog.ts';

const image = 'apache/kafka:4.1.0';
const controllerPort = 19093;
const startTimeoutMs = 600_000;

/** The image reads each setting from a variable: `num.partitions` is KAFKA_NUM_PARTITIONS. */
function variableName(property: string): string {
  return `KAFKA_${property.replaceAll('.', '_').toUpperCase()}`;
}

/** The arguments of `docker`; the port is the same inside and outside, because Kafka tells it to its clients. */
export function dockerArguments(container: string, port: number): string[] {
  const settings = {
    ...commonProperties(1),
    'node.id': '1',
    'process.roles': 'broker,controller',
    listeners: `PLAINTEXT://:${port},CONTROLLER://:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.voters': `1@localhost:${controllerPort}`,
  };
  const variables = Object.entries(settings).flatMap(([name, value]) => [
    '--env',
    `${variableName(name)}=${value}`,
  ]);
  const publish = ['--publish', `127.0.0.1:${port}:${port}`];
  return [
    'run',
    '--rm',
    '--name',
    container,
    ...publish,
    '--env',
    'KAFKA_HEAP_OPTS=-Xmx512m',
    ...variables,
    image,
  ];
}

/** Rejects, saying why, when there is no Docker whose engine answers. */
export function checkDocker(): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(
      'docker',
      ['version', '--format', '{{.Server.Version}}'],
      { timeout: 10_000 },
      (error, _stdout, stderr) => {
        if (!error) return resolve();
        const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
        const reason = stderr.trim().split('\n').at(-1) || error.message;
        reject(new Error(isMissing ? '`docker` is not on the PATH' : `Docker does not answer: ${reason}`));
      },
    );
  });
}

/** One container, removed at the end in every case. */
export class DockerKafka {
  readonly #container = `kafka-adapter-try-${randomUUID()}`;
  readonly #preferredPort: number;
  #port = 0;
  #client: ChildProcess | undefined;
  #watchdog: Watchdog | undefined;
  /** Resolves with a readable exit status when the container is gone. */
  ended: Promise<string> = Promise.resolve('not started');

  constructor(preferredPort: number) {
    this.#preferredPort = preferredPort;
  }

  get brokers(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Resolves when the broker serves clients; the image is pulled first when it is not there. */
  async start(): Promise<void> {
    this.#port = await freePort(this.#preferredPort);
    this.#watchdog = new Watchdog({ signal: 'TERM', cleanup: ['docker', 'rm', '--force', this.#container] });
    // Kafka's own log is of no use here; the progress of a pull goes to the error output and stays visible.
    const client = spawn('docker', dockerArguments(this.#container, this.#port), {
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.#client = client;
    this.ended = new Promise((resolve) => {
      client.on('error', (error) => resolve(error.message));
      client.on('exit', (code) => resolve(`exit status ${code}`));
    });
    let status: string | undefined;
    const given = new AbortController();
    const timer = setTimeout(() => given.abort(), startTimeoutMs);
    const died = this.ended.then((reason) => {
      status = reason;
    });
    await Promise.race([waitForBrokers(this.#port, [this.#port], given.signal), died]);
    clearTimeout(timer);
    const isLate = given.signal.aborted;
    given.abort();
    if (status === undefined && !isLate) return;
    await this.close();
    throw new Error(isLate ? `no broker after ${startTimeoutMs / 1000} s` : `the container ended: ${status}`);
  }

  async close(): Promise<void> {
    const remove = spawn('docker', ['rm', '--force', this.#container], { stdio: 'ignore' });
    await Promise.race([once(remove, 'exit'), once(remove, 'error')]).catch(() => {});
    // Still pulling the image, there is no container to remove.
    this.#client?.kill('SIGTERM');
    await this.ended;
    await this.#watchdog?.end();
  }
}
