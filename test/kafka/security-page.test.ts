/** The page on the security of Kafka: its examples load, and each problem is on it. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { PROBLEMS } from '../../src/kafka/problems.ts';

const page = readFileSync(new URL('../../docs/kafka-security.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text!);

describe('docs/kafka-security.md', () => {
  test('has an example for each way in, and each is a configuration without a warning', () => {
    assert.equal(examples.length, 5);
    for (const text of examples) {
      const env = {
        KAFKA_SASL_PASSWORD: text.includes('username') ? 'a' : undefined,
        KAFKA_SASL_OAUTH_CLIENT_SECRET: text.includes('client_id') ? 'a' : undefined,
      };
      const loaded = loadConfig({ argv: ['--config.file=a.yml'], env, readFile: () => text });
      assert.deepEqual('problems' in loaded ? loaded.problems : loaded.warnings, [], text);
    }
  });

  test('names the cure of each problem', () => {
    for (const { cure } of Object.values(PROBLEMS)) assert.ok(page.includes(cure.slice(1)), cure);
  });
});
