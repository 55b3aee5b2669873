/** Durations and byte sizes: from text to milliseconds and bytes, and back. */

const DURATION = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
/** Milliseconds a unit, in the order in which DURATION captures them. */
const DURATION_UNITS = [
  { unit: 'd', ms: 86_400_000 },
  { unit: 'h', ms: 3_600_000 },
  { unit: 'm', ms: 60_000 },
  { unit: 's', ms: 1000 },
  { unit: 'ms', ms: 1 },
] as const;

const SIZE = /^(\d+)(KiB|MiB|GiB)?$/;
/** Bytes a unit, largest first. */
const SIZE_UNITS = [
  { unit: 'GiB', bytes: 1024 ** 3 },
  { unit: 'MiB', bytes: 1024 ** 2 },
  { unit: 'KiB', bytes: 1024 },
] as const;

/** `90s`, `1h30m`, `250ms` or `0` in milliseconds; undefined when the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const match = DURATION.exec(text);
  if (match === null || text === '') return undefined;
  let totalMs = 0;
  for (const [index, { ms }] of DURATION_UNITS.entries()) totalMs += Number(match[index + 1] ?? 0) * ms;
  return Number.isSafeInteger(totalMs) ? totalMs : undefined;
}

/** The shortest exact text in one unit: 90000 is `90s`, 60000 is `1m`. `parseDuration` reads it back. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0';
  const fitting = DURATION_UNITS.find(({ ms }) => durationMs % ms === 0);
  if (fitting === undefined || durationMs < 0) throw new RangeError(`not a duration in ms: ${durationMs}`);
  return `${durationMs / fitting.ms}${fitting.unit}`;
}

/** `32MiB`, `1KiB` or plain bytes such as `512`, in bytes; undefined when the text is not a size. */
export function parseSize(text: string): number | undefined {
  const match = SIZE.exec(text);
  if (match === null) return undefined;
  const factor = SIZE_UNITS.find(({ unit }) => unit === match[2])?.bytes ?? 1;
  const bytes = Number(match[1]) * factor;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** The shortest exact text: 33554432 is `32MiB`, 1000 is `1000`. `parseSize` reads it back. */
export function formatSize(bytes: number): string {
  if (!Number.isSafeInteger(bytes) || bytes < 0) throw new RangeError(`not a size in bytes: ${bytes}`);
  const fitting = SIZE_UNITS.find((unit) => bytes !== 0 && bytes % unit.bytes === 0);
  return fitting === undefined ? String(bytes) : `${bytes / fitting.bytes}${fitting.unit}`;
}

/** A size that was seen, for people: as `formatSize`, and `70000 bytes` where that has no unit. Exact, unlike a rounded one. */
export function describeSize(bytes: number): string {
  const text = formatSize(bytes);
  if (text !== String(bytes)) return text;
  return bytes === 1 ? '1 byte' : `${text} bytes`;
}

/** The right form of a size written another way (`64KB`, `64k`, `64 mib`); undefined when it is no such thing. */
export function suggestSize(text: string): string | undefined {
  const match = /^(\d+)\s*([kmg])(?:i?b)?$/i.exec(text);
  return match === null ? undefined : `${match[1]}${match[2]!.toUpperCase()}iB`;
}
