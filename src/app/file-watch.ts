/** Looks from time to time whether files have changed, by their time and size: watching would miss renamed ones. */

import { statSync } from 'node:fs';

const EVERY_MS = 5000;

export class FileWatch {
  readonly #files: () => readonly string[];
  readonly #onChange: (file: string) => void;
  #seen = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  /** `files` may differ from time to time; '' is none. */
  constructor(files: () => readonly string[], onChange: (file: string) => void) {
    this.#files = files;
    this.#onChange = onChange;
  }

  start(): void {
    this.#seen = this.#look();
    this.#timer = setInterval(() => this.#check(), EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): Map<string, string> {
    const files = this.#files().filter((file) => file !== '');
    return new Map(files.map((file) => [file, stateOf(file)]));
  }

  #check(): void {
    const before = this.#seen;
    this.#seen = this.#look();
    for (const [file, state] of this.#seen) {
      if (!before.has(file) || before.get(file) === state) continue;
      this.#onChange(file);
      return;
    }
  }
}

/** A file that is missing for a moment, while it is being replaced, or that may not be seen, has a state too. */
function stateOf(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file);
    return `${mtimeMs} ${size} ${ino}`;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
