/** What the rules say of each series, remembered so that they are asked once a series and not once a sample. */

import { Buffer } from 'node:buffer';
import type { SeriesView } from '../contracts.ts';

/** A label as the rules see it: name and value. */
export type Label = readonly [name: string, value: string];

interface Remembered<Decision> {
  /** The label bytes one behind the other, and where each range ends. */
  readonly text: Buffer;
  readonly ends: Int32Array;
  readonly decision: Decision;
}

/**
 * Holds at least the last `capacity / 2` series asked for, at most `capacity`: when the younger half is full the
 * older is forgotten.
 */
export class Decisions<Decision> {
  readonly #capacity: number;
  readonly #decide: (labels: readonly Label[]) => Decision;
  /** By the hash of the labels; the few that share one are a list. */
  #young = new Map<number, Remembered<Decision>[]>();
  #old = new Map<number, Remembered<Decision>[]>();
  #youngCount = 0;

  constructor(capacity: number, decide: (labels: readonly Label[]) => Decision) {
    this.#capacity = capacity;
    this.#decide = decide;
  }

  of(series: SeriesView): Decision {
    const young = find(this.#young.get(series.hash), series);
    if (young) return young.decision;
    const known = find(this.#old.get(series.hash), series) ?? {
      ...copyOf(series),
      decision: this.#decide(labelsOf(series)),
    };
    this.#remember(series.hash, known);
    return known.decision;
  }

  #remember(hash: number, remembered: Remembered<Decision>): void {
    if (this.#youngCount >= this.#capacity / 2) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngCount = 0;
    }
    const sharing = this.#young.get(hash);
    if (sharing) sharing.push(remembered);
    else this.#young.set(hash, [remembered]);
    this.#youngCount++;
  }
}

function find<Decision>(
  candidates: readonly Remembered<Decision>[] | undefined,
  series: SeriesView,
): Remembered<Decision> | undefined {
  return candidates?.find((candidate) => isOf(candidate, series));
}

function isOf({ text, ends }: Remembered<unknown>, { bytes, labels, labelCount }: SeriesView): boolean {
  if (ends.length !== labelCount * 2) return false;
  let at = 0;
  for (let range = 0; range < ends.length; range++) {
    const start = labels[range * 2];
    const end = labels[range * 2 + 1];
    if (ends[range] - at !== end - start) return false;
    for (let i = start; i < end; i++) if (text[at++] !== bytes[i]) return false;
  }
  return true;
}

function copyOf({ bytes, labels, labelCount }: SeriesView): { text: Buffer; ends: Int32Array } {
  const pieces = Array.from({ length: labelCount * 2 }, (_, range) =>
    bytes.subarray(labels[range * 2], labels[range * 2 + 1]),
  );
  let end = 0;
  const ends = Int32Array.from(pieces, (piece) => {
    end += piece.length;
    return end;
  });
  return { text: Buffer.concat(pieces), ends };
}

function labelsOf({ bytes, labels, labelCount }: SeriesView): Label[] {
  const text = (range: number): string =>
    Buffer.from(
      bytes.buffer,
      bytes.byteOffset + labels[range * 2],
      labels[range * 2 + 1] - labels[range * 2],
    ).toString();
  return Array.from({ length: labelCount }, (_, i) => [text(i * 2), text(i * 2 + 1)] as const);
}
