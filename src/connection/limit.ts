/** How many connections there may be, in all and from one address. */

import type { Socket } from 'node:net';
import type { RefusalReason } from '../metrics/reasons.ts';

export interface ConnectionLimits {
  /** The option `connection.limit`; 0 = no limit. */
  readonly total: number;
  /** The option `connection.limit_per_peer`; 0 = no limit. */
  readonly perPeer: number;
}

export class ConnectionLimit {
  /** May be exchanged at any time; connections that are open stay. */
  limits: ConnectionLimits;
  #total = 0;
  readonly #perPeer = new Map<string, number>();

  constructor(limits: ConnectionLimits) {
    this.limits = limits;
  }

  /** Counts the connection until it closes; why it must not stay, when it must not. */
  admit(socket: Socket): RefusalReason | undefined {
    const peer = socket.remoteAddress ?? '';
    const { total, perPeer } = this.limits;
    const ofPeer = this.#perPeer.get(peer) ?? 0;
    if (total > 0 && this.#total >= total) return 'limit';
    if (perPeer > 0 && ofPeer >= perPeer) return 'limit_per_peer';
    this.#total++;
    this.#perPeer.set(peer, ofPeer + 1);
    socket.once('close', () => this.#release(peer));
    return undefined;
  }

  #release(peer: string): void {
    this.#total--;
    const left = (this.#perPeer.get(peer) ?? 1) - 1;
    if (left > 0) this.#perPeer.set(peer, left);
    else this.#perPeer.delete(peer);
  }
}
