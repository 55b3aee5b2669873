/** What a replica says of itself and of the connection it answers, read with care: the other side may be anything. */

/** The answer to GET /-/whoami. Ages and times in seconds. */
export interface Whoami {
  readonly id: string;
  /** Random for each start of a replica. */
  readonly instance: string;
  readonly hostname: string;
  readonly version: string;
  readonly state: string;
  readonly localAddress: string;
  readonly localPort: number;
  readonly peerAddress: string;
  readonly peerPort: number;
  /** Unique for this TCP connection among all replicas and restarts. */
  readonly connection: string;
  readonly connectionAgeSeconds: number;
  /** Requests on this TCP connection as the replica sees it, this one included. */
  readonly connectionRequests: number;
  readonly httpVersion: string;
  /** The request's Connection header as it arrived; empty when there was none. */
  readonly requestConnection: string;
  /** Names of headers that only layer-7 proxies add. */
  readonly proxyHeaders: readonly string[];
  /** 0 is off. */
  readonly maxAgeSeconds: number;
  readonly maxAgeJitter: number;
  readonly idleTimeoutSeconds: number;
  readonly maxRequests: number;
}

const TEXTS = [
  'id',
  'instance',
  'hostname',
  'version',
  'state',
  'localAddress',
  'peerAddress',
  'connection',
  'httpVersion',
  'requestConnection',
] as const satisfies readonly (keyof Whoami)[];

const NUMBERS = [
  'localPort',
  'peerPort',
  'connectionAgeSeconds',
  'connectionRequests',
  'maxAgeSeconds',
  'maxAgeJitter',
  'idleTimeoutSeconds',
  'maxRequests',
] as const satisfies readonly (keyof Whoami)[];

/** The answer as an object, or one sentence that says what came instead. */
export function readWhoami(status: number, text: string): Whoami | string {
  if (status !== 200) return `GET /-/whoami is answered with status ${status}`;
  const answer = parse(text);
  if (answer === undefined) return 'GET /-/whoami is answered with something that is not JSON';
  // The names that the first version had already.
  if (typeof answer['id'] !== 'string' || typeof answer['connectionAgeSeconds'] !== 'number')
    return 'GET /-/whoami is answered with JSON of something else';
  const missing = [
    ...TEXTS.filter((name) => typeof answer[name] !== 'string'),
    ...NUMBERS.filter((name) => typeof answer[name] !== 'number'),
    ...(isTextList(answer['proxyHeaders']) ? [] : ['proxyHeaders']),
  ];
  if (missing.length > 0)
    return `it is a kafka-adapter of another version (${String(answer['version'])}): GET /-/whoami does not tell ${missing.join(', ')}`;
  return answer as unknown as Whoami;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return undefined;
  }
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
