/** What becomes of a series before it is formatted: filtered, relabelled, and given its topic. */

import type { SeriesView } from '../contracts.ts';
import { Decisions, type Label } from './decisions.ts';
import { type OwnLabels, Relabelled } from './relabelled.ts';

/** Why a series is not written although nothing is wrong with it, or why the rules leave nothing to write. */
export type RuleDrop = 'filtered' | 'relabelled_invalid' | 'topic_invalid';

/** What the rules say of a label set. */
export type Verdict =
  | { readonly drop: RuleDrop }
  /** `labels` undefined: as they are. */
  | { readonly topic: string; readonly labels: readonly Label[] | undefined };

export interface Route {
  readonly topic: string;
  readonly series: SeriesView;
}

export interface RouterParts {
  readonly judge: (labels: readonly Label[]) => Verdict;
  /** Canonical labels in memory of their own; undefined when they break a rule for labels. */
  readonly ownLabels: (labels: readonly Label[]) => OwnLabels | undefined;
  /** Series that are remembered; the option `limits.remembered_series`. */
  readonly capacity: number;
}

interface Decision {
  readonly drop?: RuleDrop;
  readonly topic: string;
  readonly labels: OwnLabels | undefined;
}

export class Router {
  readonly #decisions: Decisions<Decision>;
  #relabelled: Relabelled | undefined;

  constructor({ judge, ownLabels, capacity }: RouterParts) {
    this.#decisions = new Decisions(capacity, (labels) => {
      const verdict = judge(labels);
      if ('drop' in verdict) return { drop: verdict.drop, topic: '', labels: undefined };
      if (!verdict.labels) return { topic: verdict.topic, labels: undefined };
      const own = ownLabels(verdict.labels);
      if (!own) return { drop: 'relabelled_invalid', topic: '', labels: undefined };
      return { topic: verdict.topic, labels: own };
    });
  }

  /** Where the series goes, under which labels (valid until the next call); or why it goes nowhere. */
  route(series: SeriesView): Route | RuleDrop {
    const { drop, topic, labels } = this.#decisions.of(series);
    if (drop !== undefined) return drop;
    if (!labels) return { topic, series };
    this.#relabelled ??= new Relabelled(labels, series);
    return { topic, series: this.#relabelled.use(labels, series) };
  }
}
