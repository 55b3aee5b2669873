/** The sum that bounds memory: what is in it, what takes the bound away, and what is said when there is less. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MEMORY_PARTS, memoryBound, memoryWarning } from '../../src/config/memory.ts';
import type { Config, OptionName } from '../../src/config/options.ts';
import { loadedDry, usableTls } from './loading.ts';

const MIB = 1024 * 1024;

function boundWith(argv: readonly string[], web = '', files: Readonly<Record<string, string>> = {}): number {
  const { config, web: read } = loadedDry({
    argv: ['--web.config-file=web.yml', ...argv],
    files: { ...files, 'web.yml': web },
  });
  return memoryBound(config, read);
}

describe('the sum that bounds memory', () => {
  const preset = boundWith([]);

  test('is a number by default', () => {
    assert.ok(preset > 500 * MIB && preset < 2000 * MIB, String(preset));
  });

  const more: Readonly<Record<string, string>> = {
    'http.max-inflight-size': '1GiB',
    'http.max-body-size': '64MiB',
    'http.max-decoded-size': '64MiB',
    'limits.symbols-per-request': '2000000',
    'kafka.max-queue-size': '1GiB',
    'connection.limit': '20000',
    'http.max-header-size': '64KiB',
    'http.queue-length': '5000',
    'http.max-unread-size': '1GiB',
  };
  for (const [name, value] of Object.entries(more)) {
    test(`grows with ${name}`, () => assert.ok(boundWith([`--${name}=${value}`]) > preset));
  }

  test('grows with TLS', (t) => {
    const tls = usableTls(t);
    if (tls) assert.ok(boundWith([], tls.section, tls.files) > preset);
  });

  test('grows with hashed users, with rules, and with an address for operators', () => {
    const user = `basic_auth_users: {a: $2y$10$${'x'.repeat(53)}}`;
    assert.ok(boundWith([], user) > preset);
    assert.ok(boundWith(['--record.match=[up]']) > preset);
    assert.ok(boundWith(['--kafka.topic=a.{{ .team }}']) > preset);
    assert.ok(boundWith(['--http.admin-listen-address=:1']) > preset);
  });

  test('is endless once a limit of connections is off', () => {
    const endless = Number.POSITIVE_INFINITY;
    assert.equal(boundWith(['--connection.limit=0']), endless);
    assert.equal(boundWith(['--connection.admin-limit=0']), preset, 'without such an address');
    assert.equal(boundWith(['--connection.admin-limit=0', '--http.admin-listen-address=:1']), endless);
  });

  test('has parts that name every option they look at', () => {
    const { config, web } = loadedDry({});
    const others: readonly OptionName[] = [
      'http.admin_listen_address',
      'record.match',
      'record.external_labels',
      'record.write_relabel_configs',
      'kafka.routes',
      'kafka.topic',
    ];
    for (const { what, reads, bytes } of MEMORY_PARTS) {
      const watched = new Proxy(config, {
        get(target, name) {
          const isNamed = [...reads, ...others].includes(name as OptionName);
          assert.ok(isNamed, `${what} looks at ${String(name)}`);
          return target[name as keyof Config];
        },
      });
      bytes(watched, web);
    }
  });
});

describe('a warning', () => {
  test('says how much less there is than the limits allow, and which to lower', () => {
    assert.equal(memoryWarning(100 * MIB, 100 * MIB), undefined);
    assert.match(
      memoryWarning(1000 * MIB, 512 * MIB) ?? '',
      /^the limits allow this process 1000MiB .* but there is 512MiB: lower connection\.limit, /,
    );
  });

  test('says that there is no bound at all', () => {
    assert.match(memoryWarning(Number.POSITIVE_INFINITY, 512 * MIB) ?? '', /but no bound .* above 0$/);
  });
});
