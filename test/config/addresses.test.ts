/** Listen addresses, ports and brokers are read in every usual form and in no other. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { broker, listenAddress, parsePort } from '../../src/config/addresses.ts';

function errorOf(reading: object): string {
  assert.ok('error' in reading, `expected an error, got ${JSON.stringify(reading)}`);
  return String(reading.error);
}

describe('a listen address', () => {
  it('is read with and without a host and written back', () => {
    const cases = {
      ':8080': { host: '', port: 8080 },
      ':0': { host: '', port: 0 },
      '127.0.0.1:65535': { host: '127.0.0.1', port: 65535 },
      '[::1]:8080': { host: '::1', port: 8080 },
      'localhost:80': { host: 'localhost', port: 80 },
    };
    for (const [text, value] of Object.entries(cases)) {
      assert.deepEqual(listenAddress().parse(text), { value });
      assert.deepEqual(listenAddress().fromYaml(text), { value });
      assert.equal(listenAddress().format(value), text);
    }
  });

  it('as a bare port is refused with the right form', () => {
    for (const reading of [listenAddress().parse('8080'), listenAddress().fromYaml(8080)]) {
      assert.match(errorOf(reading), /expected a colon before the port: `:8080`/);
    }
  });

  it('is refused in other forms', () => {
    for (const text of [
      '',
      ':',
      'host',
      '::1:80',
      '[::1]',
      '[x]:80',
      '1.2.3:80',
      '999.1.1.1:80',
      'a b:80',
      ':-1',
      ':8x',
    ]) {
      assert.match(errorOf(listenAddress().parse(text)), /is not a listen address, expected .*`:8080`/);
    }
  });

  it('is refused above the highest port', () => {
    assert.equal(errorOf(listenAddress().parse(':65536')), 'has a port above the maximum of 65535');
  });
});

describe('the port of a platform', () => {
  it('listens on every interface', () =>
    assert.deepEqual(parsePort('80'), { value: { host: '', port: 80 } }));

  it('is refused when it is no port', () => {
    for (const text of ['', 'http', '65536', '-1', ':80', '8.0']) {
      assert.equal(errorOf(parsePort(text)), 'is not a port, expected one from 0 to 65535');
    }
  });
});

describe('a broker', () => {
  it('is read with its port or with the usual one', () => {
    const cases = {
      'kafka-1:9093': 'kafka-1:9093',
      kafka: 'kafka:9092',
      '10.0.0.1': '10.0.0.1:9092',
      'a.b.': 'a.b.:9092',
    };
    for (const [text, value] of Object.entries(cases)) {
      assert.deepEqual(broker(9092).parse(text), { value });
      assert.deepEqual(broker(9092).fromYaml(text), { value });
    }
  });

  it('is refused in other forms, with the reason', () => {
    const cases = {
      '': /is empty/,
      'PLAINTEXT://kafka:9092': /has a scheme/,
      '[::1]:9092': /IPv6 literal/,
      'kafka:0': /port outside 1 to 65535/,
      'kafka:65536': /port outside 1 to 65535/,
      'kafka:': /expected `host:port`/,
      ':9092': /expected `host:port`/,
      'a b': /expected `host:port`/,
      '1.2.3': /expected `host:port`/,
    };
    for (const [text, error] of Object.entries(cases)) assert.match(errorOf(broker(9092).parse(text)), error);
  });
});
