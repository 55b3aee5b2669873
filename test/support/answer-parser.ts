/** Reads HTTP/1 answers byte by byte, as exactly as a client has to that keeps its connection for the next one. */

import { Buffer } from 'node:buffer';

export interface ParsedAnswer {
  readonly status: number;
  /** Names in lower case; values of a repeated name are joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** No further answer can follow: HTTP/1.0, `Connection: close`, or a body that ends with the connection. */
  readonly isLast: boolean;
}

interface Head {
  readonly status: number;
  readonly isLast: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
}

/** A whole body, the bytes it took, and whether the end of the connection ended it. */
interface Body {
  readonly body: Buffer;
  readonly bytes: number;
  readonly untilEnd?: boolean;
}

const HEAD_END = '\r\n\r\n';
const LINE_END = '\r\n';

export class AnswerParser {
  #rest = Buffer.alloc(0);
  /** Interim answers, such as 100 Continue, that came before the final ones. */
  interim = 0;

  /** Takes the next bytes; gives the answers that are whole now. Throws on what is not HTTP/1. */
  push(bytes: Uint8Array): ParsedAnswer[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const answers: ParsedAnswer[] = [];
    for (let answer = this.#next(false); answer; answer = this.#next(false)) answers.push(answer);
    return answers;
  }

  /** The connection has ended; gives the answer that it ended, should there be one. What is half here stays. */
  end(): ParsedAnswer | undefined {
    return this.#next(true);
  }

  /** Whether nothing of a further answer is here. */
  get isEmpty(): boolean {
    return this.#rest.length === 0;
  }

  #next(isEnded: boolean): ParsedAnswer | undefined {
    const head = readHead(this.#rest);
    if (!head) return undefined;
    if (head.status < 200) {
      this.interim++;
      this.#rest = this.#rest.subarray(head.bytes);
      return this.#next(isEnded);
    }
    const found = readBody(head, this.#rest.subarray(head.bytes), isEnded);
    if (!found) return undefined;
    this.#rest = this.#rest.subarray(head.bytes + found.bytes);
    const { status, headers } = head;
    return { status, headers, body: found.body, isLast: head.isLast || found.untilEnd === true };
  }
}

function readHead(bytes: Buffer): Head | undefined {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return undefined;
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split(LINE_END);
  const [, version, status] = /^HTTP\/(1\.[01]) (\d{3})(?: .*)?$/.exec(first) ?? [];
  if (version === undefined) throw new Error(`not an answer of HTTP/1: ${first.slice(0, 60)}`);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = /^([^\s:]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined) throw new Error(`not a header: ${line.slice(0, 60)}`);
    const key = name.toLowerCase();
    headers[key] = key in headers ? `${headers[key]}, ${value}` : value!;
  }
  const wishes = (headers['connection'] ?? '').toLowerCase().split(/[ \t]*,[ \t]*/);
  const isLast = wishes.includes('close') || (version === '1.0' && !wishes.includes('keep-alive'));
  return { status: Number(status), isLast, headers, bytes: end + HEAD_END.length };
}

/** RFC 9112, 6.3, in its order of precedence; undefined while the body is not whole. */
function readBody({ status, headers }: Head, rest: Buffer, isEnded: boolean): Body | undefined {
  if (status === 204 || status === 304) return { body: Buffer.alloc(0), bytes: 0 };
  if (headers['transfer-encoding']?.toLowerCase() === 'chunked') return readChunks(rest);
  const length = headers['content-length'];
  if (length === undefined) return isEnded ? { body: rest, bytes: rest.length, untilEnd: true } : undefined;
  if (!/^\d+$/.test(length)) throw new Error(`not a length: ${length}`);
  const bytes = Number(length);
  return rest.length < bytes ? undefined : { body: Buffer.from(rest.subarray(0, bytes)), bytes };
}

function readChunks(rest: Buffer): Body | undefined {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = rest.indexOf(LINE_END, at);
    if (lineEnd < 0) return undefined;
    const line = rest.toString('latin1', at, lineEnd);
    const size = /^([0-9a-f]+)[ \t]*(?:;.*)?$/i.exec(line)?.[1];
    if (size === undefined) throw new Error(`not the size of a chunk: ${line.slice(0, 60)}`);
    const begin = lineEnd + LINE_END.length;
    const end = begin + Number.parseInt(size, 16);
    if (end === begin) {
      // Trailer fields are skipped: the section ends with an empty line, which may be the first.
      const last = rest.indexOf(HEAD_END, lineEnd);
      return last < 0 ? undefined : { body: Buffer.concat(chunks), bytes: last + HEAD_END.length };
    }
    if (rest.length < end + LINE_END.length) return undefined;
    if (rest.toString('latin1', end, end + LINE_END.length) !== LINE_END)
      throw new Error('a chunk is longer than its size');
    chunks.push(Buffer.from(rest.subarray(begin, end)));
    at = end + LINE_END.length;
  }
}
