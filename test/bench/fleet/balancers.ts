/** Virtual layer-4 balancers: which replica a new connection goes to. */

/** What a balancer sees: who may be chosen, and how many connections each has. */
export interface Pool {
  /** Indexes of the replicas that take connections. */
  readonly members: readonly number[];
  connectionsOf(member: number): number;
}

export type Balancer = (pool: Pool, client: number) => number;

const TMMS = 8;

export const BALANCERS = {
  'round robin': () => inTurn(0),
  /** As BIG-IP: each of its processors takes turns by itself, and a connection comes to any of them. */
  'round robin by TMM': (random) => {
    const turns = Array.from({ length: TMMS }, () => inTurn(Math.floor(random() * 1000)));
    return (pool, client) => turns[Math.floor(random() * TMMS)]!(pool, client);
  },
  /** The first member is sent twice as many as each other one. */
  'weighted round robin': () => {
    const turn = inTurn(0);
    return (pool, client) => turn({ ...pool, members: [pool.members[0]!, ...pool.members] }, client);
  },
  random:
    (random) =>
    ({ members }) =>
      members[Math.floor(random() * members.length)]!,
  /** Those that have equally few take turns, as with HAProxy and nginx: always the first would draw in the busiest flows. */
  'least connections': () => {
    const turn = inTurn(0);
    return (pool, client) => {
      const least = Math.min(...pool.members.map((member) => pool.connectionsOf(member)));
      const members = pool.members.filter((member) => pool.connectionsOf(member) === least);
      return turn({ ...pool, members }, client);
    };
  },
  /** By client, as source persistence does it. */
  sticky: (random) => {
    const places = new Map<number, number>();
    return ({ members }, client) => {
      const place = places.get(client) ?? random();
      places.set(client, place);
      return members[Math.floor(place * members.length)]!;
    };
  },
} as const satisfies Record<string, (random: () => number) => Balancer>;

export type BalancerName = keyof typeof BALANCERS;

function inTurn(first: number): Balancer {
  let turn = first;
  return ({ members }) => members[turn++ % members.length]!;
}
