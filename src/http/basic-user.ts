/** Who a request says it comes from. */

import { Buffer } from 'node:buffer';

/** The user name of basic authentication, '' without one. It is not proven here. */
export function basicUser(authorization: string): string {
  const [, credentials] = /^basic +(\S+)$/i.exec(authorization) ?? [];
  return credentials === undefined
    ? ''
    : Buffer.from(credentials, 'base64').toString('utf8').split(':', 1)[0]!;
}
