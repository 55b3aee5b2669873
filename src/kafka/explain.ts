/** Why a broker cannot be used, in a sentence: what is wrong, and what to do. */

import type { ClientOptions } from './client-options.ts';
import { type Facts, PROBLEMS, type ProblemEntry } from './problems.ts';
import type { Contact } from './sockets.ts';

/** The message is the sentence, the cause what was thrown. */
export class BrokerProblem extends Error {
  /** Nobody is there, which a broker that restarts shows too: other problems tell more. */
  readonly isAbsence: boolean;

  constructor(message: string, isAbsence: boolean, cause: unknown) {
    super(message, { cause });
    this.name = 'BrokerProblem';
    this.isAbsence = isAbsence;
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
  const text = found ? `${found.says(facts)}; ${found.cure}` : `fails: ${facts.words}`;
  return new BrokerProblem(`${facts.broker} ${text}`, found?.isAbsence ?? false, facts.error);
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
    words: origin instanceof Error ? origin.message : String(origin),
    error: origin,
    strange: contact.strange?.toString('latin1').split('\r', 1)[0] ?? '',
    isTls: tls.enabled,
    hasCertificate: tls.certFile !== '',
    mechanism: sasl.mechanism,
    user,
  };
}
