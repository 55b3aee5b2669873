/** What of a series can be written: the rest is taken out, with the reason. */

import type { Holds } from '../contracts.ts';
import type { DropReason } from '../errors.ts';
import { type Contents, NOTHING, ONE_EXEMPLAR, ONE_FLOAT, ONE_HISTOGRAM } from '../lib/contents.ts';
import {
  aheadDetail,
  bucketsDetail,
  type Detail,
  exemplarDetail,
  type LengthRules,
  labelDetail,
  MAX_TIMESTAMP_MS,
  rangeDetail,
  textsDetail,
} from './details.ts';
import type { Histogram } from './histogram.ts';
import { problemOf } from './histogram-rules.ts';
import type { LabelSet } from './label-set.ts';
import { canonicalise } from './labels.ts';
import type { Exemplar, Series } from './series.ts';

export interface ContentRules extends LengthRules {
  /** `limits.future`, from now on; 0 = no limit. */
  readonly futureMs: number;
}

export interface Filter {
  readonly rules: ContentRules;
  readonly nowMs: number;
  /** Whether a series without a sample, histogram or exemplar breaks a rule: it does in 2.0. */
  readonly needsContents: boolean;
  /** `detail` says more where there is more to say. */
  readonly onDrop: (reason: DropReason, contents: Contents, detail?: Detail) => void;
}

export function contentsOf({ sampleCount, histogramCount, exemplarCount }: Series): Contents {
  return { float: sampleCount, histogram: histogramCount, exemplar: exemplarCount };
}

/** Takes out of the series what cannot be written, and canonicalises its labels. */
export function keepValid(series: Series, filter: Filter): void {
  const reason = series.problem ?? canonicalise(series) ?? lengthProblem(series, filter.rules);
  if (reason !== undefined) {
    dropSeries(series, reason, filter);
    return;
  }
  if (series.sampleCount > 0) keepValidSamples(series, filter);
  else if (series.histogramCount === 0 && series.exemplarCount === 0 && filter.needsContents)
    filter.onDrop('series_empty', NOTHING);
  if (series.histogramCount > 0) keepValidHistograms(series, filter);
  if (series.exemplarCount > 0) keepValidExemplars(series, filter);
}

/*
 * What is dropped has functions of its own: closures for the details, made where the others pass by, would cost those
 * an object each.
 */

function dropSeries(series: Series, reason: DropReason, { onDrop, rules }: Filter): void {
  onDrop(reason, contentsOf(series), () => labelDetail(reason, series, rules));
  series.sampleCount = 0;
  series.histogramCount = 0;
  series.exemplarCount = 0;
}

function dropTooLarge(series: Series, bytes: number, onDrop: Filter['onDrop']): void {
  const most = series.limits.textBytesPerSeries;
  onDrop('record_too_large', contentsOf(series), () => textsDetail(bytes, most));
}

function dropCrowded({ parts }: Histogram, most: number, onDrop: Filter['onDrop']): void {
  onDrop('buckets_too_many', ONE_HISTOGRAM, () => bucketsDetail(parts, most));
}

function dropInvalid(problem: string, onDrop: Filter['onDrop']): void {
  onDrop('histogram_invalid', ONE_HISTOGRAM, () => problem);
}

function dropExemplar(exemplar: Exemplar, reason: DropReason, filter: Filter): void {
  const { onDrop, rules } = filter;
  if (timeProblem(exemplar.timestampMs, filter) === reason)
    dropTimed(reason, { kind: 'exemplar', timestampMs: exemplar.timestampMs, startTimestampMs: 0 }, filter);
  else onDrop(reason, ONE_EXEMPLAR, () => exemplarDetail(reason, exemplar, rules));
}

/** One whose times break a rule. */
interface Timed {
  readonly kind: keyof typeof ONE;
  readonly timestampMs: number;
  readonly startTimestampMs: number;
}

const ONE = { sample: ONE_FLOAT, histogram: ONE_HISTOGRAM, exemplar: ONE_EXEMPLAR };

function dropTimed(reason: DropReason, { kind, timestampMs, startTimestampMs }: Timed, filter: Filter): void {
  const { onDrop, nowMs, rules } = filter;
  const isStart = timeProblem(timestampMs, filter) === undefined;
  const timeMs = isStart ? startTimestampMs : timestampMs;
  onDrop(reason, ONE[kind], () => {
    const field = `the ${isStart ? 'start_timestamp' : 'timestamp'} of ${kind === 'exemplar' ? 'an' : 'a'} ${kind}`;
    return reason === 'timestamp_out_of_range'
      ? rangeDetail(field, timeMs)
      : aheadDetail(field, timeMs, [nowMs, rules.futureMs]);
  });
}

/** Takes out of the series what the records have no place for. */
export function keepHeld(series: Series, holds: Holds, onDrop: Filter['onDrop']): void {
  const { histogramCount, exemplarCount } = series;
  if (histogramCount > 0 && !holds.histograms) {
    onDrop('format_cannot_hold', { ...NOTHING, histogram: histogramCount });
    series.histogramCount = 0;
    series.originalStart = -1;
  }
  if (exemplarCount > 0 && !holds.exemplars) {
    onDrop('format_cannot_hold', { ...NOTHING, exemplar: exemplarCount });
    series.exemplarCount = 0;
    series.originalStart = -1;
  }
}

/**
 * False for a series whose texts, which take `bytes`, alone make each record too large: what would be written of them
 * first is never looked at.
 */
export function keepFitting(series: Series, bytes: number, onDrop: Filter['onDrop']): boolean {
  const most = series.limits.textBytesPerSeries;
  if (most === 0 || bytes <= most) return true;
  dropTooLarge(series, bytes, onDrop);
  return false;
}

/** What the texts of the series take, which are in each of its records. */
export function textBytesOf(series: Series): number {
  const { helpStart, helpEnd, unitStart, unitEnd } = series.metadata;
  let bytes = series.textBytes + (helpEnd - helpStart) + (unitEnd - unitStart);
  for (let i = 0; i < series.exemplarCount; i++) bytes += series.exemplars[i]!.textBytes;
  return bytes;
}

function lengthProblem({ labels, labelCount }: LabelSet, rules: ContentRules): DropReason | undefined {
  const { labelNameBytes, labelValueBytes } = rules;
  if (labelNameBytes === 0 && labelValueBytes === 0) return undefined;
  for (let at = 0; at < labelCount * 4; at += 4) {
    if (labelNameBytes > 0 && labels[at + 1] - labels[at] > labelNameBytes) return 'label_name_too_long';
    if (labelValueBytes > 0 && labels[at + 3] - labels[at + 2] > labelValueBytes)
      return 'label_value_too_long';
  }
  return undefined;
}

function timeProblem(timestampMs: number, { rules, nowMs }: Filter): DropReason | undefined {
  if (Math.abs(timestampMs) > MAX_TIMESTAMP_MS) return 'timestamp_out_of_range';
  const isAhead = rules.futureMs > 0 && timestampMs > nowMs + rules.futureMs;
  return isAhead ? 'timestamp_too_far_ahead' : undefined;
}

function keepValidSamples(series: Series, filter: Filter): void {
  const { timestampsMs, startTimestampsMs } = series;
  let kept = 0;
  for (let i = 0; i < series.sampleCount; i++) {
    const reason = timeProblem(timestampsMs[i], filter) ?? timeProblem(startTimestampsMs[i], filter);
    if (reason !== undefined) {
      const timestampMs = timestampsMs[i];
      dropTimed(reason, { kind: 'sample', timestampMs, startTimestampMs: startTimestampsMs[i] }, filter);
      continue;
    }
    if (kept < i) series.moveSample(i, kept);
    kept++;
  }
  if (kept < series.sampleCount) series.originalStart = -1;
  series.sampleCount = kept;
}

function keepValidHistograms(series: Series, filter: Filter): void {
  const { histograms, limits } = series;
  let kept = 0;
  for (let i = 0; i < series.histogramCount; i++) {
    const histogram = histograms[i]!;
    const { timestampMs, startTimestampMs, parts } = histogram;
    const isOver = parts > limits.bucketsPerHistogram;
    const problem = isOver ? undefined : problemOf(histogram);
    if (isOver) dropCrowded(histogram, limits.bucketsPerHistogram, filter.onDrop);
    else if (problem !== undefined) dropInvalid(problem, filter.onDrop);
    else {
      const reason = timeProblem(timestampMs, filter) ?? timeProblem(startTimestampMs, filter);
      if (reason !== undefined)
        dropTimed(reason, { kind: 'histogram', timestampMs, startTimestampMs }, filter);
      else swap(histograms, kept++, i);
    }
  }
  if (kept < series.histogramCount) series.originalStart = -1;
  series.histogramCount = kept;
}

function keepValidExemplars(series: Series, filter: Filter): void {
  const { exemplars } = series;
  let kept = 0;
  for (let i = 0; i < series.exemplarCount; i++) {
    const reason = exemplarProblem(exemplars[i]!, filter);
    if (reason !== undefined) dropExemplar(exemplars[i]!, reason, filter);
    else swap(exemplars, kept++, i);
  }
  if (kept < series.exemplarCount) series.originalStart = -1;
  series.exemplarCount = kept;
}

function exemplarProblem(exemplar: Exemplar, filter: Filter): DropReason | undefined {
  if (exemplar.problem !== undefined) return exemplar.problem;
  const reason = canonicalise(exemplar);
  if (reason !== undefined && reason !== 'name_missing') return 'exemplar_labels_invalid';
  return timeProblem(exemplar.timestampMs, filter);
}

/** The order of what is kept stays, and no object is lost from the memory that is used again. */
function swap<Item>(list: Item[], a: number, b: number): void {
  const item = list[a]!;
  list[a] = list[b]!;
  list[b] = item;
}
