/** Labels that are added to every series that lacks them. */

import type { LabelMap } from '../lib/label-map.ts';
import { compareNames } from '../lib/label-map.ts';

/**
 * Gives the labels with those that they lack, sorted by name; the very map that came in when they lack none. A label
 * that is there keeps its value, and one that is to be empty is not added.
 */
export function createExternalLabels(external: LabelMap): (labels: LabelMap) => LabelMap {
  const added = [...external].filter(([, value]) => value !== '');
  return (labels) => {
    const missing = added.filter(([name]) => !labels.has(name));
    if (missing.length === 0) return labels;
    return new Map([...labels, ...missing].sort(([a], [b]) => compareNames(a, b)));
  };
}
