/** The three forms of the BIG-IP configuration say the same, fit the schema of F5 and what the adapter answers. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Ajv } from 'ajv';
import { call, startAdapter } from '../support/adapter.ts';
import { eventually } from '../support/eventually.ts';
import { as3Traps } from './as3-traps.ts';
import { changed, shipped } from './shipped.ts';

const text = shipped('balancers/as3.json');
/** Where the declaration keeps what the other forms repeat. */
const { remote_write, remote_write_l4, replicas, ready } =
  JSON.parse(text).declaration.Observability.KafkaAdapter;

describe('deploy/balancers/as3.json', () => {
  test('fits the schema of F5, and what does not fit is seen', (t) => {
    const file = process.env['AS3_SCHEMA'];
    if (!file) {
      const problem = 'AS3_SCHEMA names no as3-schema.json (github.com/F5Networks/f5-appsvcs-extension)';
      process.stderr.write(`\n!!! SKIPPED, NOT TESTED: ${t.name}\n!!! ${problem}\n\n`);
      return t.skip(problem);
    }
    const ajv = new Ajv({ strict: false, validateFormats: false });
    ajv.addKeyword('f5PostProcess');
    const fits = ajv.compile(JSON.parse(readFileSync(file, 'utf8')));
    assert.ok(fits(JSON.parse(text)), JSON.stringify(fits.errors?.slice(0, 5), null, 1));
    const wrong = changed(text, [['"round-robin"', '"round-about"']]);
    assert.ok(!fits(JSON.parse(wrong)));
  });

  test('has none of the traps that the schema accepts', () => {
    assert.deepEqual(as3Traps(JSON.parse(text)), []);
  });

  for (const [from, to, problem] of [
    ['"persistenceMethods": [],', '', /persistenceMethods is left out/],
    ['"persistenceMethods": []', '"persistenceMethods": ["source-address"]', /sticky by source-address/],
    ['"Service_L4"', '"Service_HTTP"', /not layer 4/],
    ['"pool": "replicas"', '"pool": "replicas", "profileMultiplex": "basic"', /OneConnect/],
    ['"round-robin"', '"least-connections-member"', /instead of round-robin/],
    ['"serviceDownAction": "none"', '"serviceDownAction": "reset"', /cuts connections/],
    ['"monitors": [{ "use": "ready" }]', '"monitors": []', /no monitor/],
    ['GET /-/ready', 'GET /healthz', /does not ask for/],
    ['"receiveDown": "draining"', '"receiveDown": "drain"', /disabled is not the word/],
    ['"idleTimeout": 300', '"idleTimeout": 90', /too near to the 75 s/],
  ] as const) {
    test(`with ${to || `no ${from}`} it would have one`, () => {
      assert.match(as3Traps(JSON.parse(changed(text, [[from, to]]))).join('\n'), problem);
    });
  }
});

/** What both of the other forms must say, as they write it. */
function values(pattern: RegExp, file: string): string {
  const match = pattern.exec(shipped(file));
  assert.ok(match, `${file} has no ${pattern}`);
  return match[1]!;
}

describe('deploy/balancers/bigip.tmsh and bigip.tf', () => {
  const wanted = {
    send: JSON.stringify(ready.send),
    receive: JSON.stringify(ready.receive),
    receiveDown: JSON.stringify(ready.receiveDown),
    interval: String(ready.interval),
    timeout: String(ready.timeout),
    idleTimeout: String(remote_write_l4.idleTimeout),
    mode: replicas.loadBalancingMode,
    serviceDown: replicas.serviceDownAction,
  };

  test('say the same as the declaration', () => {
    const tmsh = (pattern: RegExp): string => values(pattern, 'balancers/bigip.tmsh');
    assert.deepEqual(
      {
        send: tmsh(/ send ("[^"]*")/),
        receive: tmsh(/ recv ("[^"]*")/),
        receiveDown: tmsh(/ recv-disable ("[^"]*")/),
        interval: tmsh(/ interval (\d+)/),
        timeout: tmsh(/ timeout (\d+)/),
        idleTimeout: tmsh(/ idle-timeout (\d+)/),
        mode: tmsh(/ load-balancing-mode (\S+)/),
        serviceDown: tmsh(/ service-down-action (\S+)/),
      },
      wanted,
    );
    const terraform = (pattern: RegExp): string => values(pattern, 'balancers/bigip.tf');
    assert.deepEqual(
      {
        send: terraform(/ send += ("[^"]*")/),
        receive: terraform(/ receive += ("[^"]*")/),
        receiveDown: terraform(/ receive_disable += ("[^"]*")/),
        interval: terraform(/ interval += (\d+)/),
        timeout: terraform(/ timeout += (\d+)/),
        idleTimeout: terraform(/ idle_timeout += "(\d+)"/),
        mode: terraform(/ load_balancing_mode += "(.*)"/),
        serviceDown: terraform(/ service_down_action += "(.*)"/),
      },
      wanted,
    );
  });

  test('have no persistence', () => {
    assert.deepEqual(remote_write.persistenceMethods, []);
    assert.equal(values(/ persist (\S+)/, 'balancers/bigip.tmsh'), 'none');
    assert.equal(values(/ persistence_profiles += (.*)/, 'balancers/bigip.tf'), '[]');
  });
});

describe('the monitor tells the states of a replica apart', () => {
  /** As the BIG-IP decides: recv first, then recv-disable, on everything that was answered. */
  async function seen(port: number): Promise<string> {
    const { status, headers, text: body } = await call(`http://127.0.0.1:${port}/-/ready`);
    const answer = [`HTTP/1.1 ${status}`, JSON.stringify(headers), body].join('\r\n');
    if (new RegExp(ready.receive).test(answer)) return 'up';
    return new RegExp(ready.receiveDown).test(answer) ? 'disabled' : 'down';
  }

  test('starting is down', async (t) => {
    // Nobody listens on port 1.
    const adapter = await startAdapter(t, { brokers: '127.0.0.1:1', topic: 'metrics' });
    assert.equal(await seen(adapter.port), 'down');
  });

  for (const status of ['503', '200']) {
    test(`ready is up, and draining with ready.draining_status=${status} is disabled`, async (t) => {
      const flags = ['--dry-run', `--ready.draining-status=${status}`];
      const adapter = await startAdapter(t, { brokers: '', topic: 'metrics', drainDelay: '30s', flags });
      await adapter.waitReady();
      assert.equal(await seen(adapter.port), 'up');
      adapter.process.signal('SIGTERM');
      const isDisabled = async (): Promise<boolean> => (await seen(adapter.port)) === 'disabled';
      await eventually(isDisabled, { what: 'the member is disabled' });
    });
  }
});
