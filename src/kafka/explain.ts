/** Why a broker cannot be used, in a sentence: what is wrong, and what to do. */

import type { Buffer } from 'node:buffer';
import type { ClientOptions } from './client-options.ts';
import { Fields } from './fields.ts';
import { type Facts, PROBLEMS, type ProblemEntry } from './problems.ts';
import type { Contact } from './sockets.ts';

const UNSUPPORTED_SASL_MECHANISM = 33;
const HEADER_BYTES = 8;

/** The message is the sentence, the cause what was thrown. */
export class BrokerProblem extends Error {
  /** The sentence without what to do. */
  readonly what: string;
  /** Nobody is there, which a broker that restarts shows too: other problems tell more. */
  readonly isAbsence: boolean;

  constructor(what: string, entry: Pick<ProblemEntry, 'cure' | 'isAbsence'> | undefined, cause: unknown) {
    super(entry ? `${what}; ${entry.cure}` : what, { cause });
    this.name = 'BrokerProblem';
    this.what = what;
    this.isAbsence = entry?.isAbsence ?? false;
  }
}

/** What is asked for beside the error. */
export interface Circumstances {
  /** `host:port`. */
  readonly broker: string;
  readonly contact: Contact;
  readonly options: ClientOptions;
  readonly user: string;
}

/** By the first entry of PROBLEMS that holds; without one, what was said. */
export function explain(error: unknown, circumstances: Circumstances): BrokerProblem {
  const facts = factsOf(error, circumstances);
  const entries: readonly ProblemEntry[] = Object.values(PROBLEMS);
  const found = entries.find(({ is }) => is(facts));
  const text = found ? found.says(facts) : `fails: ${facts.words}`;
  return new BrokerProblem(`${facts.broker} ${text}`, found, facts.error);
}

/** What the socket saw is nearer to the cause than what kafkajs makes of it. */
function factsOf(error: unknown, { broker, contact, options, user }: Circumstances): Facts {
  const { tls, sasl } = options;
  const origin = contact.error ?? (error as Error & { code?: string | number });
  const { type } = error as { type?: string };
  return {
    broker,
    stage: contact.stage,
    code: type ?? String(origin.code ?? ''),
    words: wordsOf(origin),
    error: origin,
    strange: contact.strange?.toString('latin1').split('\r', 1)[0] ?? '',
    isTls: tls.enabled,
    hasCertificate: tls.certFile !== '',
    mechanism: sasl.mechanism,
    offered: type === 'UNSUPPORTED_SASL_MECHANISM' ? offeredMechanisms(contact.answer) : '',
    user: user.replace('User:', ''),
  };
}

/** Without what kafkajs puts in front of the words of the broker, or of Node. */
function wordsOf(origin: unknown): string {
  const text = origin instanceof Error ? origin.message : String(origin);
  return text.replace(/^(SASL [\w -]+ authentication failed: |Connection error: )/, '');
}

/** SaslHandshakeResponse => error_code INT16, [mechanism STRING], behind its length and correlation id. */
function offeredMechanisms(answer: Buffer | undefined): string {
  try {
    const fields = new Fields(answer!.subarray(HEADER_BYTES));
    return fields.int16() === UNSUPPORTED_SASL_MECHANISM
      ? fields.array(() => fields.string()).join(', ')
      : '';
  } catch {
    return '';
  }
}
