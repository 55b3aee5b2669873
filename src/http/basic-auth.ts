/** Basic authentication: who a request says it comes from, and whether that is proven. */

import { Buffer } from 'node:buffer';
import { createHash, timingSafeEqual } from 'node:crypto';
import { AdapterError } from '../errors.ts';

interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Throws AdapterError `unauthorized` unless the header Authorization names the one user with the right password. */
export type Guard = (authorization: string | undefined) => void;

/** Undefined when nobody has to prove anything: no user is configured. */
export function basicGuard(expected: Credentials): Guard | undefined {
  if (expected.username === '') return undefined;
  const digests = [digest(expected.username), digest(expected.password)] as const;
  return (authorization) => {
    const given = credentialsOf(authorization ?? '');
    // Both are compared, at the same cost whatever is wrong: a wrong user learns nothing by timing.
    const isUser = timingSafeEqual(digest(given?.username ?? ''), digests[0]);
    const isPassword = timingSafeEqual(digest(given?.password ?? ''), digests[1]);
    if (isUser && isPassword) return;
    const problem = given ? 'user name or password is wrong' : 'no user name and password';
    throw new AdapterError('unauthorized', `${problem}: basic authentication is asked for`);
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** RFC 7617; undefined when the header is of another kind. */
function credentialsOf(authorization: string): Credentials | undefined {
  const [, encoded] = /^basic +(\S+)$/i.exec(authorization) ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0
    ? { username: text, password: '' }
    : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** The user name that the request gives, '' without one. It is not proven here. */
export function basicUser(authorization: string): string {
  return credentialsOf(authorization)?.username ?? '';
}
