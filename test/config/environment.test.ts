/** Variables set options, foreign variables are left alone, and slips are warned about. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loaded, loadedDry, problemsDry } from './loading.ts';

describe('a variable', () => {
  it('that is empty counts as not set', () => {
    const { config, origins } = loadedDry({ env: { KAFKA_TOPIC: '', PORT: undefined } });
    assert.equal(config['kafka.topic'], 'metrics');
    assert.equal(origins['kafka.topic'].source, 'default');
  });

  it('PORT sets the port of the listen address', () => {
    const { config, origins } = loadedDry({ env: { PORT: '9999' } });
    assert.deepEqual(config['http.listen_address'], { host: '', port: 9999 });
    assert.deepEqual(origins['http.listen_address'], { source: 'variable', place: 'PORT' });
  });

  it('KAFKA_BROKER_LIST sets the brokers', () => {
    const { config } = loaded({ env: { KAFKA_BROKER_LIST: 'a:1,b' } });
    assert.deepEqual(config['kafka.brokers'], ['a:1', 'b:9092']);
  });

  it("of the option's own name wins over an alias, which is warned about when it differs", () => {
    const { config, warnings } = loadedDry({ env: { PORT: '1', HTTP_LISTEN_ADDRESS: ':2' } });
    assert.equal(config['http.listen_address'].port, 2);
    assert.deepEqual(warnings, ['variable PORT: has no effect, since HTTP_LISTEN_ADDRESS is set as well']);
    const same = loaded({ env: { KAFKA_BROKERS: 'a', KAFKA_BROKER_LIST: 'a' } });
    assert.deepEqual(same.warnings, []);
  });

  it('with a bad value is refused under the name that was used', () => {
    assert.deepEqual(problemsDry({ env: { PORT: 'http' } }), [
      'variable PORT: "http" is not a port, expected one from 0 to 65535',
    ]);
    assert.deepEqual(problemsDry({ env: { CONNECTION_IDLE_TIMEOUT: '4s' } }), [
      'variable CONNECTION_IDLE_TIMEOUT: "4s" is below the minimum of 5s',
    ]);
  });

  it('CONFIG_FILE names the configuration file, and the flag wins over it', () => {
    const files = { 'a.yml': 'replica: {id: a}', 'b.yml': 'replica: {id: b}' };
    const env = { CONFIG_FILE: 'a.yml' };
    assert.equal(loadedDry({ env, files }).config['replica.id'], 'a');
    assert.equal(loadedDry({ env, files, argv: ['--config.file=b.yml'] }).config['replica.id'], 'b');
  });
});

describe('a foreign variable', () => {
  it('with one of our prefixes is neither an error nor a warning', () => {
    const env = {
      KAFKA_HOME: '/opt/kafka',
      KAFKA_HEAP_OPTS: '-Xmx1G',
      KAFKA_SERVICE_HOST: '10.0.0.1',
      KAFKA_SERVICE_PORT: '9092',
      KAFKA_PORT: 'tcp://10.0.0.1:9092',
      KAFKA_PORT_9092_TCP: 'tcp://10.0.0.1:9092',
      KAFKA_PORT_9092_TCP_ADDR: '10.0.0.1',
      HTTP_PROXY: 'http://proxy:3128',
      LOG_DIR: '/var/log',
      PATH: '/bin',
      ORT: '1',
      constructor: 'x',
    };
    assert.deepEqual(loadedDry({ env }).warnings, []);
  });

  it('that looks like a slip is warned about with the right name', () => {
    const slips = {
      KAFKA_BROKER: 'KAFKA_BROKERS',
      KAFKA_TPOIC: 'KAFKA_TOPIC',
      HTTP_MAX_BODYSIZE: 'HTTP_MAX_BODY_SIZE',
      DRY_RUM: 'DRY_RUN',
      CONFIG_FIL: 'CONFIG_FILE',
      KAFKA_SASL_PASWORD_FILE: 'KAFKA_SASL_PASSWORD_FILE',
    };
    for (const [slip, meant] of Object.entries(slips)) {
      const expected = [`variable ${slip}: is unknown and has no effect (did you mean \`${meant}\`?)`];
      assert.deepEqual(loadedDry({ env: { [slip]: 'x' } }).warnings, expected);
    }
  });

  it('that is empty is not even warned about', () => {
    assert.deepEqual(loadedDry({ env: { KAFKA_BROKER: '' } }).warnings, []);
  });
});
