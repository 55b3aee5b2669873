/** Reads single figures from a page of metrics in the text format of Prometheus. */

/** The sum over all lines of that name whose labels contain the text `labels`; 0 without any. */
export function sumOf(page: string, name: string, labels = ''): number {
  let sum = 0;
  for (const [, found = '', value] of page.matchAll(new RegExp(`^${name}(\\{.*\\})? (\\S+)`, 'gm'))) {
    if (found.includes(labels)) sum += Number(value);
  }
  return sum;
}
