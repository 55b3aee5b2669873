/** The sub-command `healthcheck`: asks the replica on this machine that has the same configuration how it is. */

import { readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { request as requestByTls } from 'node:https';
import { formatListenAddress, type ListenAddress } from './config/addresses.ts';
import type { LikelyConfig } from './config/load.ts';

/** Less than the time that a container platform gives a check. */
const ANSWER_WITHIN_MS = 3000;
const MAX_ANSWER_CHARACTERS = 4096;
const EVERY_INTERFACE: Readonly<Record<string, string>> = {
  '': '127.0.0.1',
  '0.0.0.0': '127.0.0.1',
  '::': '::1',
};

export interface HealthcheckParts {
  readonly likely: LikelyConfig;
  /** `/-/ready` instead of `/-/healthy`. */
  readonly isReadyAsked: boolean;
  readonly print: (text: string) => void;
}

type Scheme = 'http' | 'https';

interface Question {
  readonly scheme: Scheme;
  readonly address: ListenAddress;
  /** What is asked for, and the first word of the answer that is hoped for. */
  readonly word: 'healthy' | 'ready';
  /** For a server that asks its clients for certificates: its own, the only one there is here. */
  readonly certificate: { readonly cert: string; readonly key: string } | undefined;
}

/** Prints one line; resolves to whether all is well at each address that is configured. */
export async function healthcheck({ likely, isReadyAsked, print }: HealthcheckParts): Promise<boolean> {
  const { config, problems } = likely;
  const word = isReadyAsked ? 'ready' : 'healthy';
  const tell = (problem: string | undefined, well: string): boolean => {
    print(problem === undefined ? `${word}: ${well}\n` : `not ${word}: ${problem}\n`);
    return problem === undefined;
  };
  if (problems.length > 0) return tell(problems.join('; '), '');
  const admin = config['http.admin_listen_address'];
  const addresses = [config['http.listen_address'], ...(admin ? [admin] : [])].map(reachable);
  const shown = addresses.map(formatListenAddress).join(', ');
  for (const address of addresses) {
    if (address.port === 0)
      return tell('the port to listen on is 0, a free one, which nobody else can know', '');
    const problem = await ask({ address, word }, likely);
    if (problem !== undefined) return tell(problem, '');
  }
  return tell(undefined, shown);
}

function reachable({ host, port }: ListenAddress): ListenAddress {
  return { host: EVERY_INTERFACE[host] ?? host, port };
}

/** Undefined when the answer is the one that is hoped for; with TLS, without it, or as it turns out. */
async function ask(
  what: Pick<Question, 'address' | 'word'>,
  { web, isWebKnown }: LikelyConfig,
): Promise<string | undefined> {
  let certificate: Question['certificate'];
  try {
    const isAsked = web.tls !== undefined && web.tls.clientCertificate !== 'none';
    if (isAsked) certificate = { cert: read(web.tls.certFile), key: read(web.tls.keyFile) };
  } catch (error) {
    return `cannot read the certificate to show: ${(error as Error).message}`;
  }
  const schemes: readonly Scheme[] = !isWebKnown ? ['https', 'http'] : web.tls ? ['https'] : ['http'];
  const problems: string[] = [];
  for (const scheme of schemes) {
    const problem = await exchange({ ...what, scheme, certificate });
    if (problem === undefined) return undefined;
    problems.push(problem);
  }
  return problems.join('; ');
}

function read(file: string): string {
  return readFileSync(file, 'utf8');
}

/** One request on a connection of its own; what is wrong with the answer, undefined when nothing is. */
async function exchange({ scheme, address, word, certificate }: Question): Promise<string | undefined> {
  const { host, port } = address;
  const url = `${scheme}://${formatListenAddress(address)}/-/${word}`;
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = {
        host,
        port,
        path: `/-/${word}`,
        agent: false,
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
        headers: { 'user-agent': 'kafka-adapter-healthcheck' },
      };
      // The certificate has the name that senders use, and this is the machine's own interface.
      const tls = { rejectUnauthorized: false, ...certificate };
      const sent = scheme === 'https' ? requestByTls({ ...options, ...tls }) : request(options);
      sent.on('response', resolve).on('error', reject).end();
    });
    const text = await readText(response);
    if (response.statusCode === 200 && new RegExp(`^${word}\\b`).test(text)) return undefined;
    return `${url} is answered with ${response.statusCode} ${JSON.stringify(text.trim())}`;
  } catch (error) {
    return `${url}: ${reasonOf(error as NodeJS.ErrnoException, certificate !== undefined)}`;
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of response.setEncoding('utf8')) {
    text += piece;
    if (text.length > MAX_ANSWER_CHARACTERS) throw new Error('the answer does not end');
  }
  return text;
}

function reasonOf({ name, code, message }: NodeJS.ErrnoException, isCertificateShown: boolean): string {
  if (name === 'AbortError' || name === 'TimeoutError') return `no answer within ${ANSWER_WITHIN_MS} ms`;
  if (code === 'ECONNREFUSED') return 'nobody listens';
  if (code === 'EPROTO') return 'no TLS is spoken there';
  const hint =
    ': clients need a certificate (client_auth_type), and the own one of the server is not taken for one';
  return isCertificateShown ? `${message}${hint}` : message;
}
