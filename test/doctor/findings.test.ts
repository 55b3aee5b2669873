/** What the doctor concludes from what it has seen. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Diagnosis, diagnose } from '../../src/doctor/findings.ts';
import type { Observations } from '../../src/doctor/observe.ts';
import { FINDINGS, type FindingCode } from '../../src/doctor/table.ts';
import { HEALTHY, STORIES, type Story } from './stories.ts';
import { observations, World } from './synthetic.ts';

const codes = ({ findings }: Diagnosis): FindingCode[] => findings.map(({ code }) => code);
const told = ({ observed, expect }: Story): Diagnosis => diagnose(observed, expect);
const seen = (diagnosis: Diagnosis, code: FindingCode): string =>
  diagnosis.findings.find((finding) => finding.code === code)?.seen ?? `no ${code}`;
const observe = (parts: Partial<Observations>): Diagnosis => diagnose(observations(parts));

describe('each finding', () => {
  for (const [code, story] of Object.entries(STORIES)) {
    test(`${code} is found where it is the case`, () => {
      const found = codes(told(story));
      assert.ok(found.includes(code as FindingCode), `found: ${found.join(', ')}`);
      assert.equal(new Set(found).size, found.length, 'each once');
    });
  }

  test('but those of the healthy story is found there alone', () => {
    const healthy = told(HEALTHY);
    assert.deepEqual(codes(healthy), ['layer4', 'balances_connections', 'age_works', 'idle_fits']);
    assert.equal(healthy.isHealthy, true);
  });

  test('makes the whole unhealthy when it is a problem, and never else', () => {
    for (const [code, story] of Object.entries(STORIES)) {
      const diagnosis = told(story);
      const isProblem = FINDINGS[code as FindingCode].level === 'problem';
      // more_replicas and the like are told of in stories that have no problem.
      assert.equal(diagnosis.isHealthy, !isProblem, `${code}: ${codes(diagnosis).join(', ')}`);
    }
  });
});

describe('what stands in front', () => {
  test('nothing, when both ends have the same addresses and ports', () => {
    assert.equal(told(STORIES.direct).facts.front.kind, 'direct');
  });

  test('nothing, also when the replica shows IPv4 addresses as IPv6', () => {
    const world = new World('direct', {
      a: { peerAddress: '::ffff:192.0.2.1', localAddress: '::ffff:192.0.2.10' },
    });
    assert.equal(observe({ fresh: world.each(40, () => 'a') }).facts.front.kind, 'direct');
  });

  test('layer 4, when but one address or port of the two ends is another', () => {
    for (const told of [
      { localAddress: '198.51.100.7' },
      { localPort: 9090 },
      { peerAddress: '198.51.100.8' },
      { peerPort: 1 },
    ]) {
      const world = new World('direct', { a: told });
      const { kind } = observe({ fresh: world.each(40, () => 'a') }).facts.front;
      assert.equal(kind, 'layer4', JSON.stringify(told));
    }
  });

  test('layer 7, for each of the signs alone', () => {
    const signOf = (more: object): string => {
      const ask = new World('layer4', {}).connection();
      const { kind, signs } = observe({ kept: [ask('a', more), ask('a', more)] }).facts.front;
      assert.equal(kind, signs.length > 0 ? 'layer7' : 'layer4');
      return signs.join('; ');
    };
    assert.equal(signOf({}), '');
    assert.match(signOf({ proxyHeaders: ['via'] }), /added headers: via$/);
    assert.match(signOf({ httpVersion: '1.0' }), /HTTP\/1\.0 arrives$/);
    assert.match(signOf({ requestConnection: 'close' }), /Connection: close arrives$/);
    assert.match(signOf({ requestConnection: '' }), /keep-alive does not arrive$/);
    assert.match(signOf({ connectionRequests: 7 }), /an old one at a replica$/);
  });

  test('layer 7, when connections do not go in step', () => {
    const ask = new World('layer4', {}).connection();
    const split = observe({ kept: [ask('a'), ask('a', { connection: 'x', connectionRequests: 1 })] });
    assert.match(split.facts.front.signs.join(), /one connection of ours is several/);
    const world = new World('layer7_kept', {});
    assert.match(
      observe({ fresh: world.each(2, () => 'a') }).facts.front.signs.join(),
      /are one at a replica/,
    );
  });

  test('layer 4, also when the age limit ends the connection in between', () => {
    const world = new World('layer4', {});
    const diagnosis = observe({ kept: [...world.one(50, () => 'a'), ...world.one(50, () => 'b')] });
    assert.equal(diagnosis.facts.front.kind, 'layer4');
    assert.equal(seen(diagnosis, 'layer4'), '');
  });
});

describe('spreading', () => {
  test('is not called sticky when few connections are lopsided, as with round robin of each CPU', () => {
    const world = new World('layer4', {});
    const diagnosis = observe({ fresh: world.each(40, (index) => (index < 30 ? 'a' : 'b')) });
    assert.deepEqual(codes(diagnosis).slice(0, 2), ['layer4', 'balances_connections']);
    assert.ok(!codes(diagnosis).includes('uneven'));
  });

  test('by source address is told from a pool of one, by other addresses', () => {
    assert.match(seen(told(STORIES.sticky), 'sticky'), /All 40 new .* went to a; other .* reached b\./);
    assert.match(seen(told(STORIES.one_replica), 'one_replica'), /so did those from 16 other addresses/);
    assert.match(seen(told(STORIES.one_or_sticky), 'one_or_sticky'), /from 2 other addresses/);
  });

  test('cannot be told when a NAT may make the other addresses one', () => {
    const world = new World('layer4', {});
    const sources = Array.from({ length: 16 }, (_, index) => world.connection(`172.${index + 17}.0.1`)('a'));
    assert.ok(codes(observe({ fresh: world.each(40, () => 'a'), sources })).includes('one_or_sticky'));
    const own = sources.map((answer) => ({
      ...answer,
      whoami: { ...answer.whoami, peerAddress: answer.localAddress },
    }));
    assert.ok(codes(observe({ fresh: world.each(40, () => 'a'), sources: own })).includes('one_replica'));
    const few = own.slice(0, 9);
    assert.ok(codes(observe({ fresh: world.each(40, () => 'a'), sources: few })).includes('one_or_sticky'));
  });

  test('with one replica of several expected is one problem, not two', () => {
    const problems = diagnose(STORIES.one_replica.observed, 3).findings.filter(
      ({ level }) => level === 'problem',
    );
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['one_replica'],
    );
  });

  test('is not judged where nothing stands in front, but replicas are missed', () => {
    assert.deepEqual(codes(told(STORIES.direct)), ['direct', 'age_works', 'idle_fits']);
    assert.ok(codes(diagnose(STORIES.direct.observed, 2)).includes('fewer_replicas'));
  });

  test('counts a replica that was restarted once', () => {
    const { observed } = STORIES.restarted;
    assert.ok(!codes(diagnose(observed, 1)).includes('more_replicas'));
  });

  test('is unknown when nothing was answered', () => {
    const failure = new World('layer4', {}).fail('ECONNRESET');
    const diagnosis = observe({ kept: [failure], fresh: [failure], waitedMs: 0 });
    assert.deepEqual(codes(diagnosis), ['not_seen', 'requests_failed']);
    assert.equal(seen(diagnosis, 'requests_failed'), '2 of 2: ECONNRESET (2).');
  });
});

describe('replicas with the same id', () => {
  test('on one host at the same time are several, and are shown with their instance', () => {
    const world = new World('layer4', { a: { id: 'same', hostname: 'h' }, b: { id: 'same', hostname: 'h' } });
    const { facts } = observe({ fresh: world.each(40, (index) => (index % 2 === 0 ? 'a' : 'b')) });
    assert.deepEqual(facts.equalIds, ['same']);
    assert.deepEqual(
      facts.replicas.map(({ name }) => name),
      ['same (a)', 'same (b)'],
    );
  });

  test('on two hosts are several, also one after the other', () => {
    const world = new World('layer4', { a: { id: 'same' }, b: { id: 'same' } });
    const { facts } = observe({ fresh: world.each(40, (index) => (index < 20 ? 'a' : 'b')) });
    assert.deepEqual([facts.equalIds, facts.restarted], [['same'], []]);
  });

  test('one after the other are one that was restarted', () => {
    const { facts } = told(STORIES.restarted);
    assert.deepEqual([facts.equalIds, facts.restarted], [[], ['same']]);
  });
});
