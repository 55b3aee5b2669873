/** Which other replicas there are: what each said last, and when it was heard. */

import type { FleetIgnoreReason } from '../metrics/reasons.ts';
import { decodeFleetRecord, type FleetRecord, MAX_RECORD_BYTES } from './record.ts';

/** A replica that says nothing for so long is taken for gone. */
export const SILENCE_MS = 15_000;
/** More are not remembered. */
const MAX_MEMBERS = 1000;

export interface Member extends FleetRecord {
  /** `performance.now()` when it was heard last. */
  readonly heardMs: number;
}

export interface MembersParts {
  readonly fleet: string;
  /** Of this replica. */
  readonly id: string;
  readonly instance: string;
}

/** What a record was: of another replica, of this one, of a second one with the id of this one, or nothing of use. */
export type Heard = 'member' | 'own' | 'namesake' | Exclude<FleetIgnoreReason, 'unreadable'>;

export class Members {
  readonly #parts: MembersParts;
  readonly #byId = new Map<string, Member>();
  /** When the one that counts less of two with the same id was heard last, by that id. */
  readonly #sharedMs = new Map<string, number>();

  constructor(parts: MembersParts) {
    this.#parts = parts;
  }

  /** Takes in the value of a record of the fleet topic, whoever wrote it. */
  hear(value: Uint8Array, nowMs: number): Heard {
    if (value.length > MAX_RECORD_BYTES) return 'too_large';
    const record = decodeFleetRecord(value);
    if (!record) return 'malformed';
    const { fleet, id, instance } = this.#parts;
    if (record.fleet !== fleet) return 'other_fleet';
    if (record.instance === instance) return 'own';
    // What stood here before is no second replica, unless it goes on talking.
    if (record.id === id) return record.state === 'gone' ? 'outdated' : 'namesake';
    const known = this.#byId.get(record.id);
    if (known) this.#noteShared(known, record, nowMs);
    if (known && known.epoch > record.epoch) return 'outdated';
    if (record.state === 'gone') {
      this.#forget(record.id);
      return 'member';
    }
    if (!known && this.#byId.size >= MAX_MEMBERS) return 'limit';
    this.#byId.set(record.id, { ...record, heardMs: nowMs });
    return 'member';
  }

  /** Forgets those that have been silent for too long. */
  expire(nowMs: number): void {
    for (const [id, heardMs] of this.#sharedMs) if (nowMs - heardMs > SILENCE_MS) this.#sharedMs.delete(id);
    for (const [id, { heardMs }] of this.#byId) if (nowMs - heardMs > SILENCE_MS) this.#forget(id);
  }

  /** One that was started anew is never heard in between: only a second one that runs talks after a later one. */
  #noteShared(known: Member, { id, instance, epoch, state }: FleetRecord, nowMs: number): void {
    if (known.instance === instance || known.epoch < epoch) return;
    if (state === 'gone') this.#sharedMs.delete(id);
    else this.#sharedMs.set(id, nowMs);
  }

  #forget(id: string): void {
    this.#byId.delete(id);
    this.#sharedMs.delete(id);
  }

  /** Forgets all: nothing that was heard holds any more. */
  clear(): void {
    this.#byId.clear();
    this.#sharedMs.clear();
  }

  /** The others, in the order they were first heard. */
  get others(): readonly Member[] {
    return [...this.#byId.values()];
  }

  /** The ids of others that more than one replica has, each of which is one of `others`. */
  get sharedIds(): ReadonlySet<string> {
    return new Set(this.#sharedMs.keys());
  }
}
