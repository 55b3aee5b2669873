/** How the last reading of the configuration, and of the files it names, went: in the metrics and on the status page. */

import type { Metrics } from '../metrics.ts';
import type { Status } from '../status/status.ts';

/** What is read again on request, and what is read because a file has changed. */
type Subject = 'reload' | 'renewal';

interface Failure {
  readonly problems: readonly string[];
  readonly since: Date;
}

export class ReloadOutcome {
  readonly #instruments: Metrics['instruments'];
  readonly #failures = new Map<Subject, Failure>();

  constructor({ instruments }: Metrics) {
    this.#instruments = instruments;
  }

  /** Without problems it is in force. */
  note(subject: Subject, problems: readonly string[]): void {
    if (problems.length === 0) this.#failures.delete(subject);
    else this.#failures.set(subject, { problems, since: this.#failures.get(subject)?.since ?? new Date() });
    const { configLastReloadSuccessful, configLastReloadSuccess } = this.#instruments;
    configLastReloadSuccessful.set(this.#failures.size === 0 ? 1 : 0);
    if (problems.length === 0) configLastReloadSuccess.set(Date.now() / 1000);
  }

  get status(): Status['configuration'] {
    const failures = [...this.#failures.values()];
    const [first] = failures.map(({ since }) => since).sort((a, b) => a.getTime() - b.getTime());
    return {
      problems: failures.flatMap(({ problems }) => problems),
      failedSince: first?.toISOString() ?? null,
    };
  }
}
