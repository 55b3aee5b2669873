/** The status page of the adapter itself in a real browser: its figures are those of the API, through a whole life. */

import assert from 'node:assert/strict';
import type { Agent } from 'node:http';
import { test } from 'node:test';
import type { Status } from '../../src/status/status.ts';
import { oneConnection, type RunningAdapter, startAdapter } from '../support/adapter.ts';
import { findChromium, type Page, startChromium } from '../support/chromium.ts';
import { eventually } from '../support/eventually.ts';
import { HOSTILE_AGENT } from '../support/scripted-status.ts';
import { body, HEADERS } from '../support/write-request.ts';
import { field, openPage, type Setting, STATE, text } from './status-page.ts';

const AGENTS = ['Prometheus/3.16.0', 'vmagent', HOSTILE_AGENT];
const WRITES = 5;
/** No Kafka is there. */
const NOBODY = '127.0.0.1:1';

type Format = (value: unknown) => string;
const { FORMATS } = (await import(new URL('../../src/status/page/format.js', import.meta.url).href)) as {
  FORMATS: Record<string, Format>;
};

/** Each agent writes over one connection of its own and keeps it; the first writes one request more, and so on. */
async function write(adapter: RunningAdapter, agents: readonly Agent[]): Promise<void> {
  for (const [index, agent] of agents.entries()) {
    for (let count = 0; count < WRITES + index; count++) {
      const series = { labels: [['__name__', 'up']] as const, samples: [[count, Date.now()]] as const };
      const headers = { ...HEADERS, 'user-agent': AGENTS[index]! };
      const { status } = await adapter.write(body([series]), { agent, headers });
      assert.equal(status, 204);
    }
  }
}

/** Draws what the API says at one moment: the page keeps the answer that it has drawn. */
async function shownAndTold(page: Page): Promise<{ told: Status; shown: Map<string, string> }> {
  const { told, ...found } = await page.evaluate<{ told: Status; bindings: [string, string, string][] }>(`
    new Promise((resolve) => {
      const { fetch } = window;
      window.fetch = async (...args) => {
        const told = await (await fetch(...args)).json();
        window.fetch = fetch;
        const read = () => Array.from(document.querySelectorAll('[data-text]'),
          ({ dataset, textContent }) => [dataset.text, dataset.as ?? 'text', textContent]);
        const json = async () => {
          // Once this is returned it is drawn before any timer.
          setTimeout(() => resolve({ told, bindings: read() }));
          return told;
        };
        return { ok: true, json };
      };
    })`);
  return {
    told,
    shown: new Map(found.bindings.map(([path, format, shown]) => [`${path} ${format}`, shown])),
  };
}

function valueAt(status: Status, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((part, key) => (part as Record<string, unknown> | null | undefined)?.[key], status);
}

const LIVES: Record<string, (setting: Setting) => Promise<void>> = {
  async 'shows what the API says of the connections that write'(setting) {
    const adapter = await startAdapter(setting.test, { brokers: '', topic: 'metrics', flags: ['--dry-run'] });
    const agents = AGENTS.map(oneConnection);
    setting.test.after(() => agents.map((agent) => agent.destroy()));
    const page = await openPage(setting, `${adapter.url}/`);
    assert.equal(await text(page, '#snippet'), `remote_write: - url: ${adapter.writeUrl}`);
    await write(adapter, agents);
    await page.waitFor(`document.querySelector('#empty').hidden`);

    const { told, shown } = await shownAndTold(page);
    assert.ok(shown.size > 20);
    for (const [binding, written] of shown) {
      const [path, format] = binding.split(' ') as [string, string];
      assert.equal(written, FORMATS[format]!(valueAt(told, path)), binding);
    }
    const rows = await page.evaluate<string[][]>(`Array.from(
      document.querySelectorAll('#connections tbody tr'),
      ({ cells }) => [0, 1, 5, 6].map((index) => cells[index].textContent),
    )`);
    const writers = rows.filter(([, , , samples]) => samples !== '0');
    const listed = told.connections.list.filter(({ samples }) => samples > 0);
    const expected = listed.map(({ client, agent, requests, samples }) => [
      client,
      agent,
      String(requests),
      String(samples),
    ]);
    assert.deepEqual(writers.sort(), expected.sort());
    const sent = AGENTS.map((agent, index) => [agent, String(WRITES + index), String(WRITES + index)]);
    assert.deepEqual(writers.map(([, ...row]) => row).sort(), sent.sort());
    assert.equal(await page.evaluate('typeof window.hacked'), 'undefined');
    assert.deepEqual(page.problems, []);
  },

  async 'shows a drain, and then that nobody answers'(setting) {
    const adapter = await startAdapter(setting.test, {
      brokers: '',
      topic: 'metrics',
      drainDelay: '3s',
      flags: ['--dry-run'],
    });
    const page = await openPage(setting, `${adapter.url}/`);
    assert.equal(await page.evaluate(STATE), 'ready');
    adapter.process.signal('SIGTERM');
    await page.waitFor(`${STATE} === 'draining'`);
    assert.deepEqual(page.problems, []);
    await page.waitFor(`${STATE} === 'no answer'`);
    assert.match((await text(page, '#lost'))!, /^No answer since .*: the replica cannot be reached\./);
    assert.match(
      (await field(page, 'replica.id'))!,
      new RegExp(`:${adapter.port}$`),
      'the last figures stay',
    );
  },

  async 'shows why it is not ready yet'(setting) {
    const adapter = await startAdapter(setting.test, { brokers: NOBODY, topic: 'metrics' });
    const page = await openPage(setting, `${adapter.url}/`);
    await page.waitFor(`${STATE} === 'starting'`);
    const told = await eventually(
      async () =>
        (JSON.parse((await adapter.get('/api/v1/status')).text) as Status).replica.detail || undefined,
      { what: 'the status says why' },
    );
    await page.waitFor(`document.querySelector('#detail').textContent !== ''`);
    assert.equal(await text(page, '#detail'), told);
    assert.deepEqual(page.problems, []);
  },
};

test('the status page of the adapter', async (t) => {
  const command = findChromium(t);
  if (command === undefined) return;
  const browser = await startChromium(t, command);
  for (const [name, live] of Object.entries(LIVES))
    await t.test(name, (context) => live({ test: context, browser }));
});
