/** What the entry of a metric says. */

const PREFIX = 'kafka_adapter_';

type Labels = Readonly<Record<string, string>>;

export interface Definition<Type extends 'counter' | 'gauge' | 'histogram'> {
  readonly type: Type;
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Children that exist from the start, at 0, so that an idle replica is a zero and not a gap. */
  readonly born: readonly Labels[];
  /** Upper bounds, in the unit of the name. */
  readonly buckets?: readonly number[];
}

interface Children {
  labels?: readonly string[];
  born?: readonly Labels[];
}

export const counter = (name: string, help: string, children: Children = {}): Definition<'counter'> => ({
  type: 'counter',
  name: PREFIX + name,
  help,
  labels: children.labels ?? [],
  born: children.born ?? [],
});

export const gauge = (name: string, help: string, children: Children = {}): Definition<'gauge'> => ({
  ...counter(name, help, children),
  type: 'gauge',
});

export const histogram = (
  name: string,
  help: string,
  children: Children & { buckets: readonly number[] },
): Definition<'histogram'> => ({
  ...counter(name, help, children),
  type: 'histogram',
  buckets: children.buckets,
});

export const each = (label: string, values: readonly string[]): Labels[] =>
  values.map((value) => ({ [label]: value }));
