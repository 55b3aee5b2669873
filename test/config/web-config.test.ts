/** The web configuration file: read, and everything it cannot do refused by name. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { PLAIN_WEB, readWebConfig } from '../../src/config/web-config.ts';
import { makeCertificate } from '../support/certificate.ts';
import { load } from './loading.ts';

const HASH = '$2y$10$abcdefghijklmnopqrstuuO1Zb1Gc0x1Zb1Gc0x1Zb1Gc0x1Zb1Ga';
/** Small, and 9^5 entries once every alias stands for what it means. */
const MANY_ALIASES = ['a', 'b', 'c', 'd', 'e']
  .map((name, i) => `${name}: &${name} [${Array(9).fill(i === 0 ? 'x' : `*${'abcde'[i - 1]}`)}]`)
  .join('\n');

describe('a web configuration file', () => {
  test('names certificate and key, relative to its own folder', () => {
    const text = 'tls_server_config:\n  cert_file: server.pem\n  key_file: /keys/server.key\n';
    const { web, problems } = readWebConfig('/etc/adapter/web.yml', text);
    assert.deepEqual(problems, []);
    assert.deepEqual(web.tls, {
      certFile: '/etc/adapter/server.pem',
      keyFile: '/keys/server.key',
      clientCaFile: undefined,
      clientCertificate: 'none',
      isClientVerified: false,
      minVersion: 'TLSv1.2',
      maxVersion: undefined,
      ciphers: undefined,
    });
  });

  test('says what is asked of clients, which versions and suites are spoken, and who the users are', () => {
    const text = `
tls_server_config:
  cert_file: a
  key_file: b
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.pem
  min_version: TLS12
  max_version: TLS12
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
http_server_config:
  http2: false
basic_auth_users:
  alice: ${HASH}
`;
    const { web, problems } = readWebConfig('/w.yml', text);
    assert.deepEqual(problems, []);
    assert.deepEqual([web.tls?.clientCertificate, web.tls?.isClientVerified], ['required', true]);
    assert.deepEqual([web.tls?.clientCaFile, web.tls?.maxVersion], ['/ca.pem', 'TLSv1.2']);
    assert.match(web.tls!.ciphers!, /:ECDHE-RSA-AES128-GCM-SHA256$/);
    assert.deepEqual([...web.users], [['alice', HASH]]);
  });

  test('may be empty, which is plain HTTP without users', () => {
    for (const text of ['', '{}', 'tls_server_config:\n'])
      assert.deepEqual(readWebConfig('web.yml', text), { web: PLAIN_WEB, problems: [] });
  });

  const TLS = 'cert_file: a, key_file: b';
  for (const [text, problem] of [
    ['a: [', /^not well-formed YAML$/],
    ['basic_auth_users: !users {bob: x}', /^not well-formed YAML$/],
    ['basic_auth_users: *users', /^not well-formed YAML: Unresolved alias/],
    [MANY_ALIASES, /^not well-formed YAML: Excessive alias count/],
    ['- a', /^the file has to be a section/],
    ['tls_server_config: 3', /^tls_server_config has to be a section$/],
    ['http_server_config: {http2: true}', /^http_server_config.http2 is true, but HTTP\/1.1 is all/],
    ['http_server_config: {headers: {}}', /^http_server_config.headers is not supported, expected http2$/],
    ['rate_limit: {}', /^rate_limit is not supported, expected tls_server_config, /],
    [
      `tls_server_config: {${TLS}, client_allowed_sans: [x]}`,
      /^tls_server_config.client_allowed_sans is not/,
    ],
    ['tls_server_config: {cert_file: a}', /^tls_server_config.key_file has to name a PEM file$/],
    [`tls_server_config: {${TLS}, min_version: TLS14}`, /min_version is "TLS14", expected one of TLS10, /],
    [`tls_server_config: {${TLS}, client_auth_type: constructor}`, /client_auth_type is "constructor"/],
    [`tls_server_config: {${TLS}, client_auth_type: VerifyClientCertIfGiven}`, /client_ca_file is missing/],
    [`tls_server_config: {${TLS}, cipher_suites: [RC4]}`, /cipher_suites has "RC4", expected of TLS_/],
    [`tls_server_config: {${TLS}, cipher_suites: [constructor]}`, /cipher_suites has "constructor"/],
    [`tls_server_config: {${TLS}, client_ca_file: ca}`, /client_ca_file is given, but client_auth_type asks/],
    [
      `tls_server_config: {${TLS}, client_auth_type: RequestClientCert, client_ca_file: 3}`,
      /client_ca_file has to name a PEM file$/,
    ],
    [`tls_server_config: {${TLS}, max_version: TLS11}`, /max_version is below min_version \(TLSv1.2\)$/],
    [`basic_auth_users: {bob: ${HASH.slice(1)}}`, /^basic_auth_users.bob is not a bcrypt/],
    [
      `basic_auth_users: {bob: ${HASH.replace('$10$', '$31$')}}`,
      /^basic_auth_users.bob is a hash of cost 31, exp/,
    ],
    [
      `basic_auth_users: {bob: ${HASH.replace('$10$', '$03$')}}`,
      /^basic_auth_users.bob is a hash of cost 3, exp/,
    ],
    ['basic_auth_users: {bob: secret}', /^basic_auth_users.bob is not a bcrypt hash/],
  ] as const) {
    test(`with ${text} is refused, without a word of a password`, () => {
      const { problems } = readWebConfig('web.yml', text);
      assert.equal(problems.length, 1, problems.join());
      assert.match(problems[0]!.replace('web.config_file web.yml: ', ''), problem);
      assert.doesNotMatch(problems[0]!, /secret/);
    });
  }

  test('names files that are tried: what is wrong with them is told with key and file', (t) => {
    const [own, other] = [makeCertificate(t), makeCertificate(t)];
    if (!own || !other) return;
    const [cert, key, foreign] = [own.certFile, own.keyFile, other.keyFile].map((file) =>
      readFileSync(file, 'utf8'),
    );
    const encrypted = '-----BEGIN ENCRYPTED PRIVATE KEY-----\n-----END ENCRYPTED PRIVATE KEY-----\n';
    const section = 'tls_server_config: {cert_file: /c, key_file: /k, client_ca_file: /ca';
    const web = `${section}, client_auth_type: RequireAndVerifyClientCert}`;
    const problems = (files: Record<string, string | undefined>): readonly string[] => {
      const given = { '/c': cert!, '/k': key!, '/ca': cert!, ...files, '/w.yml': web };
      const known = Object.entries(given).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      );
      const result = load({
        argv: ['--dry-run', '--web.config-file=/w.yml'],
        files: Object.fromEntries(known),
      });
      return 'problems' in result ? result.problems : [];
    };
    const place = 'web.config_file /w.yml: tls_server_config';
    assert.deepEqual(problems({}), []);
    assert.deepEqual(problems({ '/c': `text\n${cert}${cert}` }), []);
    assert.deepEqual(problems({ '/c': undefined, '/k': 'x', '/ca': '' }), [
      `${place}.cert_file /c cannot be read (ENOENT)`,
      `${place}.key_file /k is no private key in PEM form`,
      `${place}.client_ca_file /ca is no certificate in PEM form`,
    ]);
    assert.deepEqual(problems({ '/c': cert!.replace('MII', 'AAA') }), [
      `${place}.cert_file /c is no certificate in PEM form`,
    ]);
    assert.deepEqual(problems({ '/k': foreign }), [`${place}.key_file /k is not the key of cert_file /c`]);
    assert.deepEqual(problems({ '/k': encrypted }), [
      `${place}.key_file /k is encrypted, expected a key without a password`,
    ]);
  });

  test('that is not there is a problem of the configuration', () => {
    const result = load({ argv: ['--dry-run', '--web.config-file=/nowhere.yml'] });
    assert.ok('problems' in result);
    assert.match(result.problems.join(), /web\.config_file: cannot read \/nowhere\.yml: /);
  });
});
