/** Reads a short text from left to right, and says at which character it goes wrong. */

import type { Parsed } from './parsed.ts';

class Misfit extends Error {}

/** What stands for itself behind a backslash, and what for something else. */
const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

export class Scanner {
  readonly text: string;
  /** Index of the next character. */
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get isAtEnd(): boolean {
    return this.at === this.text.length;
  }

  /** Takes what the pattern finds right here, undefined when that is nothing; the pattern is sticky. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  /** Takes a text in double or single quotes, with escapes, or in backquotes, as it is. */
  takeQuoted(): string | undefined {
    const start = this.at;
    const quote = this.take(/["'`]/y);
    if (quote === undefined) return undefined;
    const end = { '"': /[^"\\\n]*/y, "'": /[^'\\\n]*/y, '`': /[^`]*/y }[quote]!;
    let value = '';
    for (;;) {
      value += this.take(end);
      if (this.take(/["'`]/y) !== undefined) return value;
      if (this.take(/\\/y) === undefined) this.fail(`a quote ${quote} that does not end on its line`, start);
      value += this.#escaped(quote);
    }
  }

  #escaped(quote: string): string {
    const letter = this.take(/./uy) ?? '';
    const value = ESCAPES[letter];
    if (value !== undefined) return value;
    return this.fail(
      `the escape \\${letter} is not known: write \\\\ for a backslash, or backquotes in the place of ${quote}`,
      this.at - letter.length - 1,
    );
  }

  /** Ends the reading, with what is wrong and where. */
  fail(problem: string, at: number = this.at): never {
    throw new Misfit(`at character ${at + 1}: ${problem}`);
  }
}

/** Reads the whole of `text`. */
export function scan<Value>(text: string, read: (scanner: Scanner) => Value): Parsed<Value> {
  try {
    return { value: read(new Scanner(text)) };
  } catch (error) {
    if (error instanceof Misfit) return { error: error.message };
    throw error;
  }
}
