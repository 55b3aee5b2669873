/** The settings of a throw-away Kafka broker: small, quick to start, bounded on disk. */

/** Where one node of a KRaft cluster lives; every node is broker and controller at once. */
export interface NodeAddress {
  nodeId: number;
  /** For clients. */
  port: number;
  /** For the other controllers. */
  controllerPort: number;
}

export type Properties = Record<string, string>;

/** The settings that do not depend on where the node runs. */
export function commonProperties(replicas: number): Properties {
  const copies = String(Math.min(replicas, 3));
  const inSync = String(replicas > 2 ? 2 : 1);
  return {
    'auto.create.topics.enable': 'true',
    'num.partitions': '6',
    'default.replication.factor': copies,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': copies,
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': inSync,
    'group.initial.rebalance.delay.ms': '0',
    // A broker that was killed is waited for that long before its next run may take its place: 9 s by default.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    // Bounded by size, not by time: a record carries the time of its sample, which may be years ago.
    'log.retention.ms': '-1',
    'log.retention.bytes': String(256 * 1024 * 1024),
    'log.segment.bytes': String(64 * 1024 * 1024),
  };
}

/** The settings that make a node reachable at 127.0.0.1 only. */
export function addressProperties(node: NodeAddress, voters: NodeAddress[]): Properties {
  return {
    'node.id': String(node.nodeId),
    'process.roles': 'broker,controller',
    listeners: `PLAINTEXT://127.0.0.1:${node.port},CONTROLLER://127.0.0.1:${node.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${node.port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.voters': voters
      .map((voter) => `${voter.nodeId}@127.0.0.1:${voter.controllerPort}`)
      .join(','),
  };
}

/** The text of a server.properties file; backslashes of Windows paths would otherwise be eaten. */
export function formatProperties(properties: Properties): string {
  const lines = Object.entries(properties).map(
    ([name, value]) => `${name}=${value.replaceAll('\\', '\\\\')}`,
  );
  return `${lines.join('\n')}\n`;
}
