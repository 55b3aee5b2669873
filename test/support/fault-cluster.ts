/** Three brokers, each behind a TCP proxy for those who want one, and what fault tests ask a cluster. */

import { freeAddress, KafkaNode, type KafkaRuntime, randomClusterId } from '../../deploy/local/kafka.ts';
import type { NodeAddress, Properties } from '../../deploy/local/kafka-properties.ts';
import { freePort } from '../../deploy/local/ports.ts';
import { eventually } from './eventually.ts';
import { runtimeOfTests, uniqueTopic, withAdmin } from './kafka.ts';
import { TcpProxy } from './tcp-proxy.ts';

const SIZE = 3;
const PARTITIONS = 6;

/** A listener besides those that every node has: the one that clients reach through the proxy only. */
function proxiedListener(address: NodeAddress, port: number, proxyPort: number): Properties {
  const { port: direct, controllerPort } = address;
  return {
    listeners: `PLAINTEXT://127.0.0.1:${direct},PROXIED://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${direct},PROXIED://127.0.0.1:${proxyPort}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT',
    // Leaders are to stay where a test has put them.
    'auto.leader.rebalance.enable': 'false',
  };
}

/** Addresses that do not collide: each port is free, and none is handed out twice. */
async function distinctAddresses(): Promise<NodeAddress[]> {
  const addresses: NodeAddress[] = [];
  const taken = new Set<number>();
  while (addresses.length < SIZE) {
    const address = await freeAddress(addresses.length + 1);
    if (taken.has(address.port) || taken.has(address.controllerPort)) continue;
    taken.add(address.port).add(address.controllerPort);
    addresses.push(address);
  }
  return addresses;
}

async function proxiedNode(
  runtime: KafkaRuntime,
  settings: { clusterId: string; address: NodeAddress; voters: NodeAddress[] },
): Promise<{ node: KafkaNode; proxy: TcpProxy }> {
  const port = await freePort();
  const proxy = await TcpProxy.start(port);
  const properties = proxiedListener(settings.address, port, proxy.port);
  return { node: new KafkaNode({ runtime, ...settings, properties }), proxy };
}

/** Starts three brokers that replicate to each other without a proxy; `close` ends them. */
export async function startFaultCluster(): Promise<FaultCluster> {
  const runtime = await runtimeOfTests();
  const voters = await distinctAddresses();
  const clusterId = randomClusterId();
  const parts: { node: KafkaNode; proxy: TcpProxy }[] = [];
  for (const address of voters) parts.push(await proxiedNode(runtime, { clusterId, address, voters }));
  const cluster = new FaultCluster(
    parts.map(({ node }) => node),
    parts.map(({ proxy }) => proxy),
  );
  try {
    await cluster.start();
  } catch (error) {
    await cluster.close();
    throw error;
  }
  return cluster;
}

export class FaultCluster {
  /** By node id less one. */
  readonly nodes: readonly KafkaNode[];
  readonly proxies: readonly TcpProxy[];

  constructor(nodes: readonly KafkaNode[], proxies: readonly TcpProxy[]) {
    this.nodes = nodes;
    this.proxies = proxies;
  }

  /** Addresses for those who go straight to the brokers. */
  get brokers(): string {
    return this.nodes.map((node) => node.brokers).join(',');
  }

  get proxiedBrokers(): string {
    return this.proxies.map(({ port }) => `127.0.0.1:${port}`).join(',');
  }

  /** Resolves when every node serves clients. */
  async start(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.start()));
  }

  /** A topic of six partitions with three copies each, two of which an acknowledgement takes. */
  async topic(): Promise<string> {
    const topic = uniqueTopic('fault');
    await withAdmin(this.brokers, (admin) =>
      admin.createTopics({
        // kafkajs does not get over a broker that has not heard of the topic yet.
        waitForLeaders: false,
        topics: [{ topic, numPartitions: PARTITIONS, replicationFactor: SIZE }],
      }),
    );
    await this.waitWhole(topic);
    return topic;
  }

  /** Node id of the leader and ids in sync, by partition; rejects while nobody can be asked. */
  async partitions(topic: string): Promise<{ partition: number; leader: number; inSync: number[] }[]> {
    const { topics } = await withAdmin(this.brokers, (admin) =>
      admin.fetchTopicMetadata({ topics: [topic] }),
    );
    return topics[0]!.partitions
      .map(({ partitionId, leader, isr }) => ({ partition: partitionId, leader, inSync: isr }))
      .sort((a, b) => a.partition - b.partition);
  }

  async leaderOf(topic: string, partition = 0): Promise<number> {
    return (await this.partitions(topic))[partition]!.leader;
  }

  /** Resolves when no partition of the topic is led by that node, but each by another. */
  async waitLedElsewhere(topic: string, nodeId: number): Promise<void> {
    await eventually(
      () =>
        this.partitions(topic).then(
          (found) => found.length > 0 && found.every(({ leader }) => leader > 0 && leader !== nodeId),
          () => false,
        ),
      { what: `no partition of ${topic} is led by broker ${nodeId}`, withinMs: 60_000 },
    );
  }

  /** Resolves when all copies of the topic are in sync. */
  async waitWhole(topic: string): Promise<void> {
    await eventually(
      () =>
        this.partitions(topic).then(
          (found) =>
            found.length > 0 && found.every(({ leader, inSync }) => leader > 0 && inSync.length === SIZE),
          () => false,
        ),
      { what: `all copies of ${topic} are in sync`, withinMs: 90_000 },
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.close()));
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
  }
}
