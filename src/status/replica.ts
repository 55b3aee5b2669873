/** What a replica says of itself, whoever asks: probes, /-/whoami, the status page. */

/** What readiness depends on, asked at each probe. */
export interface Readiness {
  /** `ready` and `starting` are the replica's own word; `draining` is what balancers match. */
  readonly word: 'ready' | 'starting' | 'draining';
  readonly detail: string;
}

export interface Replica {
  /** The option `replica.id`, or hostname:port. */
  readonly id: string;
  /** Drawn anew at each start: two replicas of the same id can be told apart. */
  readonly instance: string;
  readonly hostname: string;
  readonly version: string;
  readonly revision: string;
  readonly startedAt: Date;
  readonly readiness: Readiness;
}
