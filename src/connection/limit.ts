/** How many connections there may be: of senders, in all and from one address, and of operators on an address of their own. */

import type { Socket } from 'node:net';
import type { RefusalReason } from '../metrics/reasons.ts';

export interface ConnectionLimits {
  /** The option `connection.limit`; 0 = no limit. */
  readonly total: number;
  /** The option `connection.limit_per_peer`; 0 = no limit. */
  readonly perPeer: number;
  /** The option `connection.admin_limit`; 0 = no limit. */
  readonly admin: number;
}

/** Which address a connection comes in by. Senders that use up their limit must not lock operators out. */
export type Door = 'main' | 'admin';

export class ConnectionLimit {
  /** May be exchanged at any time; connections that are open stay. */
  limits: ConnectionLimits;
  readonly #open: Record<Door, number> = { main: 0, admin: 0 };
  readonly #perPeer = new Map<string, number>();

  constructor(limits: ConnectionLimits) {
    this.limits = limits;
  }

  /** Counts the connection until it closes; why it must not stay, when it must not. */
  admit(socket: Socket, door: Door): RefusalReason | undefined {
    const { total, admin } = this.limits;
    const most = door === 'main' ? total : admin;
    if (most > 0 && this.#open[door] >= most) return door === 'main' ? 'limit' : 'admin_limit';
    if (door === 'main') {
      const peer = socket.remoteAddress ?? '';
      if (!this.#admitPeer(peer)) return 'limit_per_peer';
      socket.once('close', () => this.#releasePeer(peer));
    }
    this.#open[door]++;
    socket.once('close', () => this.#open[door]--);
    return undefined;
  }

  #admitPeer(peer: string): boolean {
    const { perPeer } = this.limits;
    const ofPeer = this.#perPeer.get(peer) ?? 0;
    if (perPeer > 0 && ofPeer >= perPeer) return false;
    this.#perPeer.set(peer, ofPeer + 1);
    return true;
  }

  #releasePeer(peer: string): void {
    const left = (this.#perPeer.get(peer) ?? 1) - 1;
    if (left > 0) this.#perPeer.set(peer, left);
    else this.#perPeer.delete(peer);
  }
}
