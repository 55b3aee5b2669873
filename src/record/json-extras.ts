/** What an entry may tell beside labels, time and value: start timestamp, type, unit, help, exemplars. */

import { Buffer, isUtf8 } from 'node:buffer';
import type { ExemplarView, MetadataView, SeriesView } from '../contracts.ts';
import { ByteWriter } from '../lib/byte-writer.ts';
import { LONGEST_ESCAPE, textOf, writeEscaped } from './json-string.ts';
import { metricTypeName } from './metric-types.ts';
import type { TimeForm } from './time-text.ts';
import { LONGEST_VALUE, type ValueForm } from './value-form.ts';

/** Around the value of an exemplar. */
const FIXED_BYTES = 32;

/** Whether the records of the series have to say more than labels, time and value. */
export function hasExtras({ metadata, sampleCount, startTimestampsMs }: SeriesView): boolean {
  const { type, helpStart, helpEnd, unitStart, unitEnd } = metadata;
  if (type !== 0 || helpStart < helpEnd || unitStart < unitEnd) return true;
  for (let i = 0; i < sampleCount; i++) if (startTimestampsMs[i] !== 0) return true;
  return false;
}

/** The text is made once a series and copied to each of its records. */
export class Extras {
  readonly #timeForm: TimeForm;
  readonly #valueForm: ValueForm;
  readonly #metadata = new ByteWriter();
  readonly #exemplars = new ByteWriter();

  constructor(timeForm: TimeForm, valueForm: ValueForm) {
    this.#timeForm = timeForm;
    this.#valueForm = valueForm;
  }

  use(series: SeriesView): void {
    this.#useMetadata(series);
    this.#exemplars.truncate();
    if (series.exemplarCount > 0) this.#useExemplars(series);
  }

  #useMetadata(series: SeriesView): void {
    const { metadata } = series;
    const { type, helpStart, helpEnd, unitStart, unitEnd } = metadata;
    const out = this.#metadata;
    out.truncate();
    if (type !== 0) out.ascii(`,"type":"${metricTypeName(type)}"`);
    if (unitStart < unitEnd) writeText(out, '"unit"', { source: metadata, start: unitStart, end: unitEnd });
    if (helpStart < helpEnd) writeText(out, '"help"', { source: metadata, start: helpStart, end: helpEnd });
  }

  /** Ends a record that is open behind its last value. `startTimestampMs` 0 = not told. */
  write(out: ByteWriter, startTimestampMs: number, withExemplars: boolean): void {
    if (startTimestampMs !== 0) out.ascii(`,"start_timestamp":${this.#timeForm(startTimestampMs)}`);
    out.copy(this.#metadata.bytes, 0, this.#metadata.length);
    if (withExemplars) out.copy(this.#exemplars.bytes, 0, this.#exemplars.length);
    out.ascii('}');
  }

  #useExemplars({ exemplars, exemplarCount }: SeriesView): void {
    const out = this.#exemplars;
    out.ascii(',"exemplars":[');
    for (let i = 0; i < exemplarCount; i++) {
      const exemplar = exemplars[i]!;
      out.ascii(i > 0 ? ',{' : '{');
      writeLabels(out, exemplar);
      this.#valueForm.before.write(out);
      this.#valueForm.write(out, exemplar.value);
      // In the place of the brace.
      this.#valueForm.end.write(out);
      out.length--;
      out.ascii(`,"timestamp":${this.#timeForm(exemplar.timestampMs)}}`);
    }
    out.ascii(']');
  }
}

interface TextRange {
  readonly source: MetadataView;
  readonly start: number;
  readonly end: number;
}

/** Nobody has checked these texts; what is not UTF-8 in them is replaced. */
function writeText(out: ByteWriter, name: string, { source, start, end }: TextRange): void {
  out.ascii(`,${name}:`);
  const bytes = source.bytes.subarray(start, end);
  if (!isUtf8(bytes)) {
    const replaced = Buffer.from(JSON.stringify(textOf(bytes)));
    out.copy(replaced, 0, replaced.length);
    return;
  }
  out.reserve((end - start) * LONGEST_ESCAPE + 2);
  out.ascii('"');
  out.reserve((end - start) * LONGEST_ESCAPE);
  const labels = Int32Array.of(start, end);
  writeEscaped(out, { bytes: source.bytes, view: source.view, labels }, 0);
  out.ascii('"');
}

/** Leaves room for the value behind them. */
function writeLabels(out: ByteWriter, { bytes, view, labels, labelCount }: ExemplarView): void {
  out.ascii('"labels":{');
  for (let range = 0; range < labelCount * 4; range += 2) {
    const isName = range % 4 === 0;
    out.ascii(isName && range > 0 ? ',"' : '"');
    out.reserve((labels[range + 1] - labels[range]) * LONGEST_ESCAPE);
    writeEscaped(out, { bytes, view, labels }, range);
    out.ascii(isName ? '":' : '"');
  }
  out.ascii('}');
  out.reserve(LONGEST_VALUE + FIXED_BYTES);
}
