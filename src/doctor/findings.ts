/** Facts and observations to findings: the judgement, without any input or output. */

import { type Facts, factsOf, type ReplicaFacts } from './facts.ts';
import { type Finding, finding } from './finding.ts';
import { isAnswer, type Observations } from './observe.ts';
import type { Answer } from './probe.ts';
import type { FindingCode } from './table.ts';
import { waitingFindings } from './waiting.ts';

/** What may happen by chance that often is not concluded from. */
const CHANCE = 1e-3;

export interface Diagnosis {
  readonly facts: Facts;
  readonly findings: readonly Finding[];
  /** No finding is a problem. */
  readonly isHealthy: boolean;
}

/** `expect` is the number of replicas that should be there. */
export function diagnose(observed: Observations, expect?: number): Diagnosis {
  const facts = factsOf(observed);
  const findings = [
    ...frontFindings(facts, observed),
    ...spreadFindings(facts, { observed, expect }),
    ...http2Findings(facts, observed),
    ...waitingFindings(facts, observed),
    ...replicaFindings(facts),
  ];
  return { facts, findings, isHealthy: findings.every(({ level }) => level !== 'problem') };
}

function frontFindings({ front, replicas }: Facts, { kept }: Observations): Finding[] {
  // Nobody answered after all.
  if (replicas.length === 0) return [];
  if (front.kind === 'direct') return [finding('direct')];
  if (front.kind === 'layer7') {
    const code = front.keepsUpstream ? 'layer7_kept' : 'layer7_per_request';
    return [finding(code, `Seen by: ${front.signs.join('; ')}.`)];
  }
  const connections = new Set(kept.filter(isAnswer).map(({ connection }) => connection)).size;
  const [only, ...others] = replicas.filter(({ answers }) => answers.kept > 0);
  // More than one connection when the age limit came in between.
  const isOne = connections === 1 && only !== undefined && others.length === 0;
  const seen = isOne ? `All ${only.answers.kept} requests over one connection went to ${only.name}.` : '';
  return [finding('layer4', seen)];
}

interface Spread {
  readonly observed: Observations;
  readonly expect: number | undefined;
}

function spreadFindings(facts: Facts, { observed, expect }: Spread): Finding[] {
  const { replicas, front } = facts;
  const count = replicas.length - facts.restarted.length;
  const seen = `${count} of ${expect} replicas answered.`;
  const missing = expect !== undefined && count < expect ? [finding('fewer_replicas', seen)] : [];
  const more = expect !== undefined && count > expect ? [finding('more_replicas', seen)] : [];
  const names = several(observed);
  if (front.kind === 'direct') return [...names, ...missing];
  if (expect === 1 && count === 1) return [...names, finding('one_expected')];
  const balancing = balance(facts, observed);
  // Why there is but one is said there.
  const isOne = balancing.some(({ level }) => level === 'problem');
  return [...names, ...balancing, ...(isOne ? [] : missing), ...more];
}

function several({ addresses, address }: Observations): Finding[] {
  return addresses > 1 ? [finding('several_addresses', `Examined: ${address}, one of ${addresses}.`)] : [];
}

/**
 * When chance picks among two or more replicas for each of n connections, all n get the same one with a probability
 * of at most 2^(1-n): 2e-12 for the 40 of the default. Round robin that each of up to 64 CPUs counts by itself can
 * begin at the same member on each; but two of 40 connections then meet on one CPU except for 5 in a million.
 */
function balance({ replicas, front }: Facts, { fresh, sources }: Observations): Finding[] {
  const answered = fresh.filter(isAnswer);
  const reached = replicas.filter(({ answers }) => answers.fresh > 0);
  if (front.spreadsRequests) return [finding('balances_requests', shares(replicas, 'kept'))];
  if (reached.length > 1)
    return [finding('balances_connections', shares(replicas, 'fresh')), ...unevenness(reached)];
  const [one] = reached;
  if (one === undefined) return [];
  if (2 ** (1 - answered.length) > CHANCE)
    return [finding('too_few_answers', `All ${answered.length} went to ${one.name}.`)];
  const others = replicas.filter(({ answers }) => answers.sources > 0 && answers.fresh === 0);
  const here = `All ${answered.length} new connections from one address went to ${one.name}`;
  if (others.length > 0)
    return [
      finding(
        'sticky',
        `${here}; other addresses of this machine reached ${others.map(({ name }) => name).join(', ')}.`,
      ),
    ];
  // A hash of the address sends m other ones to the same of two replicas with 2^-m.
  const tried = sources.filter(isAnswer);
  const isSure = 2 ** -sourcesThatCount(tried, answered) < CHANCE;
  const there =
    tried.length === 0
      ? 'this machine has no other address to try'
      : `so did those from ${tried.length} other addresses`;
  return [finding(isSure ? 'one_replica' : 'one_or_sticky', `${here}; ${there}.`)];
}

/** How many of the other addresses the balancer surely saw as others: a NAT on the way would make them one. */
function sourcesThatCount(tried: readonly Answer[], answered: readonly Answer[]): number {
  if (tried.every(({ localAddress }) => localAddress.startsWith('127.'))) return tried.length;
  return new Set([...tried, ...answered].map(({ whoami }) => whoami.peerAddress)).size - 1;
}

/** Four standard deviations over an even share: less than one in 10000 by chance, and round robin never. */
function unevenness(reached: readonly ReplicaFacts[]): Finding[] {
  const total = reached.reduce((sum, { answers }) => sum + answers.fresh, 0);
  const share = 1 / reached.length;
  const bound = total * share + 4 * Math.sqrt(total * share * (1 - share));
  const top = reached.find(({ answers }) => answers.fresh > bound);
  return top ? [finding('uneven', `${top.name} got ${top.answers.fresh} of ${total} new connections.`)] : [];
}

function shares(replicas: readonly ReplicaFacts[], experiment: 'kept' | 'fresh'): string {
  const parts = replicas.map(({ name, answers }) => `${name} ${answers[experiment]}`);
  return `${experiment === 'kept' ? 'Over one connection' : 'New connections'}: ${parts.join(', ')}.`;
}

function http2Findings({ front }: Facts, { http2 }: Observations): Finding[] {
  if (http2 === undefined) return [];
  if (!http2) return [finding('http2_off')];
  return [finding(front.spreadsRequests ? 'http2_balanced' : 'http2_offered')];
}

function replicaFindings({ replicas, equalIds, restarted, failures, sent }: Facts): Finding[] {
  const findings: Finding[] = [];
  const add = (code: FindingCode, list: readonly string[]): void => {
    if (list.length > 0) findings.push(finding(code, `${list.join(', ')}.`));
  };
  const inState = (state: string): string[] =>
    replicas.filter(({ states }) => states.includes(state)).map(({ name }) => name);
  /** Each of the values with the replicas that have it; nothing when all agree. */
  const differing = (describe: (replica: ReplicaFacts) => string): string[] => {
    const groups = [...Map.groupBy(replicas, describe)];
    return groups.length < 2
      ? []
      : groups.map(([value, group]) => `${value} at ${group.map(({ name }) => name).join(' and ')}`);
  };
  add('ids_equal', equalIds);
  add('restarted', restarted);
  add('draining', inState('draining'));
  add('not_ready', inState('starting'));
  add(
    'versions_differ',
    differing(({ version }) => version),
  );
  add('settings_differ', differing(settingsText));
  const failed = Object.entries(failures);
  const count = failed.reduce((sum, [, times]) => sum + times, 0);
  const what = failed.map(([problem, times]) => `${problem} (${times})`);
  add('requests_failed', count === 0 ? [] : [`${count} of ${sent}: ${what.join('; ')}`]);
  return findings;
}

function settingsText({
  maxAgeSeconds,
  maxAgeJitter,
  idleTimeoutSeconds,
  maxRequests,
}: ReplicaFacts): string {
  const age =
    maxAgeSeconds === 0 ? 'age off' : `age ${maxAgeSeconds} s ± ${Math.round(maxAgeJitter * 100)} %`;
  const requests = maxRequests === 0 ? '' : `, ${maxRequests} requests`;
  return `${age}, idle ${idleTimeoutSeconds} s${requests}`;
}
