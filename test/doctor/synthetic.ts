/** Observations as they would be made in front of replicas and balancers of any kind, without either. */

import type { IdleObservation, Observations } from '../../src/doctor/observe.ts';
import type { Answer, Exchange, Failure } from '../../src/doctor/probe.ts';
import type { Whoami } from '../../src/doctor/whoami.ts';

const OUR_ADDRESS = '192.0.2.1';
const BALANCER = { address: '192.0.2.10', port: 8080 };

/** What stands in front. `layer7_tagged` is a proxy that has one upstream connection for each of ours. */
export type FrontKind = 'direct' | 'layer4' | 'layer7_kept' | 'layer7_per_request' | 'layer7_tagged';

/** Makes answers of replicas; counts connections and requests as both sides would see them. */
export class World {
  readonly #front: FrontKind;
  readonly #replicas: Readonly<Record<string, Partial<Whoami>>>;
  readonly #requests = new Map<string, number>();
  #connections = 0;
  #upstream = 0;
  #atMs = 0;

  /** `replicas` by instance. */
  constructor(front: FrontKind, replicas: Readonly<Record<string, Partial<Whoami>>>) {
    this.#front = front;
    this.#replicas = replicas;
  }

  /** A new connection of ours; what it gives answers one request over it. */
  connection(
    localAddress = OUR_ADDRESS,
  ): (instance: string, more?: Partial<Whoami> & { readonly isLast?: boolean }) => Answer {
    const connection = ++this.#connections;
    const localPort = 40_000 + connection;
    return (instance, { isLast = false, ...more } = {}) => {
      const name = this.#upstreamName(instance, connection);
      const connectionRequests = (this.#requests.get(name) ?? 0) + 1;
      this.#requests.set(name, connectionRequests);
      this.#atMs += 10;
      const isDirect = this.#front === 'direct';
      const arrives = this.#front === 'layer7_kept' ? '' : 'keep-alive';
      const whoami: Whoami = {
        id: instance,
        instance,
        hostname: instance,
        version: '1.0.0',
        state: 'ready',
        localAddress: isDirect ? BALANCER.address : '198.51.100.1',
        localPort: 8080,
        peerAddress: isDirect ? localAddress : '192.0.2.99',
        peerPort: isDirect ? localPort : 20_000 + connection,
        connection: name,
        connectionAgeSeconds: 1,
        connectionRequests,
        httpVersion: '1.1',
        requestConnection: this.#front === 'layer7_per_request' ? 'close' : arrives,
        proxyHeaders: this.#front === 'layer7_tagged' ? ['x-forwarded-for'] : [],
        maxAgeSeconds: 60,
        maxAgeJitter: 0.25,
        idleTimeoutSeconds: 75,
        maxRequests: 0,
        ...this.#replicas[instance],
        ...more,
      };
      return { connection, localAddress, localPort, atMs: this.#atMs, isLast, whoami };
    };
  }

  /** One request over each of that many new connections; `choose` gives the instance. */
  each(count: number, choose: (index: number) => string, localAddress?: string): Answer[] {
    return Array.from({ length: count }, (_, index) => this.connection(localAddress)(choose(index)));
  }

  /** That many requests over one connection. */
  one(count: number, choose: (index: number) => string): Answer[] {
    const ask = this.connection();
    return Array.from({ length: count }, (_, index) => ask(choose(index)));
  }

  fail(problem: string): Failure {
    this.#atMs += 10;
    return { atMs: this.#atMs, problem };
  }

  /** A client that is asked to leave at that age, and comes to another replica or the same. */
  leaving(instance: string, ageSeconds: number, next: string): Exchange[] {
    const ask = this.connection();
    return [
      ask(instance),
      ask(instance, { connectionAgeSeconds: ageSeconds, isLast: true }),
      this.connection()(next),
    ];
  }

  /** A connection that was left alone. */
  idle(instance: string, rest: Partial<Omit<IdleObservation, 'first'>> = {}): IdleObservation {
    const ending = { afterMs: 75_800, isReset: false };
    return { first: this.connection()(instance), ending, waitedMs: 75_800, after: undefined, ...rest };
  }

  #upstreamName(instance: string, connection: number): string {
    if (this.#front === 'layer7_kept') return `${instance}-pool`;
    if (this.#front === 'layer7_per_request') return `${instance}-${++this.#upstream}`;
    return `${instance}-${connection}`;
  }
}

/** Everything that is not given is missing, as with --quick. */
export function observations(parts: Partial<Observations>): Observations {
  return {
    http2: undefined,
    addresses: 1,
    ...BALANCER,
    kept: [],
    fresh: [],
    sources: [],
    held: [],
    idle: undefined,
    neededMs: 80_000,
    waitedMs: 80_000,
    ...parts,
  };
}
