/** Observations to facts: which replicas there are, who answered how often, and what stands in front of them. */

import { plainAddress } from '../lib/address.ts';
import { isAnswer, type Observations } from './observe.ts';
import type { Answer, Exchange } from './probe.ts';
import type { Whoami } from './whoami.ts';

/** The experiments that count answers. */
export const EXPERIMENTS = ['kept', 'fresh', 'sources', 'held'] as const;
export type Experiment = (typeof EXPERIMENTS)[number];

export interface ReplicaFacts {
  /** The id, with a part of the instance when that is needed to tell two of them apart. */
  readonly name: string;
  readonly id: string;
  readonly instance: string;
  readonly hostname: string;
  readonly version: string;
  /** Those that were seen. */
  readonly states: readonly string[];
  readonly maxAgeSeconds: number;
  readonly maxAgeJitter: number;
  readonly idleTimeoutSeconds: number;
  readonly maxRequests: number;
  readonly answers: Readonly<Record<Experiment, number>>;
}

export interface Front {
  readonly kind: 'direct' | 'layer4' | 'layer7';
  /** Of a layer-7 proxy: whether it uses a connection to a replica for more than one request. */
  readonly keepsUpstream: boolean;
  /** Whether two requests of one of our connections reached different replicas. */
  readonly spreadsRequests: boolean;
  /** What gave a layer-7 proxy away. */
  readonly signs: readonly string[];
}

export interface Facts {
  readonly replicas: readonly ReplicaFacts[];
  readonly front: Front;
  /** The same id at replicas that ran at the same time. */
  readonly equalIds: readonly string[];
  /** Ids whose instance changed while this ran. */
  readonly restarted: readonly string[];
  /** Requests that were sent and failed, by what came instead. */
  readonly failures: Readonly<Record<string, number>>;
  readonly sent: number;
}

export function factsOf(observed: Observations): Facts {
  const byExperiment: Record<Experiment, readonly Exchange[]> = {
    kept: observed.kept,
    fresh: observed.fresh,
    sources: observed.sources,
    held: observed.held.flat(),
  };
  const exchanges = [...Object.values(byExperiment).flat(), ...(observed.idle ? [observed.idle.first] : [])];
  const answers = exchanges.filter(isAnswer);
  const instances = Map.groupBy(answers, ({ whoami }) => whoami.instance);
  const ids = Map.groupBy(instances.values(), ([first]) => first!.whoami.id);
  const shared = [...ids].filter(([, group]) => group.length > 1);
  const equalIds = shared.filter(([, group]) => ranTogether(group)).map(([id]) => id);
  const countOf = (experiment: Experiment, instance: string): number =>
    byExperiment[experiment].filter((one) => isAnswer(one) && one.whoami.instance === instance).length;
  const replicas = [...instances].map(([instance, group]) => {
    // The latest: a state changes, nothing else does.
    const { whoami } = group.at(-1)!;
    const isShared = (ids.get(whoami.id)?.length ?? 0) > 1;
    return {
      name: isShared ? `${whoami.id} (${instance.slice(0, 8)})` : whoami.id,
      id: whoami.id,
      instance,
      hostname: whoami.hostname,
      version: whoami.version,
      states: [...new Set(group.map((answer) => answer.whoami.state))],
      ...settingsOf(whoami),
      answers: {
        kept: countOf('kept', instance),
        fresh: countOf('fresh', instance),
        sources: countOf('sources', instance),
        held: countOf('held', instance),
      },
    };
  });
  return {
    replicas: replicas.sort((one, other) => one.name.localeCompare(other.name, 'en', { numeric: true })),
    front: frontOf(answers, observed),
    equalIds,
    restarted: shared.map(([id]) => id).filter((id) => !equalIds.includes(id)),
    failures: failuresOf(exchanges),
    sent: exchanges.length,
  };
}

function settingsOf({ maxAgeSeconds, maxAgeJitter, idleTimeoutSeconds, maxRequests }: Whoami) {
  return { maxAgeSeconds, maxAgeJitter, idleTimeoutSeconds, maxRequests };
}

/** One after the other on the same host is a restart; at the same time, or on two hosts, it is two replicas. */
function ranTogether(group: readonly (readonly Answer[])[]): boolean {
  if (new Set(group.map(([first]) => first!.whoami.hostname)).size > 1) return true;
  const spans = group
    .map((answers) => answers.map(({ atMs }) => atMs))
    .map((times) => ({ from: Math.min(...times), to: Math.max(...times) }))
    .sort((one, other) => one.from - other.from);
  return spans.some((span, index) => index > 0 && span.from < spans[index - 1]!.to);
}

function failuresOf(exchanges: readonly Exchange[]): Record<string, number> {
  const failures: Record<string, number> = {};
  for (const exchange of exchanges) {
    if (isAnswer(exchange)) continue;
    failures[exchange.problem] = (failures[exchange.problem] ?? 0) + 1;
  }
  return failures;
}

/**
 * Nothing in front: both ends of the connection are the same for us and the replica. Layer 4 changes addresses at
 * most: each of our connections is one connection at one replica. Whatever else is seen takes a proxy that reads HTTP.
 */
function frontOf(answers: readonly Answer[], { address, port }: Observations): Front {
  const isDirect = answers.every(
    ({ whoami, localAddress, localPort }) =>
      whoami.peerPort === localPort &&
      plainAddress(whoami.peerAddress) === plainAddress(localAddress) &&
      whoami.localPort === port &&
      plainAddress(whoami.localAddress) === plainAddress(address),
  );
  const ours = [...Map.groupBy(answers, ({ connection }) => connection).values()];
  const theirs = [...Map.groupBy(answers, ({ whoami }) => whoami.connection).values()];
  const signs = signsOfLayer7({ answers, ours, theirs });
  const kind = signs.length > 0 ? 'layer7' : isDirect ? 'direct' : 'layer4';
  return {
    kind,
    keepsUpstream: answers.some(({ whoami }) => whoami.connectionRequests > 1),
    spreadsRequests: ours.some((group) => new Set(group.map(({ whoami }) => whoami.instance)).size > 1),
    signs,
  };
}

interface Connections {
  readonly answers: readonly Answer[];
  /** The answers of each connection as we opened it, and as a replica accepted it. */
  readonly ours: readonly (readonly Answer[])[];
  readonly theirs: readonly (readonly Answer[])[];
}

function signsOfLayer7({ answers, ours, theirs }: Connections): string[] {
  const headers = new Set(answers.flatMap(({ whoami }) => whoami.proxyHeaders));
  const versions = new Set(answers.map(({ whoami }) => whoami.httpVersion).filter((text) => text !== '1.1'));
  // Node sends keep-alive; by RFC 9110 a proxy takes that out, and puts in what it likes.
  const asked = new Set(
    answers
      .map(({ whoami }) => whoami.requestConnection)
      .filter((text) => text.toLowerCase() !== 'keep-alive'),
  );
  const split = ours.filter((group) => new Set(group.map(({ whoami }) => whoami.connection)).size > 1);
  const joined = theirs.filter((group) => new Set(group.map(({ connection }) => connection)).size > 1);
  const ahead = ours.filter(([first]) => first!.whoami.connectionRequests > 1);
  return [
    ...(split.length > 0 ? ['one connection of ours is several at the replicas'] : []),
    ...(joined.length > 0 ? ['several connections of ours are one at a replica'] : []),
    ...(joined.length === 0 && ahead.length > 0
      ? ['a new connection of ours is an old one at a replica']
      : []),
    ...(headers.size > 0 ? [`added headers: ${[...headers].join(', ')}`] : []),
    ...[...versions].map((version) => `HTTP/${version} arrives`),
    ...[...asked].map((text) =>
      text === '' ? 'our Connection: keep-alive does not arrive' : `Connection: ${text} arrives`,
    ),
  ];
}
