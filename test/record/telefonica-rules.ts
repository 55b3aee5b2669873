/** The record of Telefonica's adapter written a second time, by its rules and for clarity: the oracle of the format. */

import { Buffer } from 'node:buffer';

const MS_PER_DAY = 86_400_000;

/** One record, as Go's encoding/json writes a map: keys in the order of their bytes, the last of equal ones. */
export function telefonicaRecord(
  labels: readonly (readonly [string, string])[],
  timestampMs: number,
  value: number,
): string {
  const byName = new Map(labels);
  const names = [...byName.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const pairs = names.map((name) => `${goString(name)}:${goString(byName.get(name)!)}`);
  const name = goString(byName.get('__name__') ?? '');
  return `{"labels":{${pairs.join(',')}},"name":${name},"timestamp":"${goTime(timestampMs)}","value":"${goNumber(value)}"}`;
}

/** encoding/json with HTML escapes: `<`, `>`, `&` and the two line separators as \uXXXX. */
export function goString(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** time.Unix(ms/1000, 0).UTC().Format(time.RFC3339), by the civil calendar. */
export function goTime(timestampMs: number): string {
  const ms = Math.trunc(timestampMs / 1000) * 1000;
  const days = Math.floor(ms / MS_PER_DAY);
  const seconds = (ms - days * MS_PER_DAY) / 1000;
  // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const pad = (number: number, width: number): string => String(number).padStart(width, '0');
  const date = `${year < 0 ? '-' : ''}${pad(Math.abs(year), 4)}-${pad(month, 2)}-${pad(day, 2)}`;
  const time = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) => pad(Math.floor(part), 2));
  return `${date}T${time.join(':')}Z`;
}

/** strconv.FormatFloat(value, 'f', -1, 64), by moving the point of the shortest digits. */
export function goNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const size = Math.abs(value);
  if (size === Number.POSITIVE_INFINITY) return sign === '-' ? '-Inf' : '+Inf';
  const [mantissa, exponent] = size.toExponential().split('e') as [string, string];
  const digits = mantissa.replace('.', '');
  const point = 1 + Number(exponent);
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  const fraction = point > 0 ? digits.slice(point) : '0'.repeat(-point) + digits;
  return sign + whole + (fraction.replace(/0+$/, '') === '' ? '' : `.${fraction}`);
}
