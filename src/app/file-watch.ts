/** Looks from time to time whether files have changed, by their time and size: watching would miss renamed ones. */

import { statSync } from 'node:fs';

const EVERY_MS = 5000;

export class FileWatch {
  readonly #files: () => readonly string[];
  readonly #onChange: (file: string) => boolean;
  /** Changed, and not of use yet: what is in its way need not be in a file that is watched. */
  #unused: string | undefined;
  #seen = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  /** `files` may differ from time to time; '' is none. `onChange` is asked again until it says that the file is of use. */
  constructor(files: () => readonly string[], onChange: (file: string) => boolean) {
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
    const changed = [...this.#seen].find(([file, state]) => before.has(file) && before.get(file) !== state);
    const file = changed?.[0] ?? this.#unused;
    if (file !== undefined) this.#unused = this.#onChange(file) ? undefined : file;
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
