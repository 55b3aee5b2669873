/** What the held and the idle connections say: whether age limit and idle timeout work through what is in front. */

import type { Facts } from './facts.ts';
import { type Finding, finding } from './finding.ts';
import { type IdleObservation, isAnswer, type Observations } from './observe.ts';
import type { Answer, Exchange } from './probe.ts';

/** Ages are rounded, and an answer takes a moment. */
const AGE_TOLERANCE_SECONDS = 0.1;
const IDLE_TOLERANCE_MS = 500;
/** Node waits up to a second longer than it was told. */
const IDLE_LATE_MS = 2000;

export function waitingFindings(facts: Facts, observed: Observations): Finding[] {
  const age = ageFindings(facts, observed);
  const cut = cutFindings(facts, observed.held);
  const ends = observed.idle ? idleFindings(facts, observed.idle) : [];
  // What cuts connections in use cuts idle ones too, and that is no idle timeout.
  const idle = cut.length > 0 ? ends.filter(({ code }) => code !== 'idle_short') : ends;
  const open = [age.length === 0 && 'the age limit', idle.length === 0 && 'the idle timeout'];
  return [
    ...age,
    ...cut,
    ...idle,
    ...notSeen(
      observed,
      open.filter((name) => name !== false),
    ),
  ];
}

function notSeen({ waitedMs, neededMs }: Observations, open: readonly string[]): Finding[] {
  if (open.length === 0) return [];
  const seconds = (ms: number): number => Math.round(ms / 1000);
  return [
    finding(
      'not_seen',
      `Not seen: ${open.join(' and ')}. Waited ${seconds(waitedMs)} s of the ${seconds(neededMs)} s that the settings of the replicas need.`,
    ),
  ];
}

/** None at all when the time was too short to tell. */
function ageFindings({ replicas, front }: Facts, { held, waitedMs }: Observations): Finding[] {
  const off = replicas.filter(({ maxAgeSeconds }) => maxAgeSeconds === 0).map(({ name }) => name);
  if (off.length > 0)
    return [finding(front.spreadsRequests ? 'age_not_needed' : 'age_off', `Off at ${off.join(', ')}.`)];
  const answers = held.flat().filter(isAnswer);
  const leaving = answers.filter(({ isLast, whoami }) => isLast && whoami.state !== 'draining');
  if (front.kind === 'layer7' && leaving.length === 0) {
    const oldest = Math.max(
      0,
      ...replicas.map((replica) => replica.maxAgeSeconds * (1 + replica.maxAgeJitter)),
    );
    if (waitedMs < oldest * 1000) return [];
    const isPinned = !front.spreadsRequests && replicas.length > 1;
    return [finding(isPinned ? 'age_blocked' : 'age_hidden', upstreamAges(answers))];
  }
  // An answer that ends its connection may come late when the request did.
  const late = answers.filter((answer) => !answer.isLast && ageOf(answer) > latestOf(answer));
  if (late.length > 0)
    return [
      finding('age_missing', `Oldest seen: ${ageText(late.map(ageOf))}; limit ${limitText(late[0]!)}.`),
    ];
  if (leaving.length === 0) return [];
  return [finding('age_works', leavingText(held, leaving))];
}

/** The greatest age at which an answer may leave its connection open. */
function latestOf({ whoami }: Answer): number {
  return whoami.maxAgeSeconds * (1 + whoami.maxAgeJitter) + AGE_TOLERANCE_SECONDS;
}

const ageOf = ({ whoami }: Answer): number => whoami.connectionAgeSeconds;

function ageText(ages: readonly number[]): string {
  const [least, most] = [Math.min(...ages).toFixed(1), Math.max(...ages).toFixed(1)];
  return least === most ? `${most} s` : `${least} to ${most} s`;
}

function limitText({ whoami }: Answer): string {
  return `${whoami.maxAgeSeconds} s ± ${Math.round(whoami.maxAgeJitter * 100)} %`;
}

function upstreamAges(answers: readonly Answer[]): string {
  const requests = Math.max(...answers.map(({ whoami }) => whoami.connectionRequests));
  if (answers.length === 0) return '';
  if (requests === 1) return 'At the replicas each request has a connection of its own.';
  return `Its own connections reached an age of ${ageText([Math.max(...answers.map(ageOf))])}; ours stayed open.`;
}

function leavingText(held: Observations['held'], leaving: readonly Answer[]): string {
  let moved = 0;
  let followed = 0;
  for (const exchanges of held) {
    for (const [index, exchange] of exchanges.entries()) {
      const next = exchanges[index + 1];
      if (!isAnswer(exchange) || !exchange.isLast || next === undefined || !isAnswer(next)) continue;
      followed++;
      if (next.whoami.instance !== exchange.whoami.instance) moved++;
    }
  }
  const ages = `${leaving.length} of ${held.length} at an age of ${ageText(leaving.map(ageOf))}, limit ${limitText(leaving[0]!)}`;
  return `${ages}; ${moved} of ${followed} came to another replica then.`;
}

/** Of a proxy it is no news that connections end. */
function cutFindings({ front }: Facts, held: Observations['held']): Finding[] {
  if (front.kind === 'layer7') return [];
  const cuts = held.flatMap((exchanges) =>
    exchanges.filter((exchange, index) => isCut(exchanges[index - 1], exchange)),
  );
  return cuts.length === 0 ? [] : [finding('cut', `${cuts.length} of the held connections.`)];
}

/** A new connection although the one before was not said to be at its end, and no request failed in between. */
function isCut(before: Exchange | undefined, now: Exchange): boolean {
  if (before === undefined || !isAnswer(before) || !isAnswer(now)) return false;
  return before.connection !== now.connection && !before.isLast;
}

function idleFindings({ front }: Facts, { first, ending, waitedMs, after }: IdleObservation): Finding[] {
  if (!isAnswer(first)) return [];
  const timeoutMs = first.whoami.idleTimeoutSeconds * 1000;
  const how = (text: string): string => `Idle timeout of the replica ${timeoutMs / 1000} s; ${text}.`;
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  if (ending) {
    const text = how(
      `it ended after ${seconds(ending.afterMs)}, ${ending.isReset ? 'by a reset' : 'in order'}`,
    );
    if (front.kind === 'layer7') return [finding('idle_proxy', text)];
    const isEarly = ending.afterMs < timeoutMs - IDLE_TOLERANCE_MS;
    return [finding(isEarly ? 'idle_short' : 'idle_fits', text)];
  }
  if (after && !isAnswer(after))
    return [finding('idle_dropped', how(`after ${seconds(waitedMs)} of silence: ${after.problem}`))];
  if (front.kind === 'layer7') return [finding('idle_proxy', how(`it was open after ${seconds(waitedMs)}`))];
  if (waitedMs < timeoutMs + IDLE_LATE_MS) return [];
  return [finding('idle_kept', how(`it was open after ${seconds(waitedMs)}`))];
}
