/** The status page in a real browser, against a replica that says what a test wants to see. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { findChromium, startChromium } from '../support/chromium.ts';
import { eventually } from '../support/eventually.ts';
import {
  busyStatus,
  emptyStatus,
  HOSTILE_AGENT,
  nastyStatus,
  scriptedFleet,
} from '../support/scripted-status.ts';
import { startFakeReplica } from './fake-replica.ts';
import {
  field,
  HASTY_INTERVAL_MS,
  isWithin,
  redraw,
  type Setting,
  STATE,
  showStatus,
  text,
  texts,
} from './status-page.ts';

const ROWS = `document.querySelectorAll('#connections tbody tr').length`;

const SCRIPTED: Record<string, (setting: Setting) => Promise<void>> = {
  async 'the figures of the status stand where they belong, as people read them'(setting) {
    const { page, replica } = await showStatus(setting, busyStatus());
    assert.equal(await page.evaluate(STATE), 'ready');
    assert.equal(await page.evaluate('document.title'), '41.2\u202fk/s · adapter-2:8080');
    const expected = {
      'replica.id': 'adapter-2:8080',
      'replica.uptimeSeconds': '3d4h',
      'traffic.samplesPerSecond': '41.2 k/s',
      'traffic.requestsPerSecond': '20.6 /s',
      'traffic.p99Seconds': '38.3 ms',
      'traffic.eventLoopUtilization': '31 %',
      'connections.accepted': '48.2 k',
      'returns.ratio': '31 %',
      'kafka.topic': 'metrics',
      'kafka.lastAckSecondsAgo': '0.2s ago',
      'limits.idleTimeoutSeconds': '1m15s',
    };
    for (const [path, shown] of Object.entries(expected)) assert.equal(await field(page, path), shown, path);
    assert.equal(await text(page, '#queue'), 'Kafka queue 2.1 % 5.50 MiB of 256 MiB');
    assert.equal(await text(page, '#max-age'), '1m ± 25 %');
    assert.equal(await text(page, '#verdict'), 'spreads');
    assert.equal(await text(page, '#returns-error'), '± 4.0 %');
    assert.deepEqual((await texts(page, '#closed li')).slice(0, 2), [
      'max_age reached its age 46.9 k',
      'client closed by the sender 879',
    ]);
    assert.match((await text(page, '#hints li'))!, /^warning One connection carries 22 %/);
    assert.deepEqual(await texts(page, '#connections tbody tr:first-child > *'), [
      '10.2.0.7:41822',
      'Prometheus/3.16.0',
      '13s',
      '1m02s',
      'busy',
      '15',
      '260 k',
      '22 %',
    ]);
    assert.match((await text(page, '.written'))!, /over 20 s, acknowledged$/);
    assert.match((await text(page, '#fleet .legend'))!, /^the mean of all that are ready/);
    assert.deepEqual(page.problems, []);
    assert.deepEqual(replica.others, [], 'nothing but the page and the status is asked for');
  },

  async 'the replicas of the fleet are shown, this one marked, and why there is none'(setting) {
    const status = busyStatus();
    const shown = await showStatus(setting, status);
    const { page } = shown;
    assert.equal(
      await text(page, '#fleet .title'),
      'Fleet default 3 ready, the busiest has 1.03 × the mean in use',
    );
    assert.deepEqual(await texts(page, '#fleet tbody tr:first-child > *'), [
      'adapter-1:8080',
      'ready',
      '32 %',
      '40.0 k/s',
      '14',
      '31 %',
      '3d4h',
      '0.6s ago',
      '0.1.0',
      'adapter-1:8080',
    ]);
    const marked = `Array.from(document.querySelectorAll('#fleet .this'), (row) => row.cells[0].textContent)`;
    assert.deepEqual(await page.evaluate(marked), ['adapter-2:8080']);
    assert.equal(await text(page, '#fleet-problem'), '');
    const [first, ...rest] = status.fleet!.list;
    const list = [...rest, { ...first!, id: 'adapter-9:8080', state: 'draining' as const, share: null }];
    list[1] = { ...list[1]!, hasNamesake: true };
    const fleet = { ...status.fleet!, list, known: 700, isUsable: false, problem: 'cannot read topic x' };
    await page.evaluate(`document.querySelector('#fleet tbody tr:nth-child(2)').dataset.mark = 'mine'`);
    await redraw(shown, { ...status, fleet });
    assert.deepEqual(await texts(page, '#fleet tbody th'), [
      'adapter-2:8080',
      'adapter-3:8080',
      'adapter-9:8080',
    ]);
    assert.equal(await text(page, '#fleet [data-mark] th'), 'adapter-2:8080', 'rows live on');
    assert.deepEqual(await texts(page, '#fleet tbody .state'), ['ready', 'ready, id twice', 'draining']);
    assert.deepEqual((await texts(page, '#fleet tbody tr:last-child td')).slice(0, 2), ['draining', '–']);
    assert.match((await text(page, '#fleet .title'))!, /the 3 busiest of 700 not usable$/);
    assert.equal(await text(page, '#fleet-problem'), 'cannot read topic x');
    await redraw(shown, { ...status, fleet: scriptedFleet(150) });
    const height = await page.evaluate<number>(`document.querySelector('#fleet').offsetHeight`);
    assert.ok(height < 500, `a large fleet takes ${height} pixels`);
    await redraw(shown, { ...status, fleet: null });
    assert.equal(await text(page, '#fleet'), '', 'there is no word of a fleet that is off');
    assert.deepEqual(page.problems, []);
  },

  async 'nothing that a client or a broker says is run, and no value breaks the page'(setting) {
    const { page } = await showStatus(setting, nastyStatus());
    assert.equal(await page.evaluate(ROWS), 200);
    assert.equal(await text(page, '#connections tbody tr:first-child .agent'), HOSTILE_AGENT);
    assert.equal(await field(page, 'kafka.topic'), HOSTILE_AGENT);
    assert.equal(await text(page, '#fleet tbody th'), HOSTILE_AGENT);
    assert.ok((await text(page, '#fleet-problem'))!.startsWith(HOSTILE_AGENT));
    assert.equal(await text(page, '#hints li'), `error ${HOSTILE_AGENT}`);
    assert.equal(await page.evaluate('document.images.length + document.scripts.length'), 1);
    assert.equal(await page.evaluate('typeof window.hacked'), 'undefined');
    assert.equal(await text(page, '#verdict'), 'sticky');
    assert.equal(await field(page, 'traffic.p50Seconds'), '–');
    assert.equal(await field(page, 'kafka.lastAckSecondsAgo'), '–');
    assert.equal(await text(page, '#matching'), 'the 200 busiest');
    const closing = await texts(page, '#connections tbody .life');
    assert.deepEqual(closing.slice(2, 4), ['–', 'due']);
    for (const width of [1400, 820, 390, 320]) {
      await page.setSize(width, 900);
      assert.ok(await isWithin(page), `at ${width} nothing sticks out`);
    }
    assert.deepEqual(page.problems, []);
  },

  async 'scripts that somebody got into the page would be refused'(setting) {
    const { page } = await showStatus(setting, busyStatus());
    for (const attack of [
      `document.body.innerHTML = '<b>'`,
      `document.body.append(Object.assign(document.createElement('script'), { text: 'window.hacked = 1' }))`,
      `document.body.setAttribute('onclick', 'window.hacked = 1'); document.body.click()`,
      `eval('window.hacked = 1')`,
    ])
      await page.evaluate(attack).catch(() => undefined);
    assert.equal(await page.evaluate('typeof window.hacked'), 'undefined');
    assert.notEqual(page.problems.length, 0, 'the test hears what is refused');
  },

  async 'the table is sorted by a click, filtered by a word, and its rows live on'(setting) {
    const shown = await showStatus(setting, busyStatus());
    const { page } = shown;
    const column = (number: number): Promise<string[]> =>
      texts(page, `#connections tbody tr > :nth-child(${number})`);
    const sort = (name: string): Promise<unknown> =>
      page.evaluate(`document.querySelector('[data-sort="${name}"]').click()`);
    const sorted = (): Promise<string[]> =>
      page.evaluate(
        `Array.from(document.querySelectorAll('[aria-sort]'), (th) => th.innerText + th.ariaSort)`,
      );
    assert.deepEqual(await sorted(), ['sharedescending']);
    await sort('requests');
    const requests = (await column(6)).map(Number);
    assert.deepEqual(
      requests,
      [...requests].sort((a, b) => b - a),
    );
    await sort('requests');
    assert.deepEqual((await column(6)).map(Number), requests.toReversed());
    assert.deepEqual(await sorted(), ['requestsascending']);
    await sort('client');
    assert.equal((await column(1))[0], '10.2.0.7:41822', 'numbers in an address are numbers');

    await page.evaluate(`document.querySelector('#filter').focus()`);
    await page.send('Input.insertText', { text: 'VMAGENT' });
    assert.deepEqual(new Set(await column(2)), new Set(['vmagent']));
    assert.equal(await text(page, '#matching'), '3 of 14');
    await page.evaluate(`document.querySelector('#connections tbody tr').dataset.mark = 'mine'`);
    const list = busyStatus().connections.list.filter(({ client }) => client !== '10.2.0.14:42613');
    await redraw(shown, { ...busyStatus(), connections: { ...busyStatus().connections, list } });
    assert.deepEqual(await column(1), ['10.2.0.9:42048', '10.2.0.19:43178'], 'a closed one is gone');
    assert.equal(
      await page.evaluate(`document.querySelector('[data-mark]').cells[0].innerText`),
      '10.2.0.9:42048',
    );
    assert.equal(await page.evaluate('document.activeElement.id'), 'filter');
  },

  async 'counters tell what came since the page was opened'(setting) {
    const status = busyStatus();
    const shown = await showStatus(setting, status);
    assert.match((await text(shown.page, '#dropped'))!, /^dropped samples 0 none in \d/);
    await redraw(shown, { ...status, traffic: { ...status.traffic, dropped: 7, retried: 15 } });
    assert.match((await text(shown.page, '#dropped'))!, /^dropped samples 7 \+7 in \d/);
    assert.match((await text(shown.page, '#retried'))!, /^retried by senders 15 \+3 in \d/);
    const tones = `['refused', 'dropped', 'retried'].map((id) => document.getElementById(id).dataset.tone)`;
    assert.deepEqual(await shown.page.evaluate(tones), ['', 'bad', 'warn']);
  },

  async 'an answer that stays away is told at once, and when the replica is back'(setting) {
    const { page, replica } = await showStatus(setting, busyStatus());
    const { port } = replica;
    const opacity = `getComputedStyle(document.querySelector('main')).opacity`;
    replica.code = 503;
    await page.waitFor(`${STATE} === 'no answer'`);
    assert.match(
      (await text(page, '#lost'))!,
      /^No answer since \d\d:\d\d:\d\d: HTTP 503 Service Unavailable\./,
    );
    assert.equal(await page.evaluate('document.title'), 'no answer · adapter-2:8080');
    await page.waitFor(`${opacity} < 0.6`);
    replica.close();
    await page.waitFor(`document.querySelector('#lost').innerText.includes('the replica cannot be reached')`);
    assert.equal(await field(page, 'traffic.samplesPerSecond'), '41.2 k/s', 'the last figures stay');
    await startFakeReplica(setting.test, busyStatus(), port);
    await page.waitFor(`${STATE} === 'ready'`);
    assert.equal(await text(page, '#lost'), '');
    await page.waitFor(`${opacity} == 1`);
  },

  async 'an answer that takes too long is no answer'(setting) {
    const { page, replica } = await showStatus(setting, busyStatus());
    await page.evaluate(
      `const { timeout } = AbortSignal; AbortSignal.timeout = () => timeout.call(AbortSignal, 500)`,
    );
    replica.isMute = true;
    await page.waitFor(`document.querySelector('#lost').innerText.includes('nothing within 5s')`);
  },

  async 'another replica behind the same address is told, and so is a restart'(setting) {
    const status = busyStatus();
    const shown = await showStatus(setting, status);
    assert.equal(await text(shown.page, '#moved'), '');
    await redraw(shown, { ...status, replica: { ...status.replica, instance: 'other' } });
    assert.match((await text(shown.page, '#moved'))!, /adapter-2:8080 has started anew/);
    await redraw(shown, { ...status, replica: { ...status.replica, id: 'adapter-3', version: '0.2.0' } });
    assert.match(
      (await text(shown.page, '#moved'))!,
      /This is adapter-3 now, .* Its version is 0\.2\.0: reload/,
    );
  },

  async 'a page that nobody sees asks nothing'(setting) {
    const { page, replica } = await showStatus(setting, busyStatus());
    await page.evaluate(`globalThis.setHidden = (hidden) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event('visibilitychange'));
    }`);
    const whileWaiting = 'setHidden(true)';
    const whileAsking = `new Promise((resolve) => {
      const { fetch } = window;
      window.fetch = (...args) => {
        window.fetch = fetch;
        resolve(setHidden(true));
        return fetch(...args);
      };
    })`;
    for (const hide of [whileWaiting, whileAsking]) {
      await page.evaluate(hide);
      await pause(5 * HASTY_INTERVAL_MS);
      const { asked } = replica;
      await pause(10 * HASTY_INTERVAL_MS);
      assert.equal(replica.asked, asked);
      await page.evaluate('setHidden(false)');
      await eventually(() => replica.asked > asked + 2, { what: 'the page asks again' });
    }
  },

  async 'behind a prefix, without the last slash, all is found, and senders are told the address'(setting) {
    const { page, replica } = await showStatus(setting, emptyStatus(), '/behind/a/prefix');
    const base = `${replica.url}/behind/a/prefix`;
    assert.equal(await text(page, '#snippet'), `remote_write: - url: ${base}/api/v1/write`);
    const links = await page.evaluate(`Array.from(document.links, ({ href }) => href)`);
    assert.deepEqual(links, [`${base}/api/v1/status`, `${base}/metrics`, `${base}/-/whoami`]);
    assert.deepEqual(await texts(page, '#connections table, #filter'), ['', '']);
    assert.deepEqual(page.problems, []);
  },

  async 'starting and draining are said in words'(setting) {
    const status = busyStatus();
    const detail = 'Kafka is not reached: ECONNREFUSED';
    const shown = await showStatus(setting, {
      ...status,
      replica: { ...status.replica, state: 'starting', detail },
    });
    assert.deepEqual(
      [await shown.page.evaluate(STATE), await text(shown.page, '#detail')],
      ['starting', detail],
    );
    await redraw(shown, { ...emptyStatus(), replica: { ...status.replica, state: 'draining' } });
    assert.equal(await text(shown.page, '#empty'), '', 'who is sent away is not asked for');
    assert.equal(await shown.page.evaluate(STATE), 'draining');
    assert.equal(await shown.page.evaluate('document.title'), 'draining · adapter-2:8080');
    assert.match((await text(shown.page, '#detail'))!, /asks every connection to close/);
  },

  async 'refreshed figures of other lengths move nothing'(setting) {
    const status = busyStatus();
    const shown = await showStatus(setting, status);
    const places = (): Promise<unknown> =>
      shown.page.evaluate(`Array.from(document.querySelectorAll('.tile, .tile > *, .panel h2, #connections tr > *, #fleet tr > *'),
        (element) => { const { x, y, width, height } = element.getBoundingClientRect(); return [x, y, height, element.tagName === 'H2' ? 0 : width]; })`);
    const before = await places();
    await redraw(shown, {
      ...status,
      traffic: {
        ...status.traffic,
        samplesPerSecond: 0.01,
        requestsPerSecond: 123_456,
        p99Seconds: null,
        refused: 99_999,
      },
      kafka: { ...status.kafka, queueBytes: 0 },
      fleet: {
        ...status.fleet!,
        imbalance: null,
        list: status.fleet!.list.map((replica) => ({
          ...replica,
          samplesPerSecond: 1e9,
          share: null,
          cpu: 11,
        })),
      },
      connections: {
        ...status.connections,
        list: status.connections.list.map((connection) => ({
          ...connection,
          samples: 1,
          ageSeconds: 9e5,
          closesInSeconds: null,
        })),
      },
    });
    assert.deepEqual(await places(), before);
  },

  async 'text is readable in the light and in the dark'(setting) {
    const { page } = await showStatus(setting, busyStatus());
    const ratios = `Array.from(document.querySelectorAll('h1, dt, dd.aside, .figure, .figure small, #connections td, #fleet td, thead th, #connections button, a'), (element) => {
      const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3)
        .map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
      const ground = getComputedStyle(element.closest('.tile, .panel, body')).backgroundColor;
      const [low, high] = [light(getComputedStyle(element).color), light(ground)].sort((a, b) => a - b);
      return { what: element.outerHTML, ground, ratio: (high + 0.05) / (low + 0.05) };
    })`;
    const grounds: string[] = [];
    for (const scheme of ['light', 'dark'] as const) {
      await page.setColorScheme(scheme);
      const found = await page.evaluate<{ what: string; ground: string; ratio: number }[]>(ratios);
      for (const { what, ratio } of found) assert.ok(ratio >= 4.5, `${scheme}: ${ratio} for ${what}`);
      grounds.push(found[0]!.ground);
    }
    assert.notEqual(grounds[0], grounds[1]);
  },

  async 'a screen reader finds a table, wide or narrow, and is told of the state alone'(setting) {
    const { page } = await showStatus(setting, busyStatus());
    for (const width of [1400, 390]) {
      await page.setSize(width, 900);
      const { nodes } = (await page.send('Accessibility.getFullAXTree')) as { nodes: AccessibleNode[] };
      const heard = nodes.filter(({ ignored }) => !ignored);
      const count = (role: string): number => heard.filter((node) => node.role?.value === role).length;
      assert.deepEqual(
        ['table', 'columnheader', 'rowheader', 'cell'].map(count),
        [2, 8 + 10, 14 + 3, 7 * 14 + 9 * 3],
        `at ${width}`,
      );
      const tables = heard.filter(({ role }) => role?.value === 'table');
      assert.deepEqual(
        tables.map(({ name }) => name?.value),
        ['Fleet', 'Connections'],
      );
      assert.equal(count('alert'), 0, 'only when there is no answer');
    }
  },
};

interface AccessibleNode {
  readonly ignored: boolean;
  readonly role?: { readonly value: string };
  readonly name?: { readonly value: string };
}

test('the status page in a browser', async (t) => {
  const command = findChromium(t);
  if (command === undefined) return;
  const browser = await startChromium(t, command);
  for (const [name, act] of Object.entries(SCRIPTED))
    await t.test(name, (context) => act({ test: context, browser }));
});
