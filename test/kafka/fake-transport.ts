/** Brokers without a network: they answer metadata and give producer ids as the test says. */

import type { BrokerAddress, BrokerLink, Transport } from '../../src/kafka/transport.ts';

export interface FakeBroker {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

export interface FakeTopic {
  readonly topic: string;
  readonly topicErrorCode: number;
  readonly partitionMetadata: readonly { partitionErrorCode: number; partitionId: number; leader: number }[];
}

export class FakeLink {
  readonly address: BrokerAddress;
  readonly #transport: FakeTransport;
  isConnected = false;
  cuts = 0;
  lastCut = '';

  constructor(address: BrokerAddress, transport: FakeTransport) {
    this.address = address;
    this.#transport = transport;
  }

  async connect(): Promise<void> {
    this.#transport.connects.push(`${this.address.host}:${this.address.port}`);
    await this.#transport.beforeConnect();
    const problem = this.#transport.away.get(this.address.port);
    if (problem !== undefined) throw new Error(problem);
    this.isConnected = true;
  }

  async metadata(topics: readonly string[]): Promise<unknown> {
    const transport = this.#transport;
    transport.asked.push([...topics]);
    await transport.beforeAnswer(this);
    return {
      brokers: transport.brokers,
      // As it is in the protocol: all of them when none is named.
      topicMetadata: transport.topics.filter(({ topic }) => topics.length === 0 || topics.includes(topic)),
    };
  }

  async newProducerId(): Promise<bigint> {
    return this.#transport.newProducerId();
  }

  async cut(reason: Error): Promise<void> {
    this.cuts++;
    this.lastCut = reason.message;
    this.isConnected = false;
  }
}

export class FakeTransport {
  seeds: BrokerAddress[];
  brokers: readonly FakeBroker[];
  topics: FakeTopic[] = [];
  /** Ports that nobody listens on, and what is said then. */
  readonly away = new Map<number, string>();
  readonly connects: string[] = [];
  /** Topics of each metadata request. */
  readonly asked: string[][] = [];
  readonly links: FakeLink[] = [];
  beforeConnect: () => Promise<void> = () => Promise.resolve();
  beforeAnswer: (link: FakeLink) => Promise<void> = () => Promise.resolve();
  newProducerId: () => Promise<bigint> = () => Promise.resolve(7n);

  constructor(brokers: readonly FakeBroker[]) {
    this.brokers = brokers;
    this.seeds = brokers.map(({ host, port }) => ({ host, port }));
  }

  link(address: BrokerAddress): BrokerLink {
    const link = new FakeLink(address, this);
    this.links.push(link);
    return link as unknown as BrokerLink;
  }

  /** In the place of the real one. */
  get asTransport(): Transport {
    return this as unknown as Transport;
  }
}

/** So many brokers, with node ids and ports from 1 and 9001 on. */
export function fakeBrokers(count: number): FakeBroker[] {
  return Array.from({ length: count }, (_, i) => ({ nodeId: i + 1, host: 'broker', port: 9001 + i }));
}
