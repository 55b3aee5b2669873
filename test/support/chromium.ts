/** A real Chromium for tests: found on this machine, started without a window, driven over its debugging protocol. */

import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { eventually } from './eventually.ts';
import { startProcess, type TestHooks } from './process.ts';
import { missing } from './tools.ts';

/** A page that does not come, or a browser that does not answer, is hung. */
const ANSWER_WITHIN_MS = 30_000;

/**
 * The command of CHROMIUM_BIN or `chromium` of the PATH. Without one the test fails in CI and is skipped, with a
 * loud line, elsewhere: then the result is undefined.
 */
export function findChromium(test: TestContext): string | undefined {
  const command = process.env['CHROMIUM_BIN'] || 'chromium';
  const { status, error, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  if (status === 0) {
    test.diagnostic(`browser: ${stdout.trim()} (${command})`);
    return command;
  }
  const problem = error ? error.message : `ended with ${status}`;
  return missing(test, `Chromium is missing: ${command} ${problem}; install it or set CHROMIUM_BIN`);
}

/** Starts the browser with a profile of its own, which reaches nothing but this machine. */
export async function startChromium(test: TestHooks, command: string): Promise<Browser> {
  const directory = await mkdtemp(join(tmpdir(), 'kafka-adapter-chromium-'));
  const started = startProcess(test, {
    command,
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--hide-scrollbars',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-proxy-server',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      '--remote-debugging-port=0',
      `--user-data-dir=${directory}`,
      'about:blank',
    ],
    // Its helper processes end with it.
    isGroup: true,
  });
  test.after(async () => {
    await started.kill();
    await rm(directory, { recursive: true, force: true, maxRetries: 10 });
  });
  const [, address] = await started.waitFor(/DevTools listening on (ws:\/\/\S+)/);
  const socket = new WebSocket(address!);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', () => reject(new Error(`no connection to ${address}`)), { once: true });
  });
  return new Browser(socket);
}

interface Message {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

type Listener = (params: Record<string, unknown>) => void;

/** The connection to the browser; each page is a session of it. */
export class Browser {
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, (message: Message) => void>();
  readonly #listeners = new Map<string, Listener>();
  #lastId = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#receive(JSON.parse(String(data)) as Message));
    socket.addEventListener('close', () => {
      for (const id of this.#pending.keys())
        this.#receive({ id, error: { message: 'the browser has ended' } });
    });
  }

  /** An empty page in a window of its own, for the time of the test; it notes what goes wrong in it. */
  async newPage(test: TestHooks): Promise<Page> {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank', newWindow: true });
    // The browser may have ended before.
    test.after(() => this.send('Target.closeTarget', { targetId }).catch(() => undefined));
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page(this, sessionId as string);
    await page.prepare();
    return page;
  }

  /** A command of the protocol and its result; rejects with the browser's own words. */
  send(method: string, params: object, sessionId?: string): Promise<Record<string, unknown>> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      if (this.#socket.readyState !== WebSocket.OPEN) throw new Error(`${method}: the browser has ended`);
      const timer = setTimeout(
        () => reject(new Error(`${method} was not answered within ${ANSWER_WITHIN_MS} ms`)),
        ANSWER_WITHIN_MS,
      );
      this.#pending.set(id, ({ result, error }) => {
        clearTimeout(timer);
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result ?? {});
      });
      this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) }));
    });
  }

  /** Calls `listener` at each such event of the session. */
  on(sessionId: string, method: string, listener: Listener): void {
    this.#listeners.set(`${sessionId} ${method}`, listener);
  }

  #receive(message: Message): void {
    if (message.id === undefined)
      this.#listeners.get(`${message.sessionId} ${message.method}`)?.(message.params ?? {});
    else {
      this.#pending.get(message.id)?.(message);
      this.#pending.delete(message.id);
    }
  }
}

/** One page of the browser. */
export class Page {
  readonly #browser: Browser;
  readonly #sessionId: string;
  /** Exceptions, console errors and warnings, and refusals of the content security policy, in words. */
  readonly problems: string[] = [];

  constructor(browser: Browser, sessionId: string) {
    this.#browser = browser;
    this.#sessionId = sessionId;
  }

  async prepare(): Promise<void> {
    const note = (method: string, describe: (params: Record<string, unknown>) => string | undefined): void =>
      this.#browser.on(this.#sessionId, method, (params) => {
        const problem = describe(params);
        if (problem !== undefined) this.problems.push(problem);
      });
    note(
      'Runtime.exceptionThrown',
      ({ exceptionDetails }) => `exception: ${JSON.stringify(exceptionDetails)}`,
    );
    note('Runtime.consoleAPICalled', ({ type, args }) => `console.${type}: ${JSON.stringify(args)}`);
    note('Log.entryAdded', ({ entry }) => `log: ${JSON.stringify(entry)}`);
    note('Page.javascriptDialogOpening', ({ message }) => `dialog: ${message}`);
    for (const domain of ['Page', 'Runtime', 'Log']) await this.send(`${domain}.enable`);
  }

  send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    return this.#browser.send(method, params, this.#sessionId);
  }

  /** Runs the script in each document before its own scripts. */
  async runBefore(source: string): Promise<void> {
    await this.send('Page.addScriptToEvaluateOnNewDocument', { source });
  }

  /** Resolves when the page and all it consists of is loaded. */
  async open(url: string): Promise<void> {
    const loaded = new Promise<void>((resolve) =>
      this.#browser.on(this.#sessionId, 'Page.loadEventFired', () => resolve()),
    );
    const { errorText } = await this.send('Page.navigate', { url });
    if (errorText) throw new Error(`${url}: ${errorText}`);
    await loaded;
  }

  /** The value of a JavaScript expression in the page, promises awaited; it must be JSON. */
  async evaluate<Value>(expression: string): Promise<Value> {
    const answer = await this.send('Runtime.evaluate', {
      expression,
      returnByValue: true,
      // Else the policy of the page would not hold for what is evaluated in it.
      allowUnsafeEvalBlockedByCSP: false,
      awaitPromise: true,
    });
    if (answer['exceptionDetails'])
      throw new Error(`${expression} threw ${JSON.stringify(answer['exceptionDetails'])}`);
    return (answer['result'] as { value: Value }).value;
  }

  /** Resolves when the expression is true in the page. */
  waitFor(expression: string, withinMs?: number): Promise<unknown> {
    return eventually(() => this.evaluate<boolean>(`Boolean(${expression})`), {
      what: expression,
      ...(withinMs === undefined ? {} : { withinMs }),
    });
  }

  /** The size of the window in CSS pixels. */
  async setSize(width: number, height: number): Promise<void> {
    await this.send('Emulation.setDeviceMetricsOverride', {
      width,
      height,
      deviceScaleFactor: 1,
      mobile: false,
    });
  }

  async setColorScheme(scheme: 'light' | 'dark'): Promise<void> {
    const features = [{ name: 'prefers-color-scheme', value: scheme }];
    await this.send('Emulation.setEmulatedMedia', { features });
  }

  /** A PNG of the whole page, not of the window alone. */
  async screenshot(file: string): Promise<void> {
    const { data } = await this.send('Page.captureScreenshot', { captureBeyondViewport: true });
    await writeFile(file, data as string, 'base64');
  }
}
