/** What one request held, and what was left out of it and why. */

import { AdapterError, CHOSEN_REASONS, DROP_REASONS, type DropReason } from '../errors.ts';
import { type Contents, minus, NOTHING, plus } from '../lib/contents.ts';
import { describeSize, formatSize } from '../lib/units.ts';
import { type Detail, quoted } from '../wire/details.ts';
import type { Series } from '../wire/series.ts';

/** Bytes of each text, and characters of all labels together. */
const MAX_LABELS_SHOWN = 300;
/** Texts of up to an eighth of a batch are not why a record is larger than one, not even if all of them are escaped. */
const HARMLESS_PART = 8;

interface Dropped {
  contents: Contents;
  /** How often the reason was given. */
  times: number;
  /** What was wrong with the first, and its labels; '' when nobody knows them. */
  readonly first: string;
}

/** The first that broke a rule, while it can be looked at. */
interface Offender {
  readonly series: Series;
  /** What was wrong with it, beyond the reason. */
  readonly detail?: Detail | undefined;
}

export class Tally {
  series = 0;
  metadata = 0;
  /** Of these, the ones that are records. */
  metadataWritten = 0;
  received = NOTHING;
  /** Whether there is something in the request, and nothing of the message that it was read as. */
  isMisread = false;
  /** Left out by the operator's rules: the sender need not know. */
  filtered = NOTHING;
  readonly dropped = new Map<DropReason, Dropped>();
  #largestBytes = 0;
  /** The series with the most text, if it is one that may not have fitted. */
  #largest = '';

  /** To be told of each series that is written, what its texts take: that it did not fit is found out when it is gone. */
  noteSize(series: Series, textBytes: number): void {
    const most = series.limits.textBytesPerSeries;
    if (textBytes * HARMLESS_PART <= most || most === 0 || textBytes <= this.#largestBytes) return;
    this.#largestBytes = textBytes;
    const limit = `kafka.max_batch_size is ${formatSize(most)}`;
    this.#largest = `the series with the most text has ${describeSize(textBytes)} of it (${limit}): ${describeLabels(series)}`;
  }

  /** `where` is asked about the first of each reason, and no other. */
  drop(reason: DropReason, contents: Contents, where?: Offender): void {
    let dropped = this.dropped.get(reason);
    if (!dropped) {
      dropped = { contents: NOTHING, times: 0, first: this.#describeFirst(reason, where) };
      this.dropped.set(reason, dropped);
    }
    dropped.contents = plus(dropped.contents, contents);
    dropped.times++;
  }

  #describeFirst(reason: DropReason, where: Offender | undefined): string {
    if (CHOSEN_REASONS.has(reason)) return '';
    if (where) return describeOffender(where);
    return reason === 'record_too_large' ? this.#largest : '';
  }

  /** What is taken care of once the request is acknowledged: in Kafka, or left out on purpose. */
  get written(): Contents {
    let written = this.received;
    for (const { contents } of this.dropped.values()) written = minus(written, contents);
    return written;
  }

  /** One line for the sender's log: how many, why, and where to look; undefined when nothing of it was at fault. */
  get refusal(): AdapterError | undefined {
    const faults = [...this.dropped].filter(([reason]) => !CHOSEN_REASONS.has(reason));
    if (faults.length === 0) return undefined;
    const reasons = faults.map(
      ([reason, { contents, times }]) =>
        `${describe(contents, times)} for ${reason} (${DROP_REASONS[reason]})`,
    );
    const firsts = faults
      .filter(([, { first }]) => first !== '')
      .map(([reason, { first }]) => `; first${faults.length === 1 ? '' : ` ${reason}`}: ${first}`);
    // What a sender logs may end in the middle of the examples: Prometheus takes 1024 bytes.
    return new AdapterError(
      'content_invalid',
      `not written: ${reasons.join(', ')}; all others of the request are written${firsts.join('')}`,
    );
  }
}

/** `3 samples, 1 histogram`; of a series without any the number of series. */
function describe({ float, histogram, exemplar }: Contents, times: number): string {
  const counts = [
    [float, 'sample'],
    [histogram, 'histogram'],
    [exemplar, 'exemplar'],
  ] as const;
  const shown = counts
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}${count === 1 ? '' : 's'}`);
  return shown.length > 0 ? shown.join(', ') : `${times} series`;
}

function describeOffender({ series, detail }: Offender): string {
  const told = detail?.();
  return `${told === undefined ? '' : `${told}, in `}${describeLabels(series)}`;
}

/** The labels as received, as far as they can be shown on one line; `...` where there are more. */
function describeLabels({ bytes, labels, labelCount, isOverLimit, problem }: Series): string {
  // The reader stops at a reference that leads nowhere.
  const isWhole = !isOverLimit && problem !== 'label_ref_invalid';
  let shown = '';
  for (let at = 0; at < labelCount * 4 && shown.length <= MAX_LABELS_SHOWN; at += 4) {
    const name = quoted(bytes, [labels[at], labels[at + 1]], MAX_LABELS_SHOWN);
    shown += `${at > 0 ? ',' : ''}${name}=${quoted(bytes, [labels[at + 2], labels[at + 3]], MAX_LABELS_SHOWN)}`;
  }
  if (shown.length > MAX_LABELS_SHOWN) return `{${shown.slice(0, MAX_LABELS_SHOWN)}...}`;
  return isWhole ? `{${shown}}` : `{${shown}${shown === '' ? '' : ','}...}`;
}
