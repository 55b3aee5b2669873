/** A TCP proxy that a test can make silent, or make reset everything: a network that is cut, and heals. */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** pass: as if it were not there. silent: connections open and stay open, no byte moves. reset: all are reset at once. */
type Mode = 'pass' | 'silent' | 'reset';

/** Under load an answer comes much sooner. */
const ANSWER_WITHIN_MS = 30_000;

export class TcpProxy {
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #pairs = new Set<readonly [client: Socket, target: Socket]>();
  #mode: Mode = 'pass';
  /** Connections of clients so far. */
  accepted = 0;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((client) => this.#accept(client));
  }

  /** Listens on a free port of 127.0.0.1, or on the one given. Nothing needs to listen on `targetPort` yet. */
  static async start(targetPort: number, port = 0): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    proxy.#server.listen(port, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  #accept(client: Socket): void {
    this.accepted++;
    if (this.#mode === 'reset') {
      client.on('error', () => {}).resetAndDestroy();
      return;
    }
    const target = connect(this.#targetPort, '127.0.0.1');
    const pair = [client, target] as const;
    this.#pairs.add(pair);
    for (const [from, to] of [pair, [target, client] as const]) {
      from.setNoDelay(true);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        to.destroy();
        this.#pairs.delete(pair);
      });
    }
    if (this.#mode === 'pass') join(pair);
  }

  /** What is sent from now on stays where it is, in both directions, until `heal` or `reset`. */
  silence(): void {
    this.#mode = 'silent';
    for (const [client, target] of this.#pairs) {
      client.unpipe(target).pause();
      target.unpipe(client).pause();
    }
  }

  /** As `silence`, but what clients send still arrives: requests are served and their answers are held back. */
  silenceAnswers(): void {
    this.#mode = 'silent';
    for (const [client, target] of this.#pairs) target.unpipe(client).pause();
  }

  /** Every connection is reset, and so is each new one, until `heal`. What was held back is lost. */
  reset(): void {
    this.#mode = 'reset';
    for (const [client, target] of this.#pairs) {
      client.resetAndDestroy();
      target.resetAndDestroy();
    }
  }

  /** Everything passes again; what was held back by a silence arrives now, as TCP would repeat it. */
  heal(): void {
    const wasSilent = this.#mode === 'silent';
    this.#mode = 'pass';
    if (wasSilent) for (const pair of this.#pairs) join(pair);
  }

  /** Lets only the first bytes of the next answer through, whichever connection it is of, then ends that one. */
  async cutNextAnswer(bytes: number): Promise<void> {
    const { promise: cut, resolve, reject } = Promise.withResolvers<void>();
    const late = setTimeout(() => reject(new Error('no answer came through the proxy')), ANSWER_WITHIN_MS);
    const disarm: (() => void)[] = [];
    for (const pair of this.#pairs) {
      const [client, target] = pair;
      const onAnswer = (answer: Buffer): void => {
        clearTimeout(late);
        target.off('data', onAnswer);
        for (const release of disarm) release();
        client.once('close', () => resolve());
        // In order, so that these bytes are read: behind a reset they might not be.
        client.end(answer.subarray(0, bytes), () => target.destroy());
      };
      disarm.push(() => {
        if (target.listeners('data').includes(onAnswer)) join([client, target.off('data', onAnswer)]);
      });
      target.unpipe(client).on('data', onAnswer).resume();
    }
    await cut;
  }

  async close(): Promise<void> {
    this.reset();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function join([client, target]: readonly [Socket, Socket]): void {
  // Never twice: what came would be written twice.
  client.unpipe(target).pipe(target);
  target.unpipe(client).pipe(client);
}
