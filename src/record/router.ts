/** What becomes of a series before it is formatted: filtered, relabelled, and given its topic. */

import type { SeriesView } from '../contracts.ts';
import { type Decision, Decisions, type Label } from './decisions.ts';
import type { OwnLabels } from './label-store.ts';
import { Relabelled } from './relabelled.ts';

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
  /** Canonical labels, valid until the next call; undefined when they break a rule for labels. */
  readonly ownLabels: (labels: readonly Label[]) => OwnLabels | undefined;
  /** Series that are remembered; the option `limits.remembered_series`. */
  readonly capacity: number;
}

interface Outcome {
  readonly drop: RuleDrop | undefined;
  readonly topic: string;
}

export class Router {
  readonly #decisions: Decisions<Outcome>;
  /** By topic, and by the reason why there is none. */
  readonly #outcomes = new Map<string, Outcome>();
  #relabelled: Relabelled | undefined;

  constructor({ judge, ownLabels, capacity }: RouterParts) {
    this.#decisions = new Decisions(capacity, (labels) => {
      const verdict = judge(labels);
      if ('drop' in verdict) return this.#dropped(verdict.drop);
      if (!verdict.labels) return { outcome: this.#to(verdict.topic), labels: undefined };
      const own = ownLabels(verdict.labels);
      return own ? { outcome: this.#to(verdict.topic), labels: own } : this.#dropped('relabelled_invalid');
    });
  }

  /** Where the series goes, under which labels (valid until the next call); or why it goes nowhere. */
  route(series: SeriesView): Route | RuleDrop {
    const { outcome, labelsAt, memory } = this.#decisions.of(series);
    if (outcome.drop !== undefined) return outcome.drop;
    const { topic } = outcome;
    if (labelsAt === 0) return { topic, series };
    this.#relabelled ??= new Relabelled(series);
    return { topic, series: this.#relabelled.use(series, memory, labelsAt) };
  }

  /** How often the rules were asked, since a decision was not remembered. */
  get evaluated(): number {
    return this.#decisions.evaluated;
  }

  #dropped(drop: RuleDrop): Decision<Outcome> {
    return { outcome: this.#known(`drop ${drop}`, { drop, topic: '' }), labels: undefined };
  }

  #to(topic: string): Outcome {
    return this.#known(`to ${topic}`, { drop: undefined, topic });
  }

  /** The same object each time, since decisions remember it. */
  #known(name: string, outcome: Outcome): Outcome {
    const known = this.#outcomes.get(name);
    if (known) return known;
    this.#outcomes.set(name, outcome);
    return outcome;
  }
}
