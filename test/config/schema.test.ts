/** The JSON schema takes the files that the loader takes, and refuses what a schema can refuse. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { OPTION_NAMES } from '../../src/config/options.ts';
import { printConfig } from '../../src/config/print.ts';
import { EXAMPLE_FILE, EXAMPLE_RULES } from '../../src/config/reference.ts';
import { configSchema } from '../../src/config/schema.ts';
import { load, loadedDry } from './loading.ts';

const validate = new Ajv({ strict: true, allErrors: true }).compile(configSchema());

/** Whether the loader takes the file, apart from rules between options. */
function loads(text: string): boolean {
  const result = load({ argv: ['--dry-run'], files: { 'config.yml': text } });
  return 'config' in result;
}

describe('the JSON schema', () => {
  const good = [
    '{}',
    'http:',
    'http: {max_body_size: 1KiB, listen_address: ":80", request_timeout: 1h}',
    'http: {max_body_size: 1024}',
    'shutdown: {drain_delay: 0}',
    'shutdown: {drain_delay: "0"}',
    'shutdown: {drain_delay: 1m30s}',
    'ready: {draining_status: 404}',
    'ready: {draining_status: "404"}',
    'http: {max_headers: "100"}',
    'kafka: {tls: {enabled: "true"}}',
    'connection: {max_age_jitter: "0.1"}',
    'kafka: {brokers: [a, "b:1"]}',
    'kafka: {brokers: "a,b:1"}',
    'kafka: {topic: a.b}',
    'kafka: {tls: {enabled: true}}',
    'record: {timestamp: now}',
    'kafka: {topic: "m.{{ .job }}", fallback_topic: rest, routes: [{match: up, topic: "{{ .a }}"}]}',
    'kafka: {fallback_topic: ""}',
    'record: {match: [up, \'{a="b"}\']}',
    'record: {match: up}',
    'record: {match: ""}',
    'record: {external_labels: {cluster: eu, n: 1, yes: true, none: }}',
    'record: {write_relabel_configs: [{action: drop, regex: , source_labels: [a]}, {target_label: x, replacement: 1.0}]}',
    'record: {write_relabel_configs: [{action: hashmod, modulus: 8, source_labels: , target_label: x}]}',
    EXAMPLE_FILE.replace('mechanism: scram-sha-512', 'mechanism: none').replace('username: adapter', ''),
    EXAMPLE_RULES,
    printConfig(loadedDry({})),
  ];
  for (const text of good) {
    it(`takes ${text.length > 70 ? `a file of ${text.length} characters` : text}`, () => {
      assert.ok(validate(parse(text)), JSON.stringify(validate.errors));
      assert.ok(loads(text), 'the loader takes it too');
    });
  }

  const bad = [
    '[]',
    'elephant: 1',
    'http: {elephant: 1}',
    'http: 5',
    'log.level: info',
    'http: {max_body_size: 64KB}',
    'http: {max_body_size: 1023}',
    'http: {max_body_size: true}',
    'http: {request_timeout: 60}',
    'http: {request_timeout: ""}',
    'http: {request_timeout: 1.5s}',
    'http: {listen_address: "80"}',
    'http: {listen_address: 80}',
    'ready: {draining_status: 500}',
    'ready: {draining_status: "405"}',
    'http: {max_headers: "1e2"}',
    'kafka: {brokers: 5}',
    'kafka: {brokers: [5]}',
    'kafka: {brokers: ["a:b"]}',
    'kafka: {topic: ".."}',
    'kafka: {topic: a b}',
    'kafka: {topic: 5}',
    'kafka: {tls: {enabled: "yes"}}',
    'kafka: {tls: {enabled: 1}}',
    'kafka: {sasl: {password: <hidden>}}',
    'kafka: {sasl: {mechanism: md5}}',
    'kafka: {topic: }',
    'kafka: {topic: "a b"}',
    'kafka: {fallback_topic: "{{ .job }}"}',
    'kafka: {routes: {match: up, topic: x}}',
    'kafka: {routes: [{match: up}]}',
    'kafka: {routes: [{match: up, topic: x, to: y}]}',
    'record: {match: {a="b"}}',
    'record: {match: [[up]]}',
    'record: {external_labels: [a]}',
    'record: {external_labels: {a: {b: c}}}',
    'record: {write_relabel_configs: {action: drop}}',
    'record: {write_relabel_configs: [drop]}',
    'record: {write_relabel_configs: [{action: dorp}]}',
    'record: {write_relabel_configs: [{source_label: [a], target_label: x}]}',
    'record: {write_relabel_configs: [{source_labels: a, target_label: x}]}',
    'record: {write_relabel_configs: [{action: hashmod, modulus: -1, target_label: x}]}',
    'record: {write_relabel_configs: }',
  ];
  for (const text of bad) {
    it(`refuses ${text}`, () => {
      assert.equal(validate(parse(text)), false);
      assert.equal(loads(text), false, 'the loader refuses it too');
    });
  }

  it('describes every option and has its default', () => {
    for (const name of OPTION_NAMES) {
      let schema = configSchema() as {
        properties: Record<string, never>;
        description?: string;
        default?: unknown;
      };
      for (const word of name.split('.')) schema = schema.properties[word]!;
      assert.ok(schema.description, name);
      assert.notEqual(schema.default, undefined, name);
    }
  });
});
