/** Each balancer has a page that names its files, says what they set, and where to look when it does not spread. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { shipped, shippedPath } from './shipped.ts';

const root = new URL('../../', import.meta.url);
const page = (path: string): string => readFileSync(new URL(path, root), 'utf8');

/** The files of a page, and how each of them writes the idle timeout that the page has in its table. */
const PAGES: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  bigip: {
    'as3.json': /"idleTimeout": (\d+)/,
    'bigip.tmsh': /idle-timeout (\d+)/,
    'bigip.tf': /idle_timeout += "(\d+)"/,
  },
  haproxy: { 'haproxy.cfg': /timeout client (\d+)s/ },
  nginx: { 'nginx-stream.conf': /proxy_timeout (\d+)s/ },
  envoy: { 'envoy.yaml': /idle_timeout: (\d+)s/ },
  'aws-nlb': { 'aws-nlb.tf': /tcp_idle_timeout_seconds = (\d+)/ },
};
const files = Object.values(PAGES).flatMap((own) => Object.keys(own));

for (const [name, own] of Object.entries(PAGES)) {
  describe(`docs/balancers/${name}.md`, () => {
    const text = page(`docs/balancers/${name}.md`);

    test('has what is set, the traps and where to look, and says how readiness is asked', () => {
      assert.match(text, /^\| setting \| value \| why \|$/m);
      for (const part of ['\n## Traps\n', '\n## To look\n']) assert.ok(text.includes(part), part);
      assert.match(text, /\/-\/ready|asks nobody for readiness/);
    });

    for (const [file, pattern] of Object.entries(own)) {
      test(`names ${file}, with the idle timeout that is in it`, () => {
        assert.ok(text.includes(`(../../deploy/balancers/${file})`));
        const [, seconds] = pattern.exec(shipped(`balancers/${file}`)) ?? [];
        assert.match(text, new RegExp(`^\\| .*(idle|timeout).* \\| ${seconds}\\b`, 'm'));
        assert.ok(
          shipped(`balancers/${file}`).includes(`docs/balancers/${name}.md`),
          `${file} names no page`,
        );
      });
    }
  });
}

describe('docs/balancers.md', () => {
  const text = page('docs/balancers.md');

  test('leads to each page, and each file of deploy/balancers has one', () => {
    for (const name of Object.keys(PAGES)) assert.ok(text.includes(`(balancers/${name}.md)`), name);
    const others = readdirSync(shippedPath('balancers')).filter((file) => !files.includes(file));
    assert.deepEqual(others, ['kubernetes-service.yaml']);
    assert.deepEqual(
      readdirSync(new URL('docs/balancers/', root)).toSorted(),
      Object.keys(PAGES)
        .map((name) => `${name}.md`)
        .toSorted(),
    );
    assert.ok(text.includes('(kubernetes.md)') && existsSync(new URL('docs/kubernetes.md', root)));
  });
});

test('docs/troubleshooting.md asks its questions in the order in which they rule each other out', () => {
  const [, section = ''] = page('docs/troubleshooting.md').split('## All the traffic goes to one replica\n');
  const steps = section
    .split('\n## ')[0]!
    .split(/^\d\. /m)
    .slice(1);
  const wanted = [
    /replica_imbalance/,
    /min_shards/,
    /reason="max_age"/,
    /clients_returned.*persist-records/s,
    /samples not/,
    /cmp-enabled no/,
    /slow ramp/,
    /SNAT/,
    /cross-zone/,
  ];
  assert.equal(steps.length, wanted.length);
  for (const [index, pattern] of wanted.entries()) assert.match(steps[index]!, pattern);
});
