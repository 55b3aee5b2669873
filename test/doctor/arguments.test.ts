/** The arguments of the doctor: URLs as people have them at hand, numbers with bounds. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type DoctorArguments, readArguments } from '../../src/doctor/arguments.ts';

function read(...argv: string[]): DoctorArguments {
  const result = readArguments(argv);
  assert.ok(typeof result === 'object' && 'url' in result, JSON.stringify(result));
  return result;
}

function problem(...argv: string[]): string {
  const result = readArguments(argv);
  assert.ok(typeof result === 'object' && 'problem' in result, JSON.stringify(result));
  return result.problem;
}

describe('the URL', () => {
  for (const [given, examined] of [
    ['http://vip:8080', 'http://vip:8080/'],
    ['vip:8080', 'http://vip:8080/'],
    ['https://vip/api/v1/write', 'https://vip/'],
    ['http://vip/receive', 'http://vip/'],
    ['http://vip/-/whoami', 'http://vip/'],
    ['http://vip/metrics-in/api/v1/write?x=1#y', 'http://vip/metrics-in'],
    ['http://[::1]:8080/', 'http://[::1]:8080/'],
  ] as const) {
    test(`${given} examines ${examined}`, () => assert.equal(read(given).url.href, examined));
  }

  test('has to be there, once', () => {
    assert.match(problem(), /one URL/);
    assert.match(problem('http://a', 'http://b'), /one URL/);
  });

  test('has to be http or https', () => {
    assert.match(problem('ftp://vip'), /ftp:.*http/);
    assert.match(problem('http://'), /not a URL/);
  });
});

describe('the flags', () => {
  test('have defaults', () => {
    const { url: _url, ...rest } = read('vip');
    assert.deepEqual(rest, {
      requests: 100,
      connections: 40,
      expect: undefined,
      holdMs: undefined,
      quick: false,
      json: false,
      insecure: false,
      caFile: undefined,
    });
  });

  test('are read', () => {
    const given =
      '--requests=5 --connections=6 --expect=7 --hold=1m30s --quick --json --insecure --ca-file=x';
    const { url: _url, ...rest } = read(...given.split(' '), 'vip');
    assert.deepEqual(rest, {
      requests: 5,
      connections: 6,
      expect: 7,
      holdMs: 90_000,
      quick: true,
      json: true,
      insecure: true,
      caFile: 'x',
    });
  });

  test('ask for help, whatever else is there', () => {
    assert.equal(readArguments(['--help']), 'help');
    assert.equal(readArguments(['-h', 'vip']), 'help');
  });

  test('are refused with what was expected', () => {
    assert.match(problem('vip', '--requests=1'), /--requests=1: .*2 to 10000/);
    assert.match(problem('vip', '--connections=x'), /--connections=x: .*whole number/);
    assert.match(problem('vip', '--expect=0'), /--expect=0: .*1 to/);
    assert.match(problem('vip', '--hold=5'), /--hold=5: .*90s/);
    assert.match(problem('vip', '--colour'), /--colour/);
  });
});

test('enough connections are opened that chance leaves none of the expected replicas out', () => {
  for (const expect of [1, 2, 3, 8, 20, 100]) {
    const { connections } = read('vip', `--expect=${expect}`);
    const missed = expect * (1 - 1 / expect) ** connections;
    assert.ok(missed < 1e-3, `${expect} replicas, ${connections} connections: ${missed}`);
  }
});
