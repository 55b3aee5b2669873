/** The filter of series by selectors: who matches one of them passes. */

import type { LabelMap } from '../lib/label-map.ts';
import { checked } from '../lib/parsed.ts';
import type { Selector } from '../lib/selector.ts';
import { parseSelector } from '../lib/selector.ts';

const ANY_NAME = '';

/** Whether a series passes. The selectors are checked before, see `parseSelector`; without any, everything passes. */
export function createFilter(selectors: readonly string[]): (labels: LabelMap) => boolean {
  if (selectors.length === 0) return () => true;
  const byName = Map.groupBy(
    selectors.map((text) => checked(parseSelector(text))),
    ({ name }) => name ?? ANY_NAME,
  );
  const isAny = (name: string, labels: LabelMap): boolean =>
    byName.get(name)?.some((selector: Selector) => selector.matches(labels)) ?? false;
  return (labels) => isAny(labels.get('__name__') ?? ANY_NAME, labels) || isAny(ANY_NAME, labels);
}
