/** Ends what the bench started, last first, whatever way the bench ends. */

import type { TestHooks } from '../support/process.ts';

export class CleanUps implements TestHooks {
  readonly #actions: (() => unknown)[] = [];

  after(cleanUp: () => unknown): void {
    this.#actions.push(cleanUp);
  }

  /** Goes on when one of them fails; that failure is thrown at the end. */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (let action = this.#actions.pop(); action; action = this.#actions.pop()) {
      try {
        await action();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'not everything could be cleaned up');
  }
}
