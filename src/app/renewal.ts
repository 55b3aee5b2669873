/** Certificates, users and tokens are renewed by whoever writes their files, without a word to this process. */

import type { Logger } from '../lib/logger.ts';
import { FileWatch } from './file-watch.ts';

export interface RenewalParts {
  /** May differ from time to time; '' is none. */
  readonly files: () => readonly string[];
  /** Puts what is in the files in force; gives the problems for which the old ones stay. */
  readonly renew: () => readonly string[];
  readonly logger: Logger;
  /** Told of these problems, none when all is in force. */
  readonly onOutcome: (problems: readonly string[]) => void;
}

export class Renewal {
  readonly #parts: RenewalParts;
  readonly #watch: FileWatch;
  #problem = '';

  constructor(parts: RenewalParts) {
    this.#parts = parts;
    this.#watch = new FileWatch(parts.files, (file) => this.#renew(file));
  }

  start(): void {
    this.#watch.start();
  }

  stop(): void {
    this.#watch.stop();
  }

  #renew(file: string): boolean {
    const { renew, logger, onOutcome } = this.#parts;
    const problems = renew();
    const problem = problems.join('; ');
    if (problem === '') logger.info({ file }, 'a file has changed and is in force');
    else if (problem !== this.#problem)
      logger.error({ file, problems }, 'a file has changed and cannot be used, the old one stays');
    this.#problem = problem;
    onOutcome(problems);
    return problem === '';
  }
}
