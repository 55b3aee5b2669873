/** Starts a throw-away Kafka where none is configured, the adapter on top of it, and ends both in the right order. */

import { once } from 'node:events';
import { constants } from 'node:os';
import type { ListenAddress } from '../../src/config/addresses.ts';
import type { LikelyConfig } from '../../src/config/load.ts';
import { Adapter } from './adapter.ts';
import { formatBanner, formatNoKafka, formatServedBanner } from './banner.ts';
import { nextFreePort } from './ports.ts';
import { isListening, isReady, servedFacts, statusUrlOf, urlOf } from './served.ts';
import { readSettings, type Settings } from './settings.ts';
import { firstThatWorks, type LocalKafka, type Way } from './ways.ts';

const readyTimeoutMs = 60_000;
const adapterExitTimeoutMs = 60_000;
// npm passes a Ctrl-C on that the terminal has sent to everybody already: within this time it is the same one.
const sameSignalMs = 500;

/** Everything the launcher takes from outside. */
export interface LauncherOptions {
  /** Path of the script that is the adapter. */
  script: string;
  args: string[];
  environment: NodeJS.ProcessEnv;
  /** Ways to a Kafka, in order. */
  ways: Way[];
  /** For the banner. */
  out: NodeJS.WritableStream & { isTTY?: boolean };
  /** For what goes on. */
  log: NodeJS.WritableStream;
}

/** One run of the launcher. */
export class Launcher {
  readonly #options: LauncherOptions;
  readonly #interrupted = new AbortController();
  #adapter: Adapter | undefined;
  #kafka: LocalKafka | undefined;
  #signalledAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: LauncherOptions) {
    this.#options = options;
  }

  /** Runs to the end of the adapter and gives the exit status. */
  async run(): Promise<number> {
    const { script, args, environment } = this.#options;
    const settings = readSettings(args, environment);
    if (settings.isAdapterAlone) {
      const { served, added } = settings;
      const isTaken = served && (await isListening(served.config['http.listen_address']));
      const adapter = new Adapter({ script, args, environment: { ...environment, ...added } });
      this.#adapter = adapter;
      // The wish to stop came while there was nobody to tell.
      if (this.#interrupted.signal.aborted) adapter.terminate();
      if (served && !isTaken) void this.#announceServed(adapter, served);
      return adapter.exitWithin(2 ** 31 - 1);
    }
    try {
      return await this.#runWithKafka(settings);
    } catch (error) {
      if (!this.#interrupted.signal.aborted) throw error;
      return 128 + constants.signals[this.#interrupted.signal.reason as NodeJS.Signals];
    } finally {
      await this.#kafka?.close();
    }
  }

  /** The first signal ends all in order, one more ends all at once. */
  signal(name: NodeJS.Signals): void {
    const nowMs = performance.now();
    if (!this.#interrupted.signal.aborted) {
      this.#signalledAtMs = nowMs;
      this.#interrupted.abort(name);
      this.#adapter?.terminate();
    } else if (nowMs - this.#signalledAtMs > sameSignalMs) {
      this.#adapter?.kill();
    }
  }

  async #runWithKafka(settings: Settings): Promise<number> {
    const { args, environment, log, ways, script } = this.#options;
    const interrupted = this.#interrupted.signal;
    log.write('No Kafka brokers are configured (KAFKA_BROKERS): looking for a throw-away Kafka.\n');
    const { kafka, refusals } = await firstThatWorks(ways, interrupted);
    this.#kafka = kafka;
    if (!kafka) log.write(formatNoKafka(refusals));
    const listenAddress = await this.#chooseAddress(settings);
    interrupted.throwIfAborted();
    // Whoever answers there already is not ours, which is going to say so and end.
    const isTaken = await isAnswered(urlOf(listenAddress));
    const added: NodeJS.ProcessEnv = { ...settings.added, ...(kafka && { KAFKA_BROKERS: kafka.brokers }) };
    if (listenAddress !== settings.listenAddress) added['HTTP_LISTEN_ADDRESS'] = listenAddress;
    const adapter = new Adapter({
      script,
      args: kafka ? args : [...args, '--dry-run'],
      environment: { ...environment, ...added },
    });
    this.#adapter = adapter;
    if (!isTaken) void this.#announce(adapter, listenAddress, settings.adminAddress);
    const isInterrupted = once(interrupted, 'abort');
    const kafkaStatus = await Promise.race([adapter.exited, isInterrupted, kafka?.ended ?? adapter.exited]);
    const isKafkaLost = !adapter.hasExited && !interrupted.aborted;
    if (isKafkaLost) {
      log.write(`The throw-away Kafka is gone (${kafkaStatus}): ending the adapter too.\n`);
      adapter.terminate();
    }
    const status = await adapter.exitWithin(adapterExitTimeoutMs);
    return isKafkaLost ? 1 : status;
  }

  /** The default port may be taken; an address that the user chose is not moved. */
  async #chooseAddress(settings: Settings): Promise<string> {
    if (settings.isListenAddressGiven) return settings.listenAddress;
    const wanted = Number(settings.listenAddress.split(':').at(-1));
    const port = await nextFreePort(wanted);
    if (port === wanted) return settings.listenAddress;
    this.#options.log.write(
      `Port ${wanted} is taken: the adapter listens on ${port} (HTTP_LISTEN_ADDRESS).\n`,
    );
    return `:${port}`;
  }

  async #announceServed(adapter: Adapter, served: LikelyConfig): Promise<void> {
    const { out, log, environment } = this.#options;
    const facts = servedFacts(served);
    if (!facts) return;
    const isOver = new AbortController();
    void adapter.exited.then(() => isOver.abort());
    const tooLate = AbortSignal.timeout(readyTimeoutMs);
    const signal = AbortSignal.any([isOver.signal, this.#interrupted.signal, tooLate]);
    const isThere = await isReady(served, signal);
    if (isThere) {
      // Of a dry run the standard output has the records to itself.
      const place = facts.brokers === undefined ? log : out;
      const isColoured = place === out && out.isTTY === true && !environment['NO_COLOR'];
      place.write(formatServedBanner({ ...facts, pid: adapter.pid }, isColoured));
    } else if (tooLate.aborted) log.write(`${facts.statusUrl}/-/ready does not say that it is ready yet.\n`);
  }

  async #announce(adapter: Adapter, listenAddress: string, admin: ListenAddress | undefined): Promise<void> {
    const { out, log, environment } = this.#options;
    const adapterUrl = urlOf(listenAddress);
    const isReady = await adapter.isReadyWithin(`${adapterUrl}/-/ready`, readyTimeoutMs);
    if (adapter.hasExited || this.#interrupted.signal.aborted) return;
    const isColoured = out.isTTY === true && !environment['NO_COLOR'];
    const statusUrl = admin ? statusUrlOf(admin) : adapterUrl;
    if (isReady)
      out.write(formatBanner({ adapterUrl, statusUrl, brokers: this.#kafka?.brokers }, isColoured));
    else log.write(`The adapter does not answer at ${adapterUrl}/-/ready yet.\n`);
  }
}

async function isAnswered(url: string): Promise<boolean> {
  const answer = await fetch(url, { headers: { connection: 'close' } }).catch(() => undefined);
  await answer?.body?.cancel();
  return answer !== undefined;
}
