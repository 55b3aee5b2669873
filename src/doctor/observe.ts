/** The experiments: requests over one connection, over new ones, from other addresses, held, and after silence. */

import { networkInterfaces } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { type Answer, type Client, type Ending, type Exchange, offersHttp2, type Prober } from './probe.ts';

export interface Plan {
  /** Over one connection. */
  readonly requests: number;
  /** New ones, one request each. */
  readonly connections: number;
  /** The longest wait for age and idle timeout; as long as the settings of the replicas need when left out. */
  readonly holdMs?: number;
  /** Without any wait. */
  readonly quick: boolean;
}

export interface IdleObservation {
  readonly first: Exchange;
  /** Undefined: the connection was still open after `waitedMs`. */
  readonly ending: Ending | undefined;
  readonly waitedMs: number;
  /** A request over the connection that was still open. */
  readonly after: Exchange | undefined;
}

export interface Observations {
  /** Of an https address: whether HTTP/2 is offered. */
  readonly http2: boolean | undefined;
  /** How many addresses the name resolves to. */
  readonly addresses: number;
  /** The address and port that was examined. */
  readonly address: string;
  readonly port: number;
  /** Over one connection. */
  readonly kept: readonly Exchange[];
  /** One request each over connections that stayed open together; fewer than planned where they take very long. */
  readonly fresh: readonly Exchange[];
  /** One request each from other addresses of this machine, where that was possible. */
  readonly sources: readonly Exchange[];
  /** Clients that asked once a second, until one request after the answer that said Connection: close. */
  readonly held: readonly (readonly Exchange[])[];
  readonly idle: IdleObservation | undefined;
  /** How long the replicas' settings want to be waited for, and how long it was. */
  readonly neededMs: number;
  readonly waitedMs: number;
}

const HELD_CLIENTS = 3;
const HELD_ASK_EVERY_MS = 1000;
/** A slow answer, and the second that Node adds to its idle timeout. */
const SLACK_MS = 5000;
/** Sixteen more addresses of loopback: a hash that sends all of them to one of two replicas is one in 65536. */
const LOOPBACK_SOURCES = Array.from({ length: 16 }, (_, index) => `127.0.0.${index + 2}`);
/** Where each request takes very long, or fails after a long time, fewer have to do. */
const COUNTING_WITHIN_MS = 60_000;
const OTHER_SOURCE_WITHIN_MS = 3000;

export const isAnswer = (exchange: Exchange): exchange is Answer => 'whoami' in exchange;

/** Is told what is being done. */
export type Say = (progress: string) => void;

/** That something answers has to be known before: here nobody gives up. */
export async function observe(prober: Prober, plan: Plan, say: Say): Promise<Observations> {
  const { target } = prober;
  const http2 = target.url.protocol === 'https:' ? await offersHttp2(target) : undefined;
  say(`${plan.requests} requests over one connection`);
  const kept = await overOne(prober, plan.requests);
  say(`${plan.connections} new connections`);
  const fresh = await overMany(prober, plan.connections);
  say('other addresses of this machine');
  const sources = await fromOthers(prober, fresh.find(isAnswer)?.localAddress);
  const neededMs = neededWaitMs([...kept, ...fresh, ...sources]);
  const waitedMs = plan.quick ? 0 : Math.min(neededMs, plan.holdMs ?? neededMs);
  const { held, idle } = waitedMs > 0 ? await wait(prober, waitedMs, say) : { held: [], idle: undefined };
  const { addresses, port } = target;
  return {
    http2,
    addresses: addresses.length,
    address: addresses[0]!,
    port,
    kept,
    fresh,
    sources,
    held,
    idle,
    neededMs,
    waitedMs,
  };
}

/** The longest that an age limit or an idle timeout of any of these replicas takes to show. */
export function neededWaitMs(exchanges: readonly Exchange[]): number {
  const seconds = exchanges.filter(isAnswer).map(({ whoami }) => {
    const oldest = whoami.maxAgeSeconds * (1 + whoami.maxAgeJitter);
    return Math.max(oldest, whoami.idleTimeoutSeconds);
  });
  return Math.ceil(Math.max(0, ...seconds) * 1000) + SLACK_MS;
}

async function overOne(prober: Prober, requests: number): Promise<Exchange[]> {
  const client = prober.client();
  const seen: Exchange[] = [];
  const endsMs = performance.now() + COUNTING_WITHIN_MS;
  while (seen.length < requests && performance.now() < endsMs) seen.push(await client.ask());
  client.close();
  return seen;
}

/** All stay open until the last has been answered: a balancer that counts connections would reuse a place at once. */
async function overMany(prober: Prober, connections: number): Promise<Exchange[]> {
  const clients = Array.from({ length: connections }, () => prober.client());
  const seen: Exchange[] = [];
  const endsMs = performance.now() + COUNTING_WITHIN_MS;
  for (const client of clients) {
    if (performance.now() < endsMs) seen.push(await client.ask());
  }
  for (const client of clients) client.close();
  return seen;
}

async function fromOthers(prober: Prober, used: string | undefined): Promise<Exchange[]> {
  if (used === undefined) return [];
  const seen = await Promise.all(
    otherAddresses(used).map(async (localAddress) => {
      const client = prober.client({ localAddress, answerWithinMs: OTHER_SOURCE_WITHIN_MS });
      const exchange = await client.ask();
      client.close();
      return exchange;
    }),
  );
  // An address from which there is no way says nothing about the balancer.
  return seen.filter(isAnswer);
}

function otherAddresses(used: string): string[] {
  if (used.startsWith('127.')) return LOOPBACK_SOURCES.filter((address) => address !== used);
  const family = used.includes(':') ? 'IPv6' : 'IPv4';
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((entry) => entry.family === family && !entry.internal && (entry.scopeid ?? 0) === 0)
    .map(({ address }) => address)
    .filter((address) => address !== used);
}

/** The two that take time, at the same time. */
async function wait(prober: Prober, waitMs: number, say: Say): Promise<Pick<Observations, 'held' | 'idle'>> {
  const endsMs = performance.now() + waitMs;
  const tell = (): void => {
    const leftSeconds = Math.max(0, Math.round((endsMs - performance.now()) / 1000));
    say(`${HELD_CLIENTS} connections in use and one idle, ${leftSeconds} s to go`);
  };
  tell();
  const timer = setInterval(tell, 1000);
  const clients = Array.from({ length: HELD_CLIENTS }, () => prober.client());
  const [idle, ...held] = await Promise.all([
    leaveIdle(prober, waitMs),
    ...clients.map((client) => hold(client, endsMs)),
  ] as const);
  clearInterval(timer);
  return { idle, held };
}

async function hold(client: Client, endsMs: number): Promise<Exchange[]> {
  const seen: Exchange[] = [];
  for (;;) {
    const exchange = await client.ask();
    const previous = seen.at(-1);
    seen.push(exchange);
    if (previous && isAnswer(previous) && previous.isLast) break;
    // The connection that follows shows where it leads to, at once.
    if (isAnswer(exchange) && exchange.isLast) continue;
    if (performance.now() + HELD_ASK_EVERY_MS > endsMs) break;
    await pause(HELD_ASK_EVERY_MS);
  }
  client.close();
  return seen;
}

async function leaveIdle(prober: Prober, waitMs: number): Promise<IdleObservation> {
  const client = prober.client();
  const first = await client.ask();
  const startedMs = performance.now();
  const ending = await client.ending(waitMs);
  const waitedMs = performance.now() - startedMs;
  const after = ending === undefined ? await client.ask() : undefined;
  client.close();
  return { first, ending, waitedMs, after };
}
