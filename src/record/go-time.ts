/** Times as Go writes them: time.Unix(ms/1000, 0).UTC().Format(time.RFC3339), as JSON. */

/** Whole seconds, cut off towards zero; years of four digits or as many as it takes, without a plus. */
export function goSeconds(timestampMs: number): string {
  const date = new Date(Math.trunc(timestampMs / 1000) * 1000);
  const iso = date.toISOString();
  const year = date.getUTCFullYear();
  const digits = String(Math.abs(year)).padStart(4, '0');
  // From the month on it is the same, whatever JavaScript makes of the year.
  return `"${year < 0 ? '-' : ''}${digits}${iso.slice(iso.length - '-01-01T00:00:00.000Z'.length, -'.000Z'.length)}Z"`;
}
