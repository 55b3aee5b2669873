/** The pinned jars of Kafka and their cache: what is there was checked, what is wrong is not kept. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { cacheFolder, fetchJars, type Jar, type JarList, readJarList } from '../../deploy/local/jars.ts';

const content = Buffer.from('a jar, as far as this test goes');

function fakeJar(artifact: string, body = content): Jar {
  const sha256 = createHash('sha256').update(body).digest('hex');
  return { group: 'org.example.some', artifact, version: '1.0', sha256, bytes: body.length };
}

/** A Maven repository of the test, an empty cache folder, and what `fetchJars` needs to use both. */
async function setUp(t: TestContext, answer: RequestListener) {
  const base = await mkdtemp(join(tmpdir(), 'jars-test-'));
  t.after(() => rm(base, { recursive: true }));
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const environment = {
    XDG_CACHE_HOME: base,
    MAVEN_CENTRAL_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/maven/`,
  };
  const out = new PassThrough();
  const options = (jars: Jar[], signal = new AbortController().signal) => {
    const list: JarList = { version: '4.x', jars };
    return { environment, list, out, signal };
  };
  const folder = cacheFolder(environment, '4.x');
  return { options, requests, folder, shown: () => String(out.read() ?? '') };
}

test('the pinned list names every jar once, with its size and SHA-256', async () => {
  const { version, jars } = await readJarList();
  assert.match(version, /^\d+\.\d+\.\d+$/);
  assert.equal(new Set(jars.map((jar) => `${jar.group}:${jar.artifact}`)).size, jars.length);
  for (const jar of jars) {
    assert.match(jar.sha256, /^[0-9a-f]{64}$/, jar.artifact);
    assert.ok(Number.isInteger(jar.bytes) && jar.bytes > 0, jar.artifact);
  }
  assert.ok(jars.some((jar) => jar.artifact === 'kafka_2.13' && jar.version === version));
});

test('missing jars are fetched from their place in a Maven repository, with progress shown', async (t) => {
  const { options, requests, folder, shown } = await setUp(t, (_request, response) => response.end(content));
  const classPath = await fetchJars(options([fakeJar('one'), fakeJar('two')]));
  assert.deepEqual(classPath.split(delimiter), [join(folder, 'one-1.0.jar'), join(folder, 'two-1.0.jar')]);
  assert.deepEqual(await readFile(join(folder, 'two-1.0.jar')), content);
  assert.deepEqual(requests.toSorted(), [
    '/maven/org/example/some/one/1.0/one-1.0.jar',
    '/maven/org/example/some/two/1.0/two-1.0.jar',
  ]);
  assert.match(shown(), /Downloading Kafka 4\.x, once.*2 of 2 files/s);
});

test('what the cache holds is not fetched again', async (t) => {
  const { options, requests, shown } = await setUp(t, (_request, response) => response.end(content));
  await fetchJars(options([fakeJar('one')]));
  shown();
  await fetchJars(options([fakeJar('one')]));
  assert.equal(requests.length, 1);
  assert.equal(shown(), '');
});

test('a file of the wrong size in the cache is replaced', async (t) => {
  const { options, folder } = await setUp(t, (_request, response) => response.end(content));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'one-1.0.jar'), 'half');
  await fetchJars(options([fakeJar('one')]));
  assert.deepEqual(await readFile(join(folder, 'one-1.0.jar')), content);
});

test('two processes that fetch the same jars at the same time both succeed', async (t) => {
  const { options, folder } = await setUp(t, (_request, response) => response.end(content));
  const jars = [fakeJar('one'), fakeJar('two')];
  await Promise.all([fetchJars(options(jars)), fetchJars(options(jars))]);
  assert.deepEqual((await readdir(folder)).toSorted(), ['one-1.0.jar', 'two-1.0.jar']);
});

test('an interrupted download and a passing error of the server are tried again', async (t) => {
  let count = 0;
  const { options, folder, requests } = await setUp(t, (_request, response) => {
    count += 1;
    if (count === 1) {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 5), () => response.destroy());
    } else if (count === 2) response.writeHead(503).end('later');
    else response.end(content);
  });
  await fetchJars(options([fakeJar('one')]));
  assert.equal(requests.length, 3);
  assert.deepEqual(await readdir(folder), ['one-1.0.jar']);
});

test('a file with another SHA-256 is refused, at once and without a trace', async (t) => {
  const forged = Buffer.from(content.toString().replace('jar', 'Jar'));
  const { options, folder, requests } = await setUp(t, (_request, response) => response.end(forged));
  await assert.rejects(fetchJars(options([fakeJar('one')])), /one-1\.0\.jar: its SHA-256 is .*, expected/);
  assert.equal(requests.length, 1);
  assert.deepEqual(await readdir(folder), []);
});

test('a file longer than expected is refused', async (t) => {
  const { options, folder } = await setUp(t, (_request, response) => response.end(Buffer.alloc(100_000)));
  await assert.rejects(fetchJars(options([fakeJar('one')])), /more than the expected 31 bytes/);
  assert.deepEqual(await readdir(folder), []);
});

test('a jar that the repository does not have is refused with its address and the answer', async (t) => {
  const { options, requests } = await setUp(t, (_request, response) => response.writeHead(404).end());
  const problem = /cannot download http:.*\/maven\/org\/.*one-1\.0\.jar: the answer is 404/;
  await assert.rejects(fetchJars(options([fakeJar('one')])), problem);
  assert.equal(requests.length, 1);
});

test('a download ends when it is told to stop, and leaves no half file', async (t) => {
  const stop = new AbortController();
  const { options, folder } = await setUp(t, (_request, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, 5), () => stop.abort());
  });
  await assert.rejects(fetchJars(options([fakeJar('one')], stop.signal)), { name: 'AbortError' });
  assert.deepEqual(await readdir(folder), []);
});
