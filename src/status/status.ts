/** The answer of /api/v1/status, which the status page shows: types only. */

import type { FleetRecord } from '../fleet/record.ts';
import type { Replica } from './replica.ts';

export interface ConnectionStatus {
  readonly id: number;
  /** `address:port` of the peer: the client, or the balancer where it translates addresses. */
  readonly client: string;
  readonly agent: string;
  readonly ageSeconds: number;
  readonly idleSeconds: number;
  readonly requests: number;
  readonly inFlight: number;
  readonly samples: number;
  /** Of the samples that all open connections brought in the last seconds, 0 to 1. */
  readonly share: number;
  /** Until an answer asks it to close; null for never. */
  readonly closesInSeconds: number | null;
}

export interface FleetReplica
  extends Pick<
    FleetRecord,
    'id' | 'instance' | 'version' | 'address' | 'state' | 'samplesPerSecond' | 'connections' | 'cpu'
  > {
  /** Whether it is the replica that answers. */
  readonly isThis: boolean;
  /** Whether another replica that runs has its id; of the two the later one is shown. */
  readonly hasNamesake: boolean;
  /** Of the samples that all ready replicas get, 0 to 1; null when it is not ready, or there are none. */
  readonly share: number | null;
  /** ISO 8601, by its own clock. */
  readonly startedAt: string;
  readonly heardSecondsAgo: number;
}

/** `error`: samples do not get through. `warning`: something is to be done. `info`: good to know. */
export type HintLevel = 'error' | 'warning' | 'info';

export interface Hint {
  readonly level: HintLevel;
  readonly text: string;
}

export interface Status {
  readonly replica: Pick<Replica, 'id' | 'instance' | 'hostname' | 'version' | 'revision'> & {
    readonly node: string;
    /** ISO 8601. */
    readonly startedAt: string;
    readonly uptimeSeconds: number;
    readonly state: Replica['readiness']['word'];
    readonly detail: string;
  };
  readonly configuration: {
    /** Why it, or a file it names, could not be read again; none when what stands there is in force. */
    readonly problems: readonly string[];
    /** ISO 8601; null without problems. */
    readonly failedSince: string | null;
  };
  readonly limits: {
    /** 0 = off. */
    readonly maxAgeSeconds: number;
    /** Above it when `connection.max_close_rate` does not allow as many closes. */
    readonly effectiveMaxAgeSeconds: number;
    readonly maxAgeJitter: number;
    /** 0 = off. */
    readonly maxRequests: number;
    readonly idleTimeoutSeconds: number;
    /** 0 = no bound. */
    readonly maxCloseRatePerSecond: number;
  };
  /** Rates over `windowSeconds`; `refused`, `retried`, `dropped` and `misread` since the start. */
  readonly traffic: {
    readonly windowSeconds: number;
    readonly requestsPerSecond: number;
    readonly samplesPerSecond: number;
    /** As received, compressed. */
    readonly bytesPerSecond: number;
    readonly writtenSamplesPerSecond: number;
    /** Of write requests; null without any. */
    readonly p50Seconds: number | null;
    readonly p99Seconds: number | null;
    /** Of senders, begun and not answered. */
    readonly requestsInFlight: number;
    /** 0 to 1. */
    readonly eventLoopUtilization: number;
    readonly refused: number;
    readonly retried: number;
    readonly dropped: number;
    /** Requests that hold nothing of the message that their Content-Type names. */
    readonly misread: number;
  };
  readonly connections: {
    readonly open: number;
    readonly probes: number;
    /** Without a request so far, as browsers and Go open them ahead of need. */
    readonly unused: number;
    readonly oldestAgeSeconds: number;
    readonly accepted: number;
    /** Since the start, by reason. */
    readonly closed: Readonly<Record<string, number>>;
    readonly skipped: Readonly<Record<string, number>>;
    readonly shown: number;
    /** The largest shares first. */
    readonly list: readonly ConnectionStatus[];
  };
  /** The sticky detector. */
  readonly returns: {
    readonly ratio: number | null;
    /** Standard error of the ratio. */
    readonly error: number | null;
    readonly watched: number;
    readonly verdict: 'unknown' | 'spreads' | 'sticky';
    readonly meaning: string;
  };
  /** Null when the fleet is off. */
  readonly fleet: {
    /** The options `fleet.name`, `fleet.topic` and `fleet.tolerance`. */
    readonly name: string;
    readonly topic: string;
    readonly tolerance: number;
    readonly isUsable: boolean;
    /** Why it is not usable; '' while it is. */
    readonly problem: string;
    /** Another replica that runs has the id of this one. */
    readonly hasNamesake: boolean;
    /** Replicas that are ready, this one included when it is. */
    readonly ready: number;
    /** Load of the busiest of these by the mean; null without load. */
    readonly imbalance: number | null;
    readonly known: number;
    /** By id; the busiest when there are very many. */
    readonly list: readonly FleetReplica[];
  } | null;
  readonly kafka: {
    readonly topic: string;
    readonly connectedBrokers: number;
    readonly queueBytes: number;
    readonly queueLimitBytes: number;
    readonly lastAckSecondsAgo: number | null;
    readonly recordsPerSecond: number;
    readonly bytesPerSecond: number;
    /** Write requests whose records Kafka did not acknowledge, since the start. */
    readonly failures: number;
    /** The same over the time of `traffic`. */
    readonly failuresPerSecond: number;
  };
  /** The gravest first. */
  readonly hints: readonly Hint[];
}
