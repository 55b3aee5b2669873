/** The variables of Telefonica's adapter mean here what they mean there, so that its users change only the image. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Config } from '../../src/config/options.ts';
import { load, loaded } from './loading.ts';

const BROKERS = { KAFKA_BROKER_LIST: 'kafka:9092' };

describe('of its variables', () => {
  const cases: readonly (readonly [Readonly<Record<string, string>>, Partial<Config>])[] = [
    [{ KAFKA_BROKER_LIST: 'a:1,b:2' }, { 'kafka.brokers': ['a:1', 'b:2'] }],
    [{ KAFKA_TOPIC: 'samples' }, { 'kafka.topic': 'samples' }],
    [{ SERIALIZATION_FORMAT: 'json' }, { 'record.format': 'telefonica-json' }],
    [{ SERIALIZATION_FORMAT: 'avro-json' }, { 'record.format': 'telefonica-avro-json' }],
    [{ KAFKA_COMPRESSION: 'snappy' }, { 'kafka.compression': 'snappy' }],
    [{ KAFKA_BATCH_NUM_MESSAGES: '10000' }, { 'kafka.max_batch_records': 10_000 }],
    [{ KAFKA_ACKS: 'all' }, { 'kafka.acks': 'all' }],
    [{ PORT: '9201' }, { 'http.listen_address': { host: '', port: 9201 } }],
    [
      { BASIC_AUTH_USERNAME: 'u', BASIC_AUTH_PASSWORD: 'p' },
      { 'http.basic_auth.username': 'u', 'http.basic_auth.password': 'p' },
    ],
    [{ LOG_LEVEL: 'panic' }, { 'log.level': 'panic' }],
    [{ GIN_MODE: 'release' }, {}],
    [
      {
        KAFKA_SSL_CLIENT_CERT_FILE: '/c',
        KAFKA_SSL_CLIENT_KEY_FILE: '/k',
        KAFKA_SSL_CLIENT_KEY_PASS: 'x',
        KAFKA_SSL_CA_CERT_FILE: '/ca',
      },
      {
        'kafka.tls.enabled': true,
        'kafka.tls.cert_file': '/c',
        'kafka.tls.key_file': '/k',
        'kafka.tls.key_password': 'x',
        'kafka.tls.ca_file': '/ca',
      },
    ],
    // There, the authority alone is left out in silence and plain text is spoken.
    [{ KAFKA_SSL_CA_CERT_FILE: '/ca' }, { 'kafka.tls.enabled': true, 'kafka.tls.ca_file': '/ca' }],
    [
      {
        KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
        KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
        KAFKA_SASL_USERNAME: 'u',
        KAFKA_SASL_PASSWORD: 'p',
      },
      {
        'kafka.tls.enabled': true,
        'kafka.sasl.mechanism': 'scram-sha-512',
        'kafka.sasl.username': 'u',
        'kafka.sasl.password': 'p',
      },
    ],
  ];
  for (const [env, expected] of cases) {
    test(Object.keys(env).join(', '), () => {
      const { config, warnings } = loaded({ env: { ...BROKERS, ...env } });
      const picked = Object.fromEntries(
        Object.keys(expected).map((name) => [name, config[name as keyof Config]]),
      );
      assert.deepEqual(picked, expected);
      // The one thing that is said about a user there as here: that the password is readable by all.
      assert.deepEqual(
        warnings.filter((warning) => !/has no tls_server_config/.test(warning)),
        [],
      );
    });
  }

  test('KAFKA_ACKS below all is accepted, and said to have no effect', () => {
    const { warnings } = loaded({ env: { ...BROKERS, KAFKA_ACKS: '1' } });
    assert.match(warnings.join(), /kafka.acks is 1, but this adapter always waits/);
  });

  test('KAFKA_SECURITY_PROTOCOL against the certificates is refused, as there', () => {
    const result = load({
      env: { ...BROKERS, KAFKA_SECURITY_PROTOCOL: 'plaintext', KAFKA_SSL_CA_CERT_FILE: '/ca' },
    });
    assert.ok('problems' in result);
    assert.match(result.problems.join(), /kafka\.tls\.ca_file is set, but kafka\.tls\.enabled is false/);
  });
});
