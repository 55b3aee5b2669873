/** All that runs in the demo: Kafka, the replicas, the balancer, the senders; started one by one, ended at once. */

import { freePort } from '../local/ports.ts';
import { firstThatWorks, type LocalKafka, waysToKafka } from '../local/ways.ts';
import { type Balancer, startBalancer } from './balancer.ts';
import { Generator } from './generator.ts';
import type { Part } from './part.ts';
import { findPrometheus, startPrometheus } from './prometheus.ts';
import { replicaName, startReplica, waitUntilReady } from './replica.ts';
import type { Sender } from './sender.ts';
import { until } from './until.ts';
import { askAfresh } from './whoami.ts';

export interface StageOptions {
  readonly environment: NodeJS.ProcessEnv;
  /** Where the progress of a download is shown. */
  readonly out: NodeJS.WritableStream;
  /** Aborted when all is to end. */
  readonly signal: AbortSignal;
  /** Called when something ends by itself. */
  readonly onLost: (error: Error) => void;
}

export class Stage {
  readonly #options: StageOptions;
  readonly #ports: readonly number[];
  readonly #senders: Sender[] = [];
  #replicas: Part[] = [];
  #kafka: LocalKafka | undefined;
  #balancer: Balancer | undefined;

  private constructor(options: StageOptions, ports: readonly number[]) {
    this.#options = options;
    this.#ports = ports;
  }

  /** With places for that many replicas; nothing runs yet. */
  static async create(places: number, options: StageOptions): Promise<Stage> {
    const ports = new Set<number>();
    while (ports.size < places) ports.add(await freePort());
    return new Stage(options, [...ports]);
  }

  get replicaUrls(): string[] {
    return this.#ports.map((port) => `http://127.0.0.1:${port}`);
  }

  /** Kafka's address; undefined when the replicas run dry. */
  get brokers(): string | undefined {
    return this.#kafka?.brokers;
  }

  get balancer(): Balancer {
    if (!this.#balancer) throw new Error('the balancer has not been started');
    return this.#balancer;
  }

  /** Gives the reasons when there is no way to a Kafka here. */
  async startKafka(): Promise<string[]> {
    const { environment, out, signal, onLost } = this.#options;
    const { kafka, refusals } = await firstThatWorks(waysToKafka({ environment, out }), signal);
    this.#kafka = kafka;
    void kafka?.ended.then((status) => onLost(new Error(`Kafka has ended: ${status}`)));
    return kafka ? [] : refusals;
  }

  async startBalancer(): Promise<void> {
    const { environment, onLost } = this.#options;
    this.#balancer = await startBalancer({ environment, ports: this.#ports, onLost });
  }

  /** A real Prometheus where there is one. */
  async startSender(): Promise<Sender> {
    const found = findPrometheus(this.#options.environment);
    if (!found) return this.addGenerator();
    const targets = this.#ports.map((port) => `127.0.0.1:${port}`);
    const sender = await startPrometheus(found, { ...this.#options, writeUrl: this.#writeUrl, targets });
    this.#senders.push(sender);
    return sender;
  }

  addGenerator(): Sender {
    const sender = Generator.start(this.#writeUrl);
    this.#senders.push(sender);
    return sender;
  }

  /** Samples the senders had to send again so far, for whatever reason. */
  async repeats(): Promise<number> {
    const repeats = await Promise.all(this.#senders.map((sender) => sender.repeats()));
    return repeats.reduce((sum, count) => sum + count, 0);
  }

  /** Starts replicas until there are so many; resolves when the balancer gives connections to all of them. */
  async scaleTo(count: number, maxAge: string): Promise<void> {
    const { environment, signal, onLost } = this.#options;
    for (const port of this.#ports.slice(this.#replicas.length, count)) {
      const number = this.#replicas.length + 1;
      this.#replicas.push(startReplica({ number, port, maxAge, brokers: this.brokers, environment, onLost }));
    }
    await Promise.all(this.replicaUrls.slice(0, count).map((url) => waitUntilReady(url, signal)));
    const names = this.#replicas.map((_, index) => replicaName(index + 1));
    const isPoolFull = async (): Promise<boolean> => {
      const answers = await askAfresh(this.balancer.url, 2 * count, signal);
      return names.every((name) => answers.has(name));
    };
    await until(`the balancer gives connections to ${names.join(', ')}`, isPoolFull, signal);
  }

  /** Lets all replicas finish what is under way, and leave. */
  async removeReplicas(): Promise<void> {
    await Promise.all(this.#replicas.map((replica) => replica.stop()));
    this.#replicas = [];
  }

  /** Ends everything at once. */
  async close(): Promise<void> {
    await Promise.all([
      ...this.#senders.map((sender) => sender.close()),
      ...this.#replicas.map((replica) => replica.kill()),
      this.#balancer?.close(),
      this.#kafka?.close(),
    ]);
  }

  get #writeUrl(): string {
    return `${this.balancer.url}/api/v1/write`;
  }
}
