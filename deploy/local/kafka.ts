/** A throw-away Kafka of one or more KRaft nodes on this machine, for trying out and for tests. */

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JavaProcess, type KafkaRuntime } from './java-process.ts';
import { waitForBrokers } from './kafka-probe.ts';
import {
  addressProperties,
  commonProperties,
  formatProperties,
  type NodeAddress,
  type Properties,
} from './kafka-properties.ts';
import { freePort } from './ports.ts';
import { Watchdog } from './watchdog.ts';

export type { KafkaRuntime } from './java-process.ts';

// Quick to start and small rather than fast in the long run.
const quickStart = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
const stopTimeoutMs = 30_000;

/** What may differ from a single node on free ports with a fresh folder. */
export interface KafkaNodeOptions {
  runtime: KafkaRuntime;
  /** Free ports when left out. */
  address?: NodeAddress;
  /** All nodes of the cluster, this one included. */
  voters?: NodeAddress[];
  clusterId?: string;
  /** Added to, and stronger than, the settings of its own. */
  properties?: Properties;
  /** Further arguments for formatting the storage, such as users of SCRAM. */
  formatArguments?: string[];
  /** Java's flags instead of those for a quick start. */
  javaFlags?: string[];
  /** Kept at the end when given; else a fresh folder, removed at the end whatever happens. */
  dataDirectory?: string;
  startTimeoutMs?: number;
}

/** A random id in the form Kafka writes them: 16 bytes in base64url, but not like an option in front. */
export function randomClusterId(): string {
  return randomBytes(16).toString('base64url').replace(/^-/, 'A');
}

/** A node on two free ports. */
export async function freeAddress(nodeId = 1, preferredPort = 0): Promise<NodeAddress> {
  const port = await freePort(preferredPort);
  let controllerPort = port;
  while (controllerPort === port) controllerPort = await freePort();
  return { nodeId, port, controllerPort };
}

/** One node, broker and controller at once; it can be stopped and started again on the same data and ports. */
export class KafkaNode {
  readonly #options: KafkaNodeOptions;
  #address: NodeAddress | undefined;
  #directory: string | undefined;
  #watchdog: Watchdog | undefined;
  #process: JavaProcess | undefined;
  #isClosed = false;

  constructor(options: KafkaNodeOptions) {
    this.#options = options;
    this.#address = options.address;
  }

  /** The address for clients, `host:port`; known from the first start on. */
  get brokers(): string {
    if (!this.#address) throw new Error('this Kafka node has no address before its first start');
    return `127.0.0.1:${this.#address.port}`;
  }

  /** The folder of its data and settings; known from the first start on. */
  get directory(): string {
    if (!this.#directory) throw new Error('this Kafka node has no folder before its first start');
    return this.#directory;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** The last lines of the broker's output. */
  get log(): string {
    return this.#process?.log ?? '';
  }

  /** Resolves with a readable exit status when the running broker is gone, for whatever reason. */
  get ended(): Promise<string> {
    return this.#process?.exited ?? Promise.resolve('not started');
  }

  /** Resolves when the broker serves clients; rejects with its last lines when it dies or takes too long. */
  async start(): Promise<void> {
    if (this.#process && !this.#process.hasExited) throw new Error('this Kafka node is running already');
    const file = await this.#prepare();
    const flags = this.#options.javaFlags ?? quickStart;
    const broker = this.#run([...flags, ...this.#systemProperties(), 'kafka.Kafka', file]);
    const timeoutMs = this.#options.startTimeoutMs ?? 120_000;
    const given = new AbortController();
    const timer = setTimeout(() => given.abort(), timeoutMs);
    const port = this.#address?.port ?? 0;
    await Promise.race([waitForBrokers(port, [port], given.signal), broker.exited]);
    clearTimeout(timer);
    const isLate = given.signal.aborted;
    given.abort();
    if (broker.hasExited)
      throw new Error(`Kafka ended while starting: ${await broker.exited}\n${broker.log}`);
    if (!isLate) return;
    await this.stop('SIGKILL');
    throw new Error(`Kafka did not serve clients within ${timeoutMs / 1000} s\n${broker.log}`);
  }

  /** Sends the signal and resolves when the process is gone; its data and ports stay for another start. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const running = this.#process;
    if (!running) return;
    running.signal(signal);
    // One that was paused would never see a SIGTERM.
    running.signal('SIGCONT');
    const timer = setTimeout(() => running.signal('SIGKILL'), stopTimeoutMs);
    await running.exited;
    clearTimeout(timer);
  }

  /** Lets the broker hang: its connections stay open and nothing answers. */
  pause(): void {
    this.#process?.signal('SIGSTOP');
  }

  resume(): void {
    this.#process?.signal('SIGCONT');
  }

  /** Ends the broker at once and removes its folder; also in the middle of a start. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.stop('SIGKILL');
    await this.#watchdog?.end();
    if (!this.#options.dataDirectory && this.#directory) {
      await rm(this.#directory, { recursive: true, force: true });
    }
  }

  /** Folder, settings file and formatted storage; gives the path of the settings file. */
  async #prepare(): Promise<string> {
    this.#address ??= await freeAddress();
    this.#directory ??= this.#options.dataDirectory ?? (await mkdtemp(join(tmpdir(), 'kafka-adapter-try-')));
    const cleanup = this.#options.dataDirectory ? undefined : ['rm', '-rf', '--', this.#directory];
    this.#watchdog ??= new Watchdog(cleanup ? { signal: 'KILL', cleanup } : { signal: 'KILL' });
    await mkdir(join(this.#directory, 'tmp'), { recursive: true });
    const voters = this.#options.voters ?? [this.#address];
    const file = join(this.#directory, 'server.properties');
    const properties = {
      ...commonProperties(voters.length),
      ...addressProperties(this.#address, voters),
      'log.dirs': join(this.#directory, 'data'),
      ...this.#options.properties,
    };
    await writeFile(file, formatProperties(properties));
    if (existsSync(join(this.#directory, 'data', 'meta.properties'))) return file;
    const clusterId = this.#options.clusterId ?? randomClusterId();
    const tool = ['kafka.tools.StorageTool', 'format', '--cluster-id', clusterId, '--config', file];
    const further = this.#options.formatArguments ?? [];
    const format = this.#run(['-XX:TieredStopAtLevel=1', ...this.#systemProperties(), ...tool, ...further]);
    const status = await format.exited;
    if (!format.isSuccess)
      throw new Error(`Kafka's storage could not be formatted: ${status}\n${format.log}`);
    return file;
  }

  /** Java would leave performance counters and unpacked libraries in the shared folder for temporary files. */
  #systemProperties(): string[] {
    const temporary = `-Djava.io.tmpdir=${join(this.#directory ?? tmpdir(), 'tmp')}`;
    return ['-XX:-UsePerfData', temporary, '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];
  }

  #run(args: string[]): JavaProcess {
    if (this.#isClosed || !this.#watchdog) throw new Error('this Kafka node is closed');
    this.#process = new JavaProcess(this.#options.runtime, args, this.#watchdog);
    return this.#process;
  }
}

/** Several nodes that replicate to each other: three copies, two of them in sync for an acknowledgement. */
export class KafkaCluster {
  readonly nodes: KafkaNode[];
  readonly #addresses: NodeAddress[];

  private constructor(nodes: KafkaNode[], addresses: NodeAddress[]) {
    this.nodes = nodes;
    this.#addresses = addresses;
  }

  /** Picks the ports; nothing runs yet. */
  static async create(
    size: number,
    options: Omit<KafkaNodeOptions, 'address' | 'voters'>,
  ): Promise<KafkaCluster> {
    const addresses: NodeAddress[] = [];
    while (addresses.length < size) {
      const address = await freeAddress(addresses.length + 1);
      const taken = addresses.flatMap((other) => [other.port, other.controllerPort]);
      if (!taken.includes(address.port) && !taken.includes(address.controllerPort)) addresses.push(address);
    }
    const clusterId = options.clusterId ?? randomClusterId();
    const nodes = addresses.map(
      (address) => new KafkaNode({ ...options, clusterId, address, voters: addresses }),
    );
    return new KafkaCluster(nodes, addresses);
  }

  get brokers(): string {
    return this.nodes.map((node) => node.brokers).join(',');
  }

  /** Resolves when every node serves clients and knows all the others. */
  async start(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.start()));
    const ports = this.#addresses.map((address) => address.port);
    const signal = AbortSignal.timeout(60_000);
    await Promise.all(ports.map((port) => waitForBrokers(port, ports, signal)));
    signal.throwIfAborted();
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.close()));
  }
}
