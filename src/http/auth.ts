/** Who may do what: users with passwords and bearer tokens, checked at the same cost whatever is wrong. */

import { Buffer } from 'node:buffer';
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { getRounds } from 'bcryptjs';
import { AdapterError } from '../errors.ts';
import { PasswordThread } from './password-thread.ts';

/** Answers that are remembered, so that a password is not hashed for each request. */
const REMEMBERED = 1000;
/** Passwords that are being checked at once; each takes a tenth of a second of a thread. */
const MOST_CHECKS = 8;
/** Of these, for one address: who guesses must not keep out all others. */
const MOST_CHECKS_OF_PEER = 4;

export interface Credentials {
  /** Users of the web configuration file: name to bcrypt hash. */
  readonly users: ReadonlyMap<string, string>;
  /** The one user of `http.basic_auth.*`, in plain text; username '' = none. */
  readonly username: string;
  readonly password: string;
  readonly tokens: readonly string[];
}

/** Throws or rejects with AdapterError `unauthorized` unless the header Authorization proves one of the users. */
export type Guard = (authorization: string | undefined, peer?: string) => Promise<void> | undefined;

/** Whether the first of the bcrypt hashes is of the password; when it is not, the others are compared as well. */
export type ComparePassword = (password: string, hashes: readonly string[]) => Promise<boolean>;

/** Undefined when nobody has to prove anything: neither users nor tokens are configured. */
export function guardOf(credentials: Credentials, compare?: ComparePassword): Guard | undefined {
  const { users, username, tokens } = credentials;
  if (users.size === 0 && username === '' && tokens.length === 0) return undefined;
  const thread = new PasswordThread();
  const verifier = new Verifier(
    credentials,
    compare ?? ((password, hashes) => thread.compare(password, hashes)),
  );
  return (authorization, peer = '') => verifier.verify(authorization ?? '', peer);
}

class Verifier {
  readonly #credentials: Credentials;
  readonly #compare: ComparePassword;
  /** Hashes of no password, one for each cost that a user's hash has. */
  readonly #nobody: ReadonlyMap<number, string>;
  readonly #tokens: readonly Buffer[];
  /** Headers that were found good, by keyed hash: what is in memory is of no use elsewhere. */
  readonly #good = new Set<string>();
  readonly #key = randomBytes(32);
  /** By the same key: senders come back over many connections at once after a restart or a reload. */
  readonly #checks = new Map<string, Promise<void>>();
  readonly #checksOfPeer = new Map<string, number>();

  constructor(credentials: Credentials, compare: ComparePassword) {
    this.#credentials = credentials;
    this.#compare = compare;
    this.#nobody = hashesOfNobody([...credentials.users.values()]);
    this.#tokens = credentials.tokens.map(digest);
  }

  verify(authorization: string, peer: string): Promise<void> | undefined {
    const seen = createHmac('sha256', this.#key).update(authorization).digest('base64');
    if (this.#good.has(seen)) return undefined;
    const token = bearerToken(authorization);
    if (token !== undefined && this.#isToken(token)) return this.#remember(seen);
    const user = basicCredentials(authorization);
    if (!user) throw refusal(token === undefined ? 'no credentials' : 'the token is not known');
    if (this.#isPlainUser(user)) return this.#remember(seen);
    if (this.#credentials.users.size === 0) throw refusal('user name or password is wrong');
    return this.#verifyHashed(user, { seen, peer });
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

  /** `seen` is the header by its keyed hash. */
  async #verifyHashed(user: BasicCredentials, { seen, peer }: { seen: string; peer: string }): Promise<void> {
    const underWay = this.#checks.get(seen);
    if (underWay) return underWay;
    const ofPeer = this.#checksOfPeer.get(peer) ?? 0;
    if (this.#checks.size >= MOST_CHECKS || ofPeer >= MOST_CHECKS_OF_PEER) throw tooManyChecks();
    this.#checksOfPeer.set(peer, ofPeer + 1);
    const check = this.#check(user, seen).finally(() => {
      this.#checks.delete(seen);
      this.#checked(peer);
    });
    this.#checks.set(seen, check);
    return check;
  }

  #checked(peer: string): void {
    const left = (this.#checksOfPeer.get(peer) ?? 1) - 1;
    if (left > 0) this.#checksOfPeer.set(peer, left);
    else this.#checksOfPeer.delete(peer);
  }

  async #check({ username, password }: BasicCredentials, seen: string): Promise<void> {
    const hash = this.#credentials.users.get(username);
    const isRight = await this.#compare(password, this.#hashesFor(hash));
    if (!isRight || hash === undefined) throw refusal('user name or password is wrong');
    this.#remember(seen);
  }

  /**
   * For an unknown user, and for a wrong password of any user, one comparison of each cost that there is: time would
   * tell which users there are, even by what each comparison takes beyond its cost.
   */
  #hashesFor(hash: string | undefined): string[] {
    const others = [...this.#nobody].filter(([cost]) => hash === undefined || cost !== getRounds(hash));
    return [...(hash === undefined ? [] : [hash]), ...others.map(([, nobody]) => nobody)];
  }

  #remember(seen: string): undefined {
    if (this.#good.size >= REMEMBERED) this.#good.clear();
    this.#good.add(seen);
  }
}

function hashesOfNobody(hashes: readonly string[]): ReadonlyMap<number, string> {
  const nobody = new Map<number, string>();
  for (const cost of hashes.map((hash) => getRounds(hash))) {
    const text = randomBytes(40).toString('base64').replaceAll('+', '.').slice(0, 53);
    nobody.set(cost, `$2b$${String(cost).padStart(2, '0')}$${text}`);
  }
  return nobody;
}

function tooManyChecks(): AdapterError {
  return new AdapterError('overloaded', 'too many passwords are being checked already, try again');
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
