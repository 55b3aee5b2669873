/** The web configuration file: read, and everything it cannot do refused by name. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readWebConfig } from '../../src/config/web-config.ts';
import { load } from './loading.ts';

describe('a web configuration file', () => {
  test('names certificate and key, relative to its own folder', () => {
    const text = 'tls_server_config:\n  cert_file: server.pem\n  key_file: /keys/server.key\n';
    assert.deepEqual(readWebConfig('/etc/adapter/web.yml', text), {
      web: { tls: { certFile: '/etc/adapter/server.pem', keyFile: '/keys/server.key' } },
      problems: [],
    });
  });

  test('may be empty, which is plain HTTP', () => {
    for (const text of ['', '{}', 'tls_server_config:\n'])
      assert.deepEqual(readWebConfig('web.yml', text), { web: { tls: undefined }, problems: [] });
  });

  for (const [text, problem] of [
    ['a: [', 'not well-formed YAML'],
    ['- a', 'the file has to be a section with keys below it'],
    ['tls_server_config: 3', 'tls_server_config has to be a section'],
    ['http_server_config: {http2: true}', 'http_server_config is not supported, expected tls_server_config'],
    [
      'tls_server_config: {cert_file: a, key_file: b, min_version: TLS13}',
      'tls_server_config.min_version is not supported, expected cert_file, key_file',
    ],
    ['tls_server_config: {cert_file: a}', 'tls_server_config.key_file has to name a PEM file'],
  ] as const) {
    test(`with ${text} is refused`, () => {
      assert.deepEqual(readWebConfig('web.yml', text).problems, [`web.config_file web.yml: ${problem}`]);
    });
  }

  test('that is not there is a problem of the configuration', () => {
    const result = load({ argv: ['--dry-run', '--web.config-file=/nowhere.yml'] });
    assert.ok('problems' in result);
    assert.match(result.problems.join(), /web\.config_file: cannot read \/nowhere\.yml: /);
  });
});
