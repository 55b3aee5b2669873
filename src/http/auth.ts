/** Who may do what: users with passwords and bearer tokens, checked at the same cost whatever is wrong. */

import { Buffer } from 'node:buffer';
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { compare, getRounds, hashSync } from 'bcryptjs';
import { AdapterError } from '../errors.ts';

/** Cost of the hash of a password that nobody has, when no user has one. */
const USUAL_COST = 10;
/** Answers that are remembered, so that a password is not hashed for each request. */
const REMEMBERED = 1000;
/** Passwords that are being checked at once; each takes a tenth of a second of this one thread. */
const MOST_CHECKS = 8;

export interface Credentials {
  /** Users of the web configuration file: name to bcrypt hash. */
  readonly users: ReadonlyMap<string, string>;
  /** The one user of `http.basic_auth.*`, in plain text; username '' = none. */
  readonly username: string;
  readonly password: string;
  readonly tokens: readonly string[];
}

/** Throws or rejects with AdapterError `unauthorized` unless the header Authorization proves one of the users. */
export type Guard = (authorization: string | undefined) => Promise<void> | void;

/** Undefined when nobody has to prove anything: neither users nor tokens are configured. */
export function guardOf(credentials: Credentials): Guard | undefined {
  const { users, username, tokens } = credentials;
  if (users.size === 0 && username === '' && tokens.length === 0) return undefined;
  const verifier = new Verifier(credentials);
  return (authorization) => verifier.verify(authorization ?? '');
}

class Verifier {
  readonly #credentials: Credentials;
  readonly #nobody: string;
  readonly #tokens: readonly Buffer[];
  /** Headers that were found good, by keyed hash: what is in memory is of no use elsewhere. */
  readonly #good = new Set<string>();
  readonly #key = randomBytes(32);
  #checks = 0;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
    // An unknown user costs as much as a wrong password.
    const costs = [...credentials.users.values()].map((hash) => getRounds(hash));
    this.#nobody = hashSync(
      randomBytes(16).toString('hex'),
      Math.max(...costs, costs.length ? 4 : USUAL_COST),
    );
    this.#tokens = credentials.tokens.map(digest);
  }

  verify(authorization: string): Promise<void> | void {
    const seen = createHmac('sha256', this.#key).update(authorization).digest('base64');
    if (this.#good.has(seen)) return undefined;
    const token = bearerToken(authorization);
    if (token !== undefined && this.#isToken(token)) return this.#remember(seen);
    const user = basicCredentials(authorization);
    if (!user) throw refusal(token === undefined ? 'no credentials' : 'the token is not known');
    if (this.#isPlainUser(user)) return this.#remember(seen);
    if (this.#credentials.users.size === 0) throw refusal('user name or password is wrong');
    return this.#verifyHashed(user, seen);
  }

  /** All of them are compared, so that time does not tell which one came close. */
  #isToken(token: string): boolean {
    const given = digest(token);
    let found = false;
    for (const known of this.#tokens) if (timingSafeEqual(known, given)) found = true;
    return found;
  }

  #isPlainUser(given: BasicCredentials): boolean {
    const { username, password } = this.#credentials;
    const isUser = timingSafeEqual(digest(given.username), digest(username));
    const isPassword = timingSafeEqual(digest(given.password), digest(password));
    return username !== '' && isUser && isPassword;
  }

  async #verifyHashed({ username, password }: BasicCredentials, seen: string): Promise<void> {
    if (this.#checks >= MOST_CHECKS)
      throw new AdapterError('overloaded', `${MOST_CHECKS} passwords are being checked already, try again`);
    this.#checks++;
    try {
      const hash = this.#credentials.users.get(username);
      const isRight = await compare(password, hash ?? this.#nobody);
      if (!isRight || hash === undefined) throw refusal('user name or password is wrong');
      this.#remember(seen);
    } finally {
      this.#checks--;
    }
  }

  #remember(seen: string): void {
    if (this.#good.size >= REMEMBERED) this.#good.clear();
    this.#good.add(seen);
  }
}

function refusal(problem: string): AdapterError {
  return new AdapterError('unauthorized', `${problem}: this path asks for a user or a token`);
}

/** Of equal length for any text, so that it can be compared in constant time. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

interface BasicCredentials {
  readonly username: string;
  readonly password: string;
}

/** RFC 7617; undefined when the header is of another kind. */
function basicCredentials(authorization: string): BasicCredentials | undefined {
  const [, encoded] = /^basic +(\S+)$/i.exec(authorization) ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) return { username: text, password: '' };
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** RFC 6750; undefined when the header is of another kind. */
function bearerToken(authorization: string): string | undefined {
  return /^bearer +(\S+)$/i.exec(authorization)?.[1];
}

/** The user name that the request gives, '' without one. It is not proven here. */
export function basicUser(authorization: string): string {
  return basicCredentials(authorization)?.username ?? '';
}
