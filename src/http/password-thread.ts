/** Passwords are held against bcrypt hashes on a thread of their own: guesses must not take the time of senders. */

import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

/** A thread that nobody needed for so long is ended: the next one is there within a moment. */
const IDLE_MS = 10_000;

export interface Comparison {
  readonly id: number;
  readonly password: string;
  readonly hashes: readonly string[];
}

export interface Verdict {
  readonly id: number;
  readonly isRight: boolean;
}

interface Waiting {
  readonly resolve: (isRight: boolean) => void;
  readonly reject: (error: Error) => void;
}

export class PasswordThread {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #count = 0;

  /** See `ComparePassword`. Rejects when the thread fails. */
  compare(password: string, hashes: readonly string[]): Promise<boolean> {
    clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    // Kept alive by what it owes; idle, it keeps nothing alive.
    this.#worker.ref();
    const comparison: Comparison = { id: ++this.#count, password, hashes };
    this.#worker.postMessage(comparison);
    return new Promise((resolve, reject) => this.#waiting.set(comparison.id, { resolve, reject }));
  }

  #start(): Worker {
    // A file of this kind: .ts in the source, .js in the package.
    const file = `./password-worker${extname(import.meta.url)}`;
    const worker = new Worker(new URL(file, import.meta.url));
    worker.on('message', ({ id, isRight }: Verdict) => {
      this.#waiting.get(id)?.resolve(isRight);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#rest();
    });
    worker.on('error', (error: Error) => {
      this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
    return worker;
  }

  #rest(): void {
    this.#worker?.unref();
    this.#idle = setTimeout(() => {
      void this.#worker?.terminate();
      this.#worker = undefined;
    }, IDLE_MS).unref();
  }
}
