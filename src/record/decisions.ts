/** What the rules say of each series, remembered so that they are asked once a series and not once a sample. */

import { Buffer } from 'node:buffer';
import type { SeriesView } from '../contracts.ts';
import { ByteWriter } from '../lib/byte-writer.ts';
import { isStored, type OwnLabels, ownBytes, store, storedBytes, storeOwn } from './label-store.ts';

/** A label as the rules see it: name and value. */
export type Label = readonly [name: string, value: string];

/** What is decided of a label set. */
export interface Decision<Outcome> {
  /** One of few: they are kept for ever. */
  readonly outcome: Outcome;
  /** Undefined: as they are. */
  readonly labels: OwnLabels | undefined;
}

/** Where a decision is found, until the next one is asked for. */
export interface Place<Outcome> {
  readonly outcome: Outcome;
  /** Of the labels, in `memory`; 0 = as they are. */
  readonly labelsAt: number;
  readonly memory: ByteWriter;
}

/** Of an entry: its length, its outcome, where its own labels are, and then the labels that it is found by. */
const LENGTH = 0;
const OUTCOME = 4;
const OWN = 8;
const KEY = 12;
/** More would be found one after the other, as label sets of one hash are: a sender can make many. */
const MOST_PROBES = 16;
const FIRST_SLOTS = 1024;
const WORDS_PER_SLOT = 2;
/** So that entries of different hashes are seldom behind each other. */
const SLOTS_PER_ENTRY = 4;
/** Of memory a series, on the average; for half of them at most what offsets of 32 bits and doubling allow. */
const BYTES_PER_SERIES = 1024;
const LARGEST_HALF_BYTES = 512 * 1024 * 1024;
/** What is larger is not remembered, and no memory is kept for it. */
const LARGEST_ENTRY_BYTES = 64 * 1024;
/** Of the unknown, so many are decided for one that is remembered, once all memory is in use. */
const STRANGERS_PER_GUEST = 8;

/** Entries in the order in which they came, and a table of where those of a hash are. */
class Generation {
  readonly memory = new ByteWriter();
  /** Two words a slot: the hash, and the place of the entry plus 1; 0 = free. */
  #table = new Int32Array(WORDS_PER_SLOT * FIRST_SLOTS);
  count = 0;

  /** The place of the entry of the series; -1 when there is none. */
  find(series: SeriesView): number {
    const table = this.#table;
    const { view } = this.memory;
    const hash = series.hash | 0;
    const mask = table.length - 1;
    let slot = (hash << 1) & mask;
    for (let probes = 0; probes < MOST_PROBES; probes++, slot = (slot + 2) & mask) {
      const place = table[slot + 1] - 1;
      if (place < 0) return -1;
      if (table[slot] === hash && isStored(view, place + KEY, series)) return place;
    }
    return -1;
  }

  /** Notes the entry at `place` under the hash; one too many of its kind is not found again. */
  note(hash: number, place: number): void {
    if (this.count * WORDS_PER_SLOT * SLOTS_PER_ENTRY >= this.#table.length) this.#grow();
    this.count++;
    put(this.#table, hash | 0, place + 1);
  }

  forget(): void {
    this.memory.truncate();
    this.#table.fill(0);
    this.count = 0;
  }

  #grow(): void {
    const grown = new Int32Array(this.#table.length * 2);
    for (let slot = 0; slot < this.#table.length; slot += 2)
      if (this.#table[slot + 1] !== 0) put(grown, this.#table[slot], this.#table[slot + 1]);
    this.#table = grown;
  }
}

function put(table: Int32Array, hash: number, entry: number): void {
  const mask = table.length - 1;
  let slot = (hash << 1) & mask;
  for (let probes = 0; probes < MOST_PROBES; probes++, slot = (slot + 2) & mask) {
    if (table[slot + 1] !== 0) continue;
    table[slot] = hash;
    table[slot + 1] = entry;
    return;
  }
}

/**
 * Holds at most `capacity` series, in two halves: who is asked for goes to the younger one, and when that is full the
 * older is forgotten. Once both are in use, only some of the unknown are remembered: with more series than there is
 * room for, each would push out another that is needed just as soon, and nothing would ever be known.
 */
export class Decisions<Outcome> {
  /** Of each half. */
  readonly #mostSeries: number;
  readonly #mostBytes: number;
  readonly #decide: (labels: readonly Label[]) => Decision<Outcome>;
  /** By number, and their numbers. */
  readonly #outcomes: Outcome[] = [];
  readonly #numbers = new Map<Outcome, number>();
  #young = new Generation();
  #old = new Generation();
  /** For what is not remembered. */
  #scratch = new ByteWriter();
  /** How often the rules were asked. */
  evaluated = 0;
  #strangers = 0;
  readonly #place: { outcome: Outcome; labelsAt: number; memory: ByteWriter };

  constructor(capacity: number, decide: (labels: readonly Label[]) => Decision<Outcome>) {
    this.#mostSeries = capacity / 2;
    this.#mostBytes = Math.min((capacity / 2) * BYTES_PER_SERIES, LARGEST_HALF_BYTES);
    this.#decide = decide;
    this.#place = { outcome: undefined as Outcome, labelsAt: 0, memory: this.#scratch };
  }

  of(series: SeriesView): Place<Outcome> {
    const young = this.#young.find(series);
    if (young >= 0) return this.#at(this.#young.memory, young);
    const old = this.#old.count === 0 ? -1 : this.#old.find(series);
    if (old >= 0) return this.#keep(series, this.#old.memory, old);
    const isGuest = this.#old.count === 0 || ++this.#strangers % STRANGERS_PER_GUEST === 0;
    return this.#decideAnew(series, isGuest);
  }

  #at(memory: ByteWriter, place: number): Place<Outcome> {
    const found = this.#place;
    const own = memory.view.getInt32(place + OWN, true);
    found.outcome = this.#outcomes[memory.view.getInt32(place + OUTCOME, true)]!;
    found.labelsAt = own === 0 ? 0 : place + own;
    found.memory = memory;
    return found;
  }

  /** Takes an entry of the older half over into the younger one. */
  #keep(series: SeriesView, memory: ByteWriter, place: number): Place<Outcome> {
    const bytes = memory.view.getInt32(place + LENGTH, true);
    this.#makeRoom();
    const young = this.#young;
    const to = young.memory.length;
    young.memory.copy(memory.bytes, place, place + bytes);
    young.note(series.hash, to);
    return this.#at(young.memory, to);
  }

  #makeRoom(): void {
    const { count, memory } = this.#young;
    if (count < this.#mostSeries && memory.length < this.#mostBytes) return;
    const old = this.#old;
    old.forget();
    this.#old = this.#young;
    this.#young = old;
  }

  #decideAnew(series: SeriesView, isGuest: boolean): Place<Outcome> {
    this.evaluated++;
    const decision = this.#decide(labelsOf(series));
    const bytes = KEY + storedBytes(series) + (decision.labels ? ownBytes(decision.labels) : 0);
    const isKept = isGuest && bytes <= LARGEST_ENTRY_BYTES;
    if (isKept) this.#makeRoom();
    else this.#clearScratch();
    const memory = isKept ? this.#young.memory : this.#scratch;
    const place = memory.length;
    memory.reserve(bytes);
    writeEntry(memory, series, { number: this.#numberOf(decision.outcome), labels: decision.labels });
    if (isKept) this.#young.note(series.hash, place);
    return this.#at(memory, place);
  }

  #clearScratch(): void {
    if (this.#scratch.bytes.length > 2 * LARGEST_ENTRY_BYTES) this.#scratch = new ByteWriter();
    this.#scratch.truncate();
  }

  #numberOf(outcome: Outcome): number {
    const known = this.#numbers.get(outcome);
    if (known !== undefined) return known;
    const number = this.#outcomes.push(outcome) - 1;
    this.#numbers.set(outcome, number);
    return number;
  }
}

function writeEntry(
  memory: ByteWriter,
  series: SeriesView,
  { number, labels }: { number: number; labels: OwnLabels | undefined },
): void {
  const { view, length: place } = memory;
  memory.length += KEY;
  store(memory, series);
  const own = memory.length;
  if (labels) storeOwn(memory, labels);
  view.setInt32(place + LENGTH, memory.length - place, true);
  view.setInt32(place + OUTCOME, number, true);
  view.setInt32(place + OWN, labels ? own - place : 0, true);
}

function labelsOf({ bytes, labels, labelCount, isPlain }: SeriesView): Label[] {
  const memory = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // What is ASCII is the same in either, and faster in this one.
  const encoding = isPlain ? 'latin1' : 'utf8';
  const all: Label[] = [];
  for (let at = 0; at < labelCount * 4; at += 4)
    all.push([
      memory.toString(encoding, labels[at], labels[at + 1]),
      memory.toString(encoding, labels[at + 2], labels[at + 3]),
    ]);
  return all;
}
