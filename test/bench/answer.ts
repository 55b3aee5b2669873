/** Reads the answers of one HTTP/1.1 connection, just enough of them for a load generator. */

import type { Buffer } from 'node:buffer';

/** One answer, read to its last byte. */
export interface Answer {
  readonly status: number;
  /** The server closes the connection behind this answer. */
  readonly isLast: boolean;
  /** From Retry-After, when it is a number of seconds. */
  readonly retryAfterMs: number | undefined;
}

const HEAD_END = '\r\n\r\n';
const HEAD_END_BYTES = 4;

/** Statuses that never have a body (RFC 9110, 6.4.1). */
function hasNoBody(status: number): boolean {
  return status === 204 || status === 304;
}

/**
 * One request is under way at a time, so an answer is what arrives until it is whole. Lengths come from
 * Content-Length; a chunked answer throws, since no adapter has a reason to send one.
 */
export class AnswerReader {
  #text = '';
  #bodyBytesLeft = 0;
  #answer: Answer | undefined;

  /** Takes the next bytes; the answer once it is whole, else undefined. */
  push(bytes: Buffer): Answer | undefined {
    if (this.#answer) return this.#skipBody(bytes.length);
    this.#text += bytes.toString('latin1');
    const headEnd = this.#text.indexOf(HEAD_END);
    if (headEnd < 0) return undefined;
    const bodyBytes = this.#text.length - headEnd - HEAD_END_BYTES;
    this.#readHead(this.#text.slice(0, headEnd + 2));
    this.#text = '';
    return this.#skipBody(bodyBytes);
  }

  /** Forgets a half-read answer. */
  reset(): void {
    this.#text = '';
    this.#answer = undefined;
  }

  #readHead(head: string): void {
    if (!head.startsWith('HTTP/1.1 ')) throw new Error(`not an answer of HTTP/1.1: ${head.slice(0, 40)}`);
    const status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1];
    if (length === undefined && !hasNoBody(status)) throw new Error(`an answer without a length: ${head}`);
    const retryAfter = /\r\nretry-after: *(\d+)\r\n/i.exec(head)?.[1];
    this.#bodyBytesLeft = hasNoBody(status) ? 0 : Number(length);
    this.#answer = {
      status,
      isLast: /\r\nconnection: *close\r\n/i.test(head),
      retryAfterMs: retryAfter === undefined ? undefined : Number(retryAfter) * 1000,
    };
  }

  #skipBody(count: number): Answer | undefined {
    this.#bodyBytesLeft -= count;
    if (this.#bodyBytesLeft > 0) return undefined;
    const answer = this.#answer;
    this.#answer = undefined;
    return answer;
  }
}
