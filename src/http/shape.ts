/** Requests that are HTTP to a lenient reader and ambiguous to a strict one, and those with too many headers. */

import type { IncomingMessage } from 'node:http';
import { AdapterError } from '../errors.ts';
import { shortened } from '../lib/shortened.ts';

/**
 * Headers that mean one thing. Node keeps the first of them and others on the way may keep the last: with two, who
 * is let in and what was asked for would depend on the reader (RFC 9112, 3.2; RFC 9110, 5.3).
 */
const SINGLE: ReadonlySet<string> = new Set(['host', 'authorization', 'content-type']);
const SINGLE_LENGTHS: ReadonlySet<number> = new Set([...SINGLE].map(({ length }) => length));
const CHUNKED = 'chunked';
/** Of what a client sent, in the answer to it. */
export const MOST_SHOWN_CHARACTERS = 200;

/** Why the request is refused whatever it asks for; undefined when it is well. */
export function shapeProblem(request: IncomingMessage, mostHeaders: number): AdapterError | undefined {
  const { rawHeaders, headers, httpVersionMajor, httpVersionMinor } = request;
  if (httpVersionMajor < 1) return new AdapterError('http_invalid', 'HTTP/0.9 is not spoken here');
  if (headers.host === undefined && httpVersionMinor > 0)
    return new AdapterError('http_invalid', 'the request has no header Host');
  if (rawHeaders.length / 2 > mostHeaders)
    return new AdapterError(
      'headers_too_large',
      `the request has more headers than http.max_headers (${mostHeaders})`,
    );
  const { 'transfer-encoding': coding = CHUNKED } = headers;
  if (coding.toLowerCase() !== CHUNKED)
    return new AdapterError(
      'http_invalid',
      `Transfer-Encoding ${shortened(coding, MOST_SHOWN_CHARACTERS)} is not understood, expected chunked`,
    );
  const repeated = repeatedHeader(rawHeaders);
  return repeated === undefined
    ? undefined
    : new AdapterError('http_invalid', `the request has two headers ${repeated}`);
}

/** Looks at lengths first: this is done for every request. */
function repeatedHeader(rawHeaders: readonly string[]): string | undefined {
  let seen = '';
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (!SINGLE_LENGTHS.has(name.length)) continue;
    const lower = name.toLowerCase();
    if (!SINGLE.has(lower)) continue;
    if (seen.includes(lower)) return lower;
    seen += ` ${lower}`;
  }
  return undefined;
}
