/** Tokens: kept while they are good, fetched in time, never shown. */

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { freePort } from '../../deploy/local/ports.ts';
import type { OauthSettings } from '../../src/kafka/client-options.ts';
import { TokenError, TokenSource } from '../../src/kafka/token-source.ts';
import { Authority, hasOpenssl } from '../support/authority.ts';
import { CLIENT_ID, CLIENT_SECRET, startTokenServer, unsecuredToken } from '../support/token-server.ts';
import { NO_SECURITY } from './no-security.ts';

const source = (settings: Partial<OauthSettings>): TokenSource =>
  new TokenSource({
    ...NO_SECURITY.sasl.oauth,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    ...settings,
  });

const says = (text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof TokenError, String(error));
  assert.match(error.message, text);
  for (const secret of [CLIENT_SECRET, encodeURIComponent(CLIENT_SECRET), 'c2VjcmV0', 'YWRhcHRlc'])
    assert.ok(!error.message.includes(secret), error.message);
  return true;
};

describe('a token URL', () => {
  test('is asked by the grant of client credentials, with scope and credentials as a form has them', async (t) => {
    const server = await startTokenServer(t);
    const tokens = source({ tokenUrl: server.url, scope: 'kafka write' });
    assert.match(await tokens.token(), /^\S+\.\S+\.$/);
    assert.equal(tokens.subject, 'adapter');
    assert.deepEqual(server.asked, ['grant_type=client_credentials&scope=kafka+write']);
  });

  test('is asked once for all who want a token, and again when a fifth of its life is left', async (t) => {
    const server = await startTokenServer(t);
    const tokens = source({ tokenUrl: server.url });
    const [first, second] = await Promise.all([tokens.token(), tokens.token()]);
    assert.equal(first, second);
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
    t.mock.timers.setTime(Date.now() + 239_000);
    assert.equal(await tokens.token(), first);
    assert.equal(server.asked.length, 1);
    t.mock.timers.setTime(Date.now() + 2000);
    assert.notEqual(await tokens.token(), first);
    assert.equal(server.asked.length, 2);
  });

  test('that is away for a while harms nobody as long as the token is good', async (t) => {
    const server = await startTokenServer(t);
    const tokens = source({ tokenUrl: server.url });
    const token = await tokens.token();
    server.isDown = true;
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 290_000 });
    assert.equal(await tokens.token(), token);
    t.mock.timers.setTime(Date.now() + 20_000);
    await assert.rejects(tokens.token(), says(/gives no token: status 503/));
  });

  test('is asked again after a broker has refused the token', async (t) => {
    const server = await startTokenServer(t);
    const tokens = source({ tokenUrl: server.url });
    await tokens.token();
    tokens.forget();
    await tokens.token();
    assert.equal(server.asked.length, 2);
  });

  test('that refuses the client is quoted, but not what it repeats of the secret', async (t) => {
    const server = await startTokenServer(t);
    const tokens = source({ tokenUrl: server.url, clientId: 'somebody' });
    await assert.rejects(
      tokens.token(),
      says(/^http:\S+ gives no token: status 401 \(invalid_client: not with <secret>\)$/),
    );
  });

  test('where nobody listens is named', async () => {
    const port = await freePort();
    const tokens = source({ tokenUrl: `http://127.0.0.1:${port}/token` });
    await assert.rejects(tokens.token(), says(/cannot be asked for a token: ECONNREFUSED$/));
  });

  test('with TLS is held to the authorities of kafka.sasl.oauth.ca_file', {
    skip: !hasOpenssl(),
  }, async (t) => {
    const authority = new Authority();
    t.after(() => authority.remove());
    const { certFile, keyFile } = authority.issue({ name: 'login', alternatives: 'IP:127.0.0.1' });
    const [cert, key] = [readFileSync(certFile, 'utf8'), readFileSync(keyFile, 'utf8')];
    const server = await startTokenServer(t, { cert, key });
    await source({ tokenUrl: server.url, caFile: authority.caFile }).token();
    await assert.rejects(source({ tokenUrl: server.url }).token(), says(/UNABLE_TO_VERIFY_LEAF_SIGNATURE/));
  });
});

describe('a token file', () => {
  test('is read at each login, and anything but one token in it is refused', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'kafka-adapter-token-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const tokenFile = join(folder, 'token');
    const tokens = source({ tokenFile });
    await assert.rejects(tokens.token(), says(/kafka\.sasl\.oauth\.token_file .* cannot be read \(ENOENT\)/));
    const [first, second] = [unsecuredToken(60, 'one'), unsecuredToken(60, 'two')];
    writeFileSync(tokenFile, `${first}\n`);
    assert.equal(await tokens.token(), first);
    writeFileSync(tokenFile, second);
    assert.equal(await tokens.token(), second);
    assert.equal(tokens.subject, 'two');
    for (const bad of ['', 'two tokens', `${first}\x01auth=other`]) {
      writeFileSync(tokenFile, bad);
      await assert.rejects(tokens.token(), says(/does not hold one token and nothing else/));
    }
  });
});
