/** The terminal: text that stays, and below it a block that is refreshed in place. */

import type { WriteStream } from 'node:tty';

const widest = 80;
const plainEveryMs = 4000;

/** What is going on at the moment, for a terminal and in one line for everything else. */
export interface Moment {
  readonly block: readonly string[];
  readonly line: string;
}

export class Screen {
  readonly #out: NodeJS.WritableStream;
  /** False for a file, a pipe, a log: there each moment is a line, and they are fewer. */
  readonly isLive: boolean;
  #block: readonly string[] = [];
  #shownAtMs = Number.NEGATIVE_INFINITY;

  constructor(out: NodeJS.WritableStream, environment: NodeJS.ProcessEnv) {
    this.#out = out;
    const wantsPlain = environment['NO_COLOR'] || environment['CI'] || environment['TERM'] === 'dumb';
    this.isLive = (out as WriteStream).isTTY === true && !wantsPlain;
  }

  get width(): number {
    return Math.min((this.#out as WriteStream).columns || widest, widest);
  }

  /** Text that stays; long lines are broken at spaces, and keep their indentation. */
  say(text: string): void {
    this.#erase();
    const lines = text.split('\n').flatMap((line) => wrap(line, this.width - 1));
    this.#out.write(`${lines.join('\n')}\n`);
    this.#paint();
  }

  /** The moment so far stays where it is, and the next one comes below. */
  title(text: string): void {
    this.#block = [];
    this.say(`\n${this.isLive ? `\x1b[1m${text}\x1b[0m` : text}`);
  }

  /** Takes the place of the moment before. */
  show({ block, line }: Moment): void {
    if (this.isLive) {
      this.#erase();
      this.#block = block;
      this.#paint();
    } else if (performance.now() - this.#shownAtMs >= plainEveryMs) {
      this.#shownAtMs = performance.now();
      this.#out.write(`${line}\n`);
    }
  }

  #erase(): void {
    if (this.#block.length > 0) this.#out.write(`\x1b[${this.#block.length}A\x1b[J`);
  }

  #paint(): void {
    if (this.#block.length > 0) this.#out.write(`${this.#block.join('\n')}\n`);
  }
}

function wrap(line: string, width: number): string[] {
  const indentation = /^ */.exec(line)![0];
  const lines: string[] = [];
  let current = indentation;
  for (const word of line.trimStart().split(' ')) {
    const isFirst = current === indentation;
    if (!isFirst && current.length + 1 + word.length > width) {
      lines.push(current);
      current = indentation + word;
    } else {
      current += isFirst ? word : ` ${word}`;
    }
  }
  return [...lines, current];
}
