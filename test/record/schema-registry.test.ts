/** How the id of the schema is come by: asked for until it is known, and what the errors say. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, type TestContext, test } from 'node:test';
import { freePort } from '../../deploy/local/ports.ts';
import { AdapterError, type ErrorCode } from '../../src/errors.ts';
import { SchemaRegistry } from '../../src/record/schema-registry.ts';
import { eventually } from '../support/eventually.ts';
import { Registry } from '../support/registry.ts';

const SCHEMA = '{"type":"record","name":"R","fields":[]}';
const SUBJECT = 'metrics-value';

function client(url: string, settings: object = {}): SchemaRegistry {
  return new SchemaRegistry(
    { url, username: '', password: '', caFile: '', subject: SUBJECT, register: true, ...settings },
    SCHEMA,
  );
}

async function refused(asked: Promise<unknown>, code: ErrorCode, text: RegExp): Promise<void> {
  await assert.rejects(asked, (error) => {
    assert.ok(error instanceof AdapterError);
    assert.equal(error.code, code);
    assert.equal(error.status, 503);
    assert.match(error.message, text);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
}

async function withFault(t: TestContext, status: number, body: string): Promise<SchemaRegistry> {
  const registry = await Registry.start(t);
  registry.fault = { status, body };
  return client(registry.url, { username: 'user', password: 'secret' });
}

describe('the schema registry', () => {
  test('is asked once, and gives the same id for the same schema', async (t) => {
    const registry = await Registry.start(t);
    const id = registry.publish('other', SCHEMA);
    const asked = client(registry.url);
    assert.deepEqual(await Promise.all([asked.schemaId(), asked.schemaId()]), [id, id]);
    await registry.stop();
    assert.equal(await asked.schemaId(), id);
    assert.deepEqual(registry.calls, [`POST /subjects/${SUBJECT}/versions`]);
  });

  test('is told the user, and reached under a path and a subject with odd letters', async (t) => {
    const registry = await Registry.start(t);
    const asked = client(`${registry.url}`, { username: 'user', password: 'sec:ret', subject: 'a/b c' });
    await asked.schemaId();
    assert.equal(registry.authorization, `Basic ${Buffer.from('user:sec:ret').toString('base64')}`);
    assert.deepEqual(registry.calls, ['POST /subjects/a%2Fb%20c/versions']);
  });

  test('is only looked into when it must not be written to', async (t) => {
    const registry = await Registry.start(t);
    const asked = client(registry.url, { register: false });
    await refused(
      asked.schemaId(),
      'schema_refused',
      /under the subject metrics-value: 404: Subject 'metrics-value' not found.*avro\.register_schema is false/,
    );
    const id = registry.publish(SUBJECT, SCHEMA);
    assert.equal(await eventually(() => asked.schemaId().catch(() => undefined), { what: 'the id' }), id);
    assert.deepEqual([...new Set(registry.calls)], [`POST /subjects/${SUBJECT}`]);
  });

  test('that refuses the schema is quoted, with the subject', async (t) => {
    for (const [status, message] of [
      [409, 'Schema being registered is incompatible with an earlier schema'],
      [422, 'Invalid Avro schema'],
      [401, 'Unauthorized'],
    ] as const) {
      const asked = await withFault(t, status, JSON.stringify({ error_code: status, message }));
      await refused(
        asked.schemaId(),
        'schema_refused',
        new RegExp(`subject metrics-value: ${status}: ${message}$`),
      );
    }
  });

  test('that makes no sense, or has no time, is unavailable', async (t) => {
    for (const [status, body] of [
      [200, 'not JSON'],
      [200, 'null'],
      [200, '{"id":"7"}'],
      [500, '{"error_code":50001,"message":"Error in the backend data store"}'],
      [429, ''],
      [302, ''],
    ] as const) {
      const asked = await withFault(t, status, body);
      await refused(
        asked.schemaId(),
        'schema_registry_unavailable',
        new RegExp(`127\\.0\\.0\\.1:\\d+ answers ${status}`),
      );
    }
    const large = await withFault(t, 200, 'x'.repeat(2 * 1024 * 1024));
    await refused(large.schemaId(), 'schema_registry_unavailable', /answer is over/);
  });

  test('that is away is asked again, not at once but until it is there', async (t) => {
    const port = await freePort();
    const asked = client(`http://127.0.0.1:${port}`);
    const first = asked.schemaId();
    await refused(first, 'schema_registry_unavailable', /cannot be reached: .*ECONNREFUSED/);
    const registry = await Registry.start(t, port);
    // Still resting: the same error, and nothing is asked.
    await refused(asked.schemaId(), 'schema_registry_unavailable', /ECONNREFUSED/);
    assert.deepEqual(registry.calls, []);
    assert.ok(await eventually(() => asked.schemaId().catch(() => undefined), { what: 'the id' }));
    assert.equal(registry.calls.length, 1);
  });

  test('with a file of authorities that is not there is unavailable', async () => {
    const asked = client('https://127.0.0.1:1', { caFile: '/nowhere/ca.pem' });
    await refused(asked.schemaId(), 'schema_registry_unavailable', /ENOENT/);
  });
});
