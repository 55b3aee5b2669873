/** What is known here of the parser that Node has for each connection: no part of its documented interface. */

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

export type TakeRequest = (request: IncomingMessage, isKeptAlive: boolean) => number;

export interface Parser {
  onIncoming?: TakeRequest;
  /** Functions by the number of the event for which they are called. */
  [event: string]: unknown;
}

export interface ParsedSocket extends Socket {
  readonly parser?: Parser;
}
