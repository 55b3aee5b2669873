/** Key and partition of the records of a series, by the options `record.key` and `record.partition_by`. */

import type { SeriesView } from '../contracts.ts';
import { murmur2 } from '../lib/murmur2.ts';
import { ChosenText, type LabelText, labelValues, writeMetricName, writeSeriesText } from './label-choice.ts';

const LABELS_PREFIX = 'label:';

/** Where records go within their topic. */
export interface Destination {
  /** uint32: records of the same hash share a partition. */
  readonly hash: number;
  /** Valid until the next series; undefined for none. */
  readonly key: Uint8Array | undefined;
}

export interface DestinationSettings {
  /** `none`, `series`, `metric` or `label:NAME[,NAME]`. */
  readonly key: string;
  /** `series`, `key`, `metric`, `label:NAME[,NAME]` or `round-robin`. */
  readonly partitionBy: string;
}

type KeyOf = (series: SeriesView) => Uint8Array | undefined;
type HashOf = (series: SeriesView, key: Uint8Array | undefined) => number;

/** The texts that keys and partitions may be made of, by name. */
const TEXTS: Readonly<Record<string, LabelText>> = { series: writeSeriesText, metric: writeMetricName };

function textOf(choice: string): LabelText {
  if (choice.startsWith(LABELS_PREFIX)) return labelValues(choice.slice(LABELS_PREFIX.length).split(','));
  const text = TEXTS[choice];
  if (!text) throw new Error(`no text of a series is called ${choice}`);
  return text;
}

function keyBy(choice: string): KeyOf {
  if (choice === 'none') return () => undefined;
  const text = new ChosenText(textOf(choice));
  return (series) => text.of(series);
}

function hashBy(choice: string): HashOf {
  if (choice === 'series') return (series) => series.hash;
  if (choice === 'key') return (series, key) => (key ? murmur2(key) : series.hash);
  if (choice === 'round-robin') {
    let turn = 0;
    return () => turn++ >>> 0;
  }
  const text = new ChosenText(textOf(choice));
  return (series) => murmur2(text.of(series));
}

export function destinations({ key, partitionBy }: DestinationSettings): (series: SeriesView) => Destination {
  const keyOf = keyBy(key);
  const hashOf = hashBy(partitionBy);
  const destination = { hash: 0, key: undefined as Uint8Array | undefined };
  return (series) => {
    destination.key = keyOf(series);
    destination.hash = hashOf(series, destination.key);
    return destination;
  };
}
