/** Every option of the table has a valid default and works in each of its forms. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stringify } from 'yaml';
import { flagOf, secretFileVariableOf, sectionOf, variableOf, variablesOf } from '../../src/config/names.ts';
import type { Config, OptionName } from '../../src/config/options.ts';
import { isOptionName, OPTION_NAMES, OPTIONS, optionOf, SECTIONS } from '../../src/config/options.ts';
import { load } from './loading.ts';

/** A value for each option that is valid and not the default. */
const OTHER_VALUES: Readonly<Record<OptionName, string>> = {
  'http.listen_address': '[::1]:9999',
  'http.max_body_size': '1MiB',
  'http.max_decoded_size': '2MiB',
  'http.max_inflight_size': '100MiB',
  'http.queue_timeout': '2s',
  'http.min_body_rate': '2KiB',
  'connection.limit': '500',
  'connection.limit_per_peer': '50',
  'connection.admin_limit': '5',
  'http.queue_length': '50',
  'http.max_header_size': '32KiB',
  'http.max_headers': '50',
  'http.max_unread_size': '8MiB',
  'http.request_timeout': '90s',
  'http.headers_timeout': '5s',
  'http.admin_listen_address': '127.0.0.1:9090',
  'http.protected': 'write,status',
  'http.bearer_tokens_file': 'tokens.txt',
  'http.enable_lifecycle': 'true',
  'web.config_file': 'web.yml',
  'connection.max_age': '5m',
  'connection.max_age_jitter': '0.1',
  'connection.max_requests': '5000',
  'connection.max_close_rate': '50',
  'connection.overload_high': '0.9',
  'connection.overload_low': '0.5',
  'connection.overload_min_age': '20s',
  'connection.idle_timeout': '2m',
  'fleet.enabled': 'false',
  'fleet.name': 'payments-eu.1',
  'fleet.topic': 'replicas',
  'fleet.tolerance': '0.3',
  'fleet.min_age': '30s',
  'shutdown.drain_delay': '0',
  'shutdown.timeout': '7s',
  'ready.draining_status': '404',
  'kafka.brokers': 'one:1,two:2',
  'kafka.topic': 'other.{{ .job }}',
  'kafka.routes':
    '[{match: "up{job=\\"a\\"}", topic: "{{ .job }}"}, {match: "{a=~\\"b|c\\"}", topic: other}]',
  'kafka.fallback_topic': 'rest',
  'kafka.client_id': 'somebody',
  'kafka.produce_timeout': '250ms',
  'kafka.compression': 'zstd',
  'kafka.linger': '5ms',
  'kafka.max_batch_size': '500KiB',
  'kafka.max_queue_size': '64MiB',
  'kafka.create_topics': 'true',
  'kafka.topic_partitions': '12',
  'kafka.topic_replication_factor': '3',
  'kafka.tls.enabled': 'true',
  'kafka.tls.ca_file': '/ca.pem',
  'kafka.tls.cert_file': '/cert.pem',
  'kafka.tls.key_file': '/key.pem',
  'kafka.tls.key_password': 'opener',
  'kafka.tls.server_name': 'kafka.example.com',
  'kafka.max_batch_records': '500',
  'kafka.acks': '0',
  'http.basic_auth.username': 'sender',
  'http.basic_auth.password': 'letmein',
  'kafka.sasl.mechanism': 'scram-sha-256',
  'kafka.sasl.username': 'user',
  'kafka.sasl.password': 'pass word',
  'kafka.sasl.oauth.token_url': 'https://login.example.com/token',
  'kafka.sasl.oauth.client_id': 'adapter',
  'kafka.sasl.oauth.client_secret': 'hush',
  'kafka.sasl.oauth.scope': 'kafka write',
  'kafka.sasl.oauth.ca_file': '/idp.pem',
  'kafka.sasl.oauth.token_file': '/run/token',
  'kafka.sasl.oauth.extensions': 'logicalCluster=lkc-1,identityPoolId=pool-1',
  'limits.labels_per_series': '64',
  'limits.label_name_length': '128',
  'limits.label_value_length': '1KiB',
  'limits.future': '10m',
  'limits.buckets_per_histogram': '500',
  'limits.buckets_per_request': '5000',
  'limits.symbols_per_request': '5000',
  'limits.topics': '7',
  'limits.samples_per_request': '5000',
  'metadata.topic': 'metadata',
  'record.match': "['up', 'a.b{x=\"1\"}']",
  'record.external_labels': '{cluster: eu, "a.b": 1.0, empty: ""}',
  'record.write_relabel_configs':
    '[{action: drop, source_labels: [a, "b.c"], regex: "x|1.0"}, {action: hashmod, source_labels: [a], target_label: s, modulus: 8}]',
  'record.format': 'telefonica-json',
  'record.json_timestamp': 'unix_ms',
  'record.json_value': 'number',
  'avro.registry_url': 'https://registry:8081/path',
  'avro.registry_username': 'user',
  'avro.registry_password': 'pass word',
  'avro.registry_ca_file': '/ca.pem',
  'avro.subject': 'samples',
  'avro.register_schema': 'false',
  'record.key': 'label:job,instance',
  'record.partition_by': 'metric',
  'record.headers': 'tenant,content-hash',
  'limits.remembered_series': '5000',
  'record.timestamp': 'now',
  'replica.id': 'seven',
  'log.level': 'debug',
  'log.format': 'pretty',
  dry_run: 'true',
};

/** What an option of the format avro needs beside it. */
const AVRO_COMPANY: Partial<Record<OptionName, string>> = {
  'record.format': 'avro',
  'avro.registry_url': 'http://registry:8081',
  'avro.registry_username': 'u',
  'avro.registry_password': 'p',
};

function parsed(name: OptionName, text: string): unknown {
  const reading = optionOf(name).kind.parse(text);
  assert.ok('value' in reading, `${name}: ${JSON.stringify(reading)}`);
  return reading.value;
}

/** What else a login needs: by password, by a token file, or by a token URL. */
function loginBeside(name: OptionName): Partial<Record<OptionName, string>> {
  if (!name.startsWith('kafka.sasl.oauth.'))
    return { 'kafka.sasl.mechanism': 'plain', 'kafka.sasl.username': 'u', 'kafka.sasl.password': 'p' };
  const mechanism = { 'kafka.sasl.mechanism': 'oauthbearer' };
  if (name === 'kafka.sasl.oauth.token_file') return mechanism;
  return {
    ...mechanism,
    'kafka.sasl.oauth.token_url': 'https://a/token',
    'kafka.sasl.oauth.client_id': 'c',
    'kafka.sasl.oauth.client_secret': 's',
  };
}

/** The value after loading, and its origin; contradictions with other options do not matter here. */
function effective(name: OptionName, given: Parameters<typeof load>[0]): { value: unknown; origin: unknown } {
  // Enough of everything that the option alone contradicts nothing.
  const company: Partial<Record<OptionName, string>> = {
    'kafka.brokers': 'some:1',
    'kafka.tls.enabled': 'true',
    'kafka.tls.cert_file': 'c',
    'kafka.tls.key_file': 'k',
    ...loginBeside(name),
    'http.basic_auth.username': 'u',
    'http.basic_auth.password': 'p',
    ...(name.startsWith('avro.') ? AVRO_COMPANY : {}),
  };
  const argv = Object.entries(company)
    .filter(([other]) => other !== name)
    .map(([other, value]) => `${flagOf(other)}=${value}`);
  const files = { 'web.yml': '', 'tokens.txt': 'token\n', ...given.files };
  const result = load({ ...given, files, argv: [...argv, ...(given.argv ?? [])] });
  assert.ok('config' in result, JSON.stringify(result));
  return { value: result.config[name], origin: result.origins[name] };
}

for (const name of OPTION_NAMES) {
  describe(`the option ${name}`, () => {
    const text = OTHER_VALUES[name];
    const value = parsed(name, text);
    const { kind, default: preset, doc } = optionOf(name);

    it('has a default that its own kind takes, as text and as YAML', () => {
      const presetValue = parsed(name, preset);
      assert.deepEqual(kind.parse(kind.format(presetValue)), { value: presetValue });
      assert.deepEqual(kind.fromYaml(kind.toYaml(presetValue)), { value: presetValue });
    });

    it('has a section with a title and a doc that is a sentence', () => {
      assert.ok(Object.hasOwn(SECTIONS, sectionOf(name)));
      assert.match(doc, /^[A-Z].*\.$/);
    });

    it('is a flag, with the value behind an equals sign or a space', () => {
      const expected = { value, origin: { source: 'flag', place: flagOf(name) } };
      assert.deepEqual(effective(name, { argv: [`${flagOf(name)}=${text}`] }), expected);
      if (kind.form === 'switch' && value === true)
        assert.deepEqual(effective(name, { argv: [flagOf(name)] }), expected);
      else if (kind.form !== 'switch')
        assert.deepEqual(effective(name, { argv: [flagOf(name), text] }), expected);
    });

    it('is a flag with underscores too', () => {
      assert.deepEqual(effective(name, { argv: [`--${name}=${text}`] }).value, value);
    });

    it('is a variable', () => {
      const expected = { value, origin: { source: 'variable', place: variableOf(name) } };
      assert.deepEqual(effective(name, { env: { [variableOf(name)]: text } }), expected);
    });

    it('is a key of the file', () => {
      const nested = name
        .split('.')
        .reduceRight<unknown>((inner, word) => ({ [word]: inner }), kind.toYaml(value));
      const content = stringify(nested);
      const line = name.split('.').length;
      const expected = { value, origin: { source: 'file', place: `config.yml:${line}` } };
      assert.deepEqual(effective(name, { files: { 'config.yml': content } }), expected);
    });
  });
}

describe('the option table', () => {
  it('gives no variable to two options, but for what one implies for the other', () => {
    const meant = OPTION_NAMES.flatMap((name) => {
      const implied = (optionOf(name).aliases ?? []).filter(({ isImplied }) => isImplied);
      return variablesOf(name).filter((variable) => !implied.some((alias) => alias.variable === variable));
    });
    const variables = [...meant, 'CONFIG_FILE'];
    assert.deepEqual(variables, [...new Set(variables)]);
  });

  it('has a file variable for every secret and for nothing else', () => {
    assert.equal(secretFileVariableOf('kafka.sasl.password'), 'KAFKA_SASL_PASSWORD_FILE');
    for (const name of OPTION_NAMES) {
      assert.equal(secretFileVariableOf(name) !== undefined, optionOf(name).kind.type === 'secret', name);
    }
  });

  it('takes no name that every object inherits for an option', () => {
    for (const name of ['constructor', '__proto__', 'toString']) assert.equal(isOptionName(name), false);
  });

  it('gives every value its own type', () => {
    const bytes: Config['http.max_body_size'] = 1;
    const brokers: Config['kafka.brokers'] = ['a:1'];
    const status: Config['ready.draining_status'] = 404;
    const level: Config['log.level'] = 'warn';
    // @ts-expect-error 500 is no choice
    const wrong: Config['ready.draining_status'] = 500;
    assert.ok(bytes && brokers && status && level && wrong && OPTIONS);
  });

  it('refuses topics that Kafka refuses', () => {
    const { kind } = OPTIONS['kafka.topic'];
    for (const topic of ['.', '..', '', 'a b', 'a/b', 'ä', 'x'.repeat(250)])
      assert.ok('error' in kind.parse(topic), topic);
    for (const topic of ['...', '.a', 'A_b-c.9', 'x'.repeat(249)])
      assert.ok('value' in kind.parse(topic), topic);
  });
});
