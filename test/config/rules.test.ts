/** Each rule between options speaks when it is broken, and is silent when it is not. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Config, OptionName } from '../../src/config/options.ts';
import type { Origins } from '../../src/config/rule.ts';
import { RULES } from '../../src/config/rules.ts';
import { PLAIN_WEB } from '../../src/config/web-config.ts';
import { loadedDry, usableTls } from './loading.ts';

type Values = Partial<Config>;

const SASL = { 'kafka.sasl.username': 'u', 'kafka.sasl.password': 'p' } as const;
const TOKEN_URL = {
  'kafka.sasl.oauth.token_url': 'https://a/token',
  'kafka.sasl.oauth.client_id': 'c',
  'kafka.sasl.oauth.client_secret': 's',
} as const;
const TOKEN_FILE = { 'kafka.sasl.oauth.token_file': '/token' } as const;
const BEARER = { 'kafka.sasl.mechanism': 'oauthbearer' } as const;
const REGISTRY = { 'record.format': 'avro', 'avro.registry_url': 'http://r' } as const;
const CERTIFICATE = { 'kafka.tls.cert_file': 'c', 'kafka.tls.key_file': 'k' } as const;

/** Changes to the defaults (with `dry_run`) that break a rule, with what it says, and such that keep it. */
const CASES: Record<string, { broken: [Values, RegExp][]; kept: Values[] }> = {
  fleet_topic_taken: {
    broken: [
      [{ 'fleet.topic': 'metrics' }, /^fleet\.topic is metrics, as kafka\.topic is: replicas need a topic/],
      [
        { 'fleet.topic': 'x', 'metadata.topic': 'x', 'kafka.fallback_topic': 'x' },
        /as kafka\.fallback_topic and metadata\.topic is/,
      ],
    ],
    kept: [{}, { 'fleet.topic': 'metrics', 'fleet.enabled': false }],
  },
  admin_address_taken: {
    broken: [
      [
        { 'http.admin_listen_address': { host: '', port: 8080 } },
        /^http\.admin_listen_address of :8080 is the port of http\.listen_address of :8080,/,
      ],
      [{ 'http.admin_listen_address': { host: '::1', port: 8080 } }, /of \[::1\]:8080 is the port of/],
    ],
    kept: [
      {},
      { 'http.admin_listen_address': { host: '', port: 8081 } },
      { 'http.listen_address': { host: '', port: 0 }, 'http.admin_listen_address': { host: '', port: 0 } },
      {
        'http.listen_address': { host: '10.0.0.1', port: 80 },
        'http.admin_listen_address': { host: '127.0.0.1', port: 80 },
      },
      {
        'http.listen_address': { host: '0.0.0.0', port: 80 },
        'http.admin_listen_address': { host: '::1', port: 80 },
      },
    ],
  },
  brokers_missing: {
    broken: [[{ dry_run: false }, /--kafka\.brokers, KAFKA_BROKERS.*--dry-run.*`npm start`/]],
    kept: [{}, { dry_run: false, 'kafka.brokers': ['a:1'] }],
  },
  brokers_unused: {
    broken: [[{ 'kafka.brokers': ['a:1'] }, /nothing is sent to kafka\.brokers/]],
    kept: [{}, { dry_run: false, 'kafka.brokers': ['a:1'] }],
  },
  sasl_incomplete: {
    broken: [
      [
        { 'kafka.sasl.mechanism': 'plain' },
        /is plain, but kafka\.sasl\.username and kafka\.sasl\.password are not set/,
      ],
      [
        { 'kafka.sasl.mechanism': 'plain', 'kafka.sasl.username': 'u' },
        /but kafka\.sasl\.password is not set/,
      ],
      [
        { 'kafka.sasl.mechanism': 'plain', 'kafka.sasl.password': 'p' },
        /but kafka\.sasl\.username is not set/,
      ],
    ],
    kept: [{}, { 'kafka.sasl.mechanism': 'plain', ...SASL }],
  },
  sasl_without_mechanism: {
    broken: [
      [SASL, /username and kafka\.sasl\.password are set, but kafka\.sasl\.mechanism is none/],
      [{ 'kafka.sasl.username': 'u' }, /^kafka\.sasl\.username is set/],
      [{ ...BEARER, ...SASL }, /are set, but kafka\.sasl\.mechanism is oauthbearer/],
    ],
    kept: [{}, { 'kafka.sasl.mechanism': 'plain', ...SASL }],
  },
  oauth_incomplete: {
    broken: [
      [BEARER, /neither kafka\.sasl\.oauth\.token_url nor kafka\.sasl\.oauth\.token_file/],
      [{ ...BEARER, ...TOKEN_FILE, ...TOKEN_URL }, /token_file are set, expected only one/],
      [
        { ...BEARER, ...TOKEN_URL, 'kafka.sasl.oauth.client_id': '' },
        /token_url is set, but kafka\.sasl\.oauth\.client_id is not/,
      ],
    ],
    kept: [{}, { ...BEARER, ...TOKEN_FILE }, { ...BEARER, ...TOKEN_URL }],
  },
  oauth_client_without_url: {
    broken: [[{ ...TOKEN_FILE, 'kafka.sasl.oauth.scope': 'a' }, /scope is set, but .*token_file gives/]],
    kept: [{}, TOKEN_FILE, { ...TOKEN_URL, 'kafka.sasl.oauth.scope': 'a' }],
  },
  oauth_without_mechanism: {
    broken: [
      [TOKEN_FILE, /^kafka\.sasl\.oauth\.token_file is set, but kafka\.sasl\.mechanism is none/],
      [{ 'kafka.sasl.oauth.extensions': ['a=b'] }, /^kafka\.sasl\.oauth\.extensions is set/],
    ],
    kept: [{}, { ...BEARER, ...TOKEN_FILE }],
  },
  token_url_without_tls: {
    broken: [[{ 'kafka.sasl.oauth.token_url': 'http://a/token' }, /client secret .* readable by all/]],
    kept: [{}, TOKEN_URL],
  },
  sasl_without_tls: {
    broken: [
      [{ 'kafka.sasl.mechanism': 'plain' }, /the password .* readable by all/],
      [{ 'kafka.sasl.mechanism': 'oauthbearer' }, /the token .* readable by all/],
    ],
    kept: [
      {},
      { 'kafka.sasl.mechanism': 'scram-sha-512' },
      { 'kafka.sasl.mechanism': 'plain', 'kafka.tls.enabled': true },
    ],
  },
  tls_cert_without_key: {
    broken: [
      [{ 'kafka.tls.cert_file': 'c' }, /^kafka\.tls\.cert_file is set without kafka\.tls\.key_file/],
      [{ 'kafka.tls.key_file': 'k' }, /^kafka\.tls\.key_file is set without kafka\.tls\.cert_file/],
    ],
    kept: [{}, CERTIFICATE],
  },
  tls_password_without_key: {
    broken: [
      [{ 'kafka.tls.key_password': 'p' }, /^kafka\.tls\.key_password is set without kafka\.tls\.key_file/],
    ],
    kept: [{}, CERTIFICATE, { ...CERTIFICATE, 'kafka.tls.key_password': 'p' }],
  },
  tls_files_without_tls: {
    broken: [
      [{ 'kafka.tls.ca_file': 'a' }, /^kafka\.tls\.ca_file is set, but kafka\.tls\.enabled is false/],
      [CERTIFICATE, /^kafka\.tls\.cert_file and kafka\.tls\.key_file is set/],
    ],
    kept: [{}, { ...CERTIFICATE, 'kafka.tls.ca_file': 'a', 'kafka.tls.enabled': true }],
  },
  inflight_below_body: {
    broken: [
      [
        { 'http.max_inflight_size': 3071, 'http.max_body_size': 1024, 'http.max_decoded_size': 2048 },
        /of 3071 is below .* of 1KiB and .* of 2KiB together/,
      ],
    ],
    kept: [{}, { 'http.max_inflight_size': 3072, 'http.max_body_size': 1024, 'http.max_decoded_size': 2048 }],
  },
  headers_after_request: {
    broken: [[{ 'http.headers_timeout': 61_000 }, /of 61s is above http\.request_timeout of 1m/]],
    kept: [{}, { 'http.headers_timeout': 60_000 }],
  },
  overload_low_above_high: {
    broken: [[{ 'connection.overload_low': 0.85 }, /overload_low of 0.85 is not below .* of 0.85/]],
    kept: [{}, { 'connection.overload_high': 0 }],
  },
  age_off: {
    broken: [[{ 'connection.max_age': 0 }, /max_age is 0: .* gets nothing/]],
    kept: [{}, { 'connection.max_age': 0, 'connection.max_requests': 100 }],
  },
  partition_by_no_key: {
    broken: [[{ 'record.partition_by': 'key' }, /record.key is none/]],
    kept: [{}, { 'record.partition_by': 'key', 'record.key': 'series' }],
  },
  round_robin_loses_order: {
    broken: [[{ 'record.partition_by': 'round-robin' }, /out of order/]],
    kept: [{}],
  },
  acks_always_all: {
    broken: [[{ 'kafka.acks': '1' }, /kafka.acks is 1, but .* all in-sync/]],
    kept: [{}, { 'kafka.acks': '-1' }],
  },
  basic_auth_incomplete: {
    broken: [
      [{ 'http.basic_auth.username': 'u' }, /username is set without http.basic_auth.password/],
      [{ 'http.basic_auth.password': 'p' }, /password is set without http.basic_auth.username/],
    ],
    kept: [{}, { 'http.basic_auth.username': 'u', 'http.basic_auth.password': 'p' }],
  },
  avro_options_unused: {
    broken: [
      [{ 'avro.registry_url': 'http://r' }, /^avro\.registry_url is set, but record\.format is json/],
      [{ 'record.format': 'avro', 'avro.register_schema': false }, /but avro\.registry_url is empty/],
    ],
    kept: [{}, { 'record.format': 'avro' }, { ...REGISTRY, 'avro.subject': 's' }],
  },
  registry_login_incomplete: {
    broken: [
      [{ ...REGISTRY, 'avro.registry_username': 'u' }, /username is set without avro\.registry_password/],
      [{ ...REGISTRY, 'avro.registry_password': 'p' }, /password is set without avro\.registry_username/],
    ],
    kept: [REGISTRY, { ...REGISTRY, 'avro.registry_username': 'u', 'avro.registry_password': 'p' }],
  },
  registry_login_without_tls: {
    broken: [[{ 'avro.registry_url': 'http://r', 'avro.registry_password': 'p' }, /readable by all/]],
    kept: [REGISTRY, { 'avro.registry_url': 'https://r', 'avro.registry_password': 'p' }],
  },
  key_of_many_series: {
    broken: [[{ 'record.format': 'remote-write', 'record.key': 'metric' }, /holds many series/]],
    kept: [{ 'record.format': 'remote-write' }, { 'record.key': 'metric' }],
  },
  json_options_unused: {
    broken: [
      [
        { 'record.format': 'telefonica-json', 'record.json_value': 'number' },
        /^record\.json_value is set, but record\.format is telefonica-json/,
      ],
    ],
    kept: [{ 'record.json_value': 'number', 'record.json_timestamp': 'unix_s' }],
  },
  credentials_without_tls: {
    broken: [[{ 'http.basic_auth.username': 'u' }, /no tls_server_config: whoever is on the way reads them/]],
    kept: [{}],
  },
  protected_from_nobody: {
    broken: [[{ 'http.protected': ['write', 'status'] }, /neither users nor tokens: all of it is open/]],
    kept: [{}, { 'http.protected': ['write', 'status'], 'http.basic_auth.username': 'u' }],
  },
  lifecycle_open: {
    broken: [
      [{ 'http.enable_lifecycle': true }, /whoever reaches the address of senders can reload/],
      [
        { 'http.enable_lifecycle': true, 'http.basic_auth.username': 'u', 'http.protected': ['write'] },
        /is on and nobody is asked/,
      ],
    ],
    kept: [
      {},
      { 'http.enable_lifecycle': true, 'http.basic_auth.username': 'u' },
      { 'http.enable_lifecycle': true, 'http.admin_listen_address': { host: '127.0.0.1', port: 9090 } },
    ],
  },
  idle_beyond_balancer: {
    broken: [[{ 'connection.idle_timeout': 290_000 }, /of 290s: a BIG-IP .* 300s/]],
    kept: [{}, { 'connection.idle_timeout': 289_999 }],
  },
  produce_beyond_sender: {
    broken: [[{ 'kafka.produce_timeout': 30_000 }, /of 30s: Prometheus gives up/]],
    kept: [{}, { 'kafka.produce_timeout': 29_999 }],
  },
};

const { config: defaults, origins } = loadedDry({});

for (const rule of RULES.filter(({ name }) => name !== 'secret_on_command_line')) {
  describe(`the rule ${rule.name}`, () => {
    it('speaks when it is broken', () => {
      for (const [values, message] of CASES[rule.name]!.broken) {
        assert.match(rule.check({ ...defaults, ...values }, origins, PLAIN_WEB) ?? 'nothing', message);
      }
    });

    it('is silent when it is kept', () => {
      for (const values of CASES[rule.name]!.kept) {
        assert.equal(rule.check({ ...defaults, ...values }, origins, PLAIN_WEB), undefined);
      }
    });
  });
}

describe('the rule secret_on_command_line', () => {
  const rule = RULES.find(({ name }) => name === 'secret_on_command_line')!;
  const from = (source: 'flag' | 'variable'): Origins => ({
    ...origins,
    'kafka.sasl.password': { source, place: 'x' },
  });

  it('speaks of a secret that is a flag', () => {
    assert.match(
      rule.check(defaults, from('flag'), PLAIN_WEB) ?? '',
      /^kafka\.sasl\.password is given as a flag/,
    );
  });

  it('is silent about a variable', () =>
    assert.equal(rule.check(defaults, from('variable'), PLAIN_WEB), undefined));
});

describe('the rules about who is let in', () => {
  const USER = `basic_auth_users: {a: $2y$10$${'x'.repeat(53)}}`;
  const PROTECTED = '--http.protected=write,status';

  it('look into the web configuration file', (t) => {
    const tls = usableTls(t);
    if (!tls) return;
    const warningsOf = (web: string, ...argv: string[]): string =>
      loadedDry({
        argv: ['--web.config-file=web.yml', ...argv],
        files: { ...tls.files, 'web.yml': web },
      }).warnings.join();
    assert.match(warningsOf(USER), /has no tls_server_config/);
    assert.equal(warningsOf(`${USER}\n${tls.section}`), '');
    assert.match(warningsOf(tls.section, PROTECTED), /neither users nor tokens/);
    assert.equal(warningsOf(`${USER}\n${tls.section}`, PROTECTED), '');
    assert.equal(warningsOf(tls.section), '');
  });
});

describe('the rules', () => {
  it('look at no option that they do not name, since they are left out by that', () => {
    for (const rule of RULES) {
      const { broken = [], kept = [] } = CASES[rule.name] ?? {};
      for (const values of [...broken.map(([given]) => given), ...kept]) {
        const watched = new Proxy(
          { ...defaults, ...values },
          {
            get(target, name) {
              assert.ok(rule.reads.includes(name as OptionName), `${rule.name} looks at ${String(name)}`);
              return target[name as OptionName];
            },
          },
        );
        rule.check(watched, origins, PLAIN_WEB);
      }
    }
  });

  it('have a name each and a doc that is a sentence', () => {
    assert.equal(new Set(RULES.map(({ name }) => name)).size, RULES.length);
    for (const { doc } of RULES) assert.match(doc, /^[A-Z].*\.$/);
  });

  it('that only warn let the configuration pass', () => {
    const { warnings } = loadedDry({ argv: ['--connection.idle-timeout=5m', '--kafka.produce-timeout=30s'] });
    assert.equal(warnings.length, 2);
    assert.match(warnings[0]!, /\[connection\.idle_timeout: flag --connection\.idle-timeout\]$/);
  });
});
