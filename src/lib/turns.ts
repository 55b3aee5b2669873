/** Small jobs that may come by the thousand at once, done a millisecond at a time in turns with all other work. */

const TURN_MS = 1;

export class Turns {
  #jobs: (() => void)[] = [];
  #next = 0;

  add(job: () => void): void {
    this.#jobs.push(job);
    if (this.#jobs.length === 1) setImmediate(() => this.#run());
  }

  #run(): void {
    const endMs = performance.now() + TURN_MS;
    while (this.#next < this.#jobs.length && performance.now() < endMs) this.#jobs[this.#next++]!();
    if (this.#next < this.#jobs.length) {
      setImmediate(() => this.#run());
      return;
    }
    this.#jobs = [];
    this.#next = 0;
  }
}
