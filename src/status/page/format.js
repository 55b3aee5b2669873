/** Numbers as people read them: 41.2 k/s, 1m12s, 148 k. What is no finite number is a dash. */

const NONE = '–';
/** Narrow and unbreakable, between a number and its unit. */
const GAP = '\u202f';
const DECIMAL = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
/** Up to here a count is shown to the last digit. */
const EXACT_UP_TO = 10_000;

/** Three digits that matter; a number below 1 has at most two after the point. */
function threeDigits(value) {
  const size = Math.abs(value);
  if (size === 0 || size >= 99.95) return value.toFixed(0);
  return value.toFixed(size >= 9.995 ? 1 : 2);
}

function scaled(value, step, units) {
  let rest = value;
  let index = 0;
  // 999.6 would be written 1000.
  while (Math.abs(rest) >= step - 0.5 && index < units.length - 1) {
    rest /= step;
    index++;
  }
  const digits = Math.abs(rest) >= 1e6 ? rest.toExponential(1) : threeDigits(rest);
  return units[index] === '' ? digits : `${digits}${GAP}${units[index]}`;
}

/** 9 999 is exact, 148 k is not. */
function formatCount(value) {
  if (Math.abs(value) >= EXACT_UP_TO) return scaled(value, 1000, DECIMAL);
  return value.toFixed(0).replace(/\B(?=\d{3}$)/, GAP);
}

/** The two largest units: 0.3s, 51s, 1m12s, 3h04m, 12d5h. */
function formatDuration(seconds) {
  if (seconds < 0) return `-${formatDuration(-seconds)}`;
  if (seconds < 0.05) return '0s';
  if (seconds < 0.95) return `${seconds.toFixed(1)}s`;
  const whole = seconds < 1 ? 1 : Math.floor(seconds);
  const two = (part) => String(part).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h${two(Math.floor(whole / 60) % 60)}m`;
  return `${Math.floor(whole / 86_400)}d${Math.floor(whole / 3600) % 24}h`;
}

function formatLatency(seconds) {
  if (seconds < 0.9995) return `${threeDigits(seconds * 1000)}${GAP}ms`;
  return seconds < 60 ? `${threeDigits(seconds)}${GAP}s` : formatDuration(seconds);
}

function formatShare(part) {
  const percent = part * 100;
  return `${percent > 0 && percent < 9.95 ? percent.toFixed(1) : percent.toFixed(0)}${GAP}%`;
}

function formatRate(perSecond) {
  const text = scaled(perSecond, 1000, DECIMAL);
  return text.includes(GAP) ? `${text}/s` : `${text}${GAP}/s`;
}

/** What `data-as` in the page can name. Each takes any JSON value. */
export const FORMATS = {
  text: (value) => (value === null || value === undefined ? NONE : String(value)),
  count: numeric(formatCount),
  rate: numeric(formatRate),
  bytes: numeric((bytes) => scaled(bytes, 1024, BINARY)),
  byteRate: numeric((bytes) => `${scaled(bytes, 1024, BINARY)}/s`),
  duration: numeric(formatDuration),
  // What somebody wrote is round: 1m, not 1m00s.
  setting: numeric((seconds) => formatDuration(seconds).replace(/(?<=\D)00?\D$/, '')),
  latency: numeric(formatLatency),
  share: numeric(formatShare),
  times: numeric((ratio) => `${ratio.toFixed(2)}${GAP}×`),
  // The oldest reading is up to two seconds younger than the window; a process that has just started has less.
  window: numeric(
    (seconds) => `over ${seconds > 15 ? Math.ceil(seconds / 5) * 5 : Math.round(seconds)}${GAP}s`,
  ),
  ago: numeric((seconds) => `${formatDuration(seconds)} ago`),
  closeRate: numeric((perSecond) => (perSecond === 0 ? 'no limit' : `at most ${formatCount(perSecond)}/s`)),
  limit: numeric((value) => (value === 0 ? 'no limit' : formatCount(value))),
};

function numeric(format) {
  return (value) => (typeof value === 'number' && Number.isFinite(value) ? format(value) : NONE);
}
