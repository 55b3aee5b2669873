/** The command as a user runs it: arguments and environment in, text and exit status out. */

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startProcess, type TestHooks, type TestProcess } from '../support/process.ts';
import { body, HEADERS } from '../support/write-request.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(t: TestHooks, args: string[], environment: NodeJS.ProcessEnv = {}): TestProcess {
  return startProcess(t, {
    args: [main, ...args],
    environment: { KAFKA_BROKERS: undefined, ...environment },
  });
}

async function outcome(t: TestHooks, args: string[], environment: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const started = start(t, args, environment);
  const { code } = await started.waitForExit();
  return { code, stdout: started.stdout, stderr: started.stderr };
}

describe('kafka-adapter', () => {
  test('--version prints the version and ends with 0', async (t) => {
    const { code, stdout } = await outcome(t, ['--version']);
    assert.deepEqual([code, stdout], [0, `kafka-adapter ${manifest.version}\n`]);
  });

  test('--help names every section and ends with 0, whatever else is wrong', async (t) => {
    const { code, stdout } = await outcome(t, ['--help', '--nonsense'], { KAFKA_PRODUCE_TIMEOUT: 'x' });
    assert.equal(code, 0);
    assert.match(stdout, /--kafka\.brokers/);
  });

  test('a command that there is none of is named with the one that was meant, and ends with 2', async (t) => {
    for (const [wrong, meant] of [
      ['docter', 'doctor'],
      ['Fleet', 'fleet'],
      ['check_kafka', 'check-kafka'],
    ] as const) {
      const { code, stdout, stderr } = await outcome(t, [wrong, '--help']);
      assert.deepEqual([code, stdout], [2, '']);
      assert.ok(stderr.startsWith(`${wrong}: is no command (did you mean \`${meant}\`?)`), stderr);
    }
    const { code, stderr } = await outcome(t, ['hunter2']);
    assert.equal(code, 2);
    assert.doesNotMatch(stderr, /hunter2/);
  });

  test('--help behind a command says what it takes and how it ends', async (t) => {
    for (const command of ['tail', 'check-kafka', 'healthcheck', 'fleet', 'doctor']) {
      const { code, stdout, stderr } = await outcome(t, [command, '--help']);
      assert.deepEqual([code, stderr], [0, ''], command);
      assert.match(stdout, new RegExp(`^Usage: kafka-adapter ${command} `));
    }
    assert.equal((await outcome(t, ['help'])).stdout, (await outcome(t, ['--help'])).stdout);
  });

  test('a command that asks Kafka says that it has no brokers, also with --dry-run, and ends with 2', async (t) => {
    for (const command of ['tail', 'check-kafka', 'fleet']) {
      const { code, stdout, stderr } = await outcome(t, [command, '--dry-run']);
      assert.deepEqual([code, stdout], [2, ''], command);
      assert.match(stderr, /^configuration is not valid\nproblem: kafka\.brokers is empty: set it with/);
    }
  });

  test('--check-config ends with 0 for a sound configuration, on standard output', async (t) => {
    const { code, stdout } = await outcome(t, ['--check-config', '--kafka.brokers=a:9092']);
    assert.deepEqual([code, stdout], [0, 'configuration is valid\n']);
  });

  test('lists all problems of all sources at once and ends with 2', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'config-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'config.yml');
    writeFileSync(file, 'http:\n  max_bdy_size: 1MiB\n');
    for (const flag of [[], ['--check-config']]) {
      const args = [...flag, `--config.file=${file}`, '--kafka.topik=x'];
      const { code, stderr, stdout } = await outcome(t, args, { HTTP_REQUEST_TIMEOUT: '5' });
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.match(stderr, /--kafka\.topik.*did you mean `--kafka\.topic`/);
      assert.match(stderr, /config\.yml:2:3: .*max_body_size/);
      assert.match(stderr, /HTTP_REQUEST_TIMEOUT.*"5"/);
    }
  });

  test('--print-config shows effective values with their origin and no secret', async (t) => {
    const { code, stdout } = await outcome(t, ['--print-config', '--kafka.topic=t'], {
      KAFKA_BROKERS: 'a:1,b:2',
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: 'me',
      KAFKA_SASL_PASSWORD: 'hush-hush',
    });
    assert.equal(code, 0);
    assert.match(stdout, /topic: t +# flag --kafka\.topic|topic: t +# --kafka\.topic/);
    assert.match(stdout, /KAFKA_BROKERS/);
    assert.doesNotMatch(stdout, /hush-hush/);
  });

  test('ends with 1 and says why when its port is taken', async (t) => {
    const first = start(t, ['--dry-run', '--http.listen-address=127.0.0.1:0', '--shutdown.drain-delay=0']);
    const [, port] = await first.waitFor(/"port":(\d+)/);
    const { code, stderr } = await outcome(t, ['--dry-run', `--http.listen-address=127.0.0.1:${port}`]);
    assert.equal(code, 1);
    assert.match(stderr, /cannot start/);
    assert.match(stderr, /port \d+ is taken by another program \(EADDRINUSE\): set http\.listen_address/);
  });

  test('warns at the start when its limits allow more memory than there is', async (t) => {
    const args = ['--dry-run', '--http.listen-address=127.0.0.1:0', '--shutdown.drain-delay=0'];
    const adapter = start(t, [...args, '--http.max-inflight-size=64GiB', '--kafka.max-queue-size=64GiB']);
    await adapter.waitFor(/"msg":"listening"/);
    assert.match(adapter.stderr, /the limits allow this process \d+MiB of memory .* but there is \d+MiB/);
  });

  test('--dry-run prints the records to standard output, logs to standard error, and says so loudly', async (t) => {
    const adapter = start(t, ['--dry-run', '--http.listen-address=127.0.0.1:0', '--shutdown.drain-delay=0']);
    const [, port] = await adapter.waitFor(/"port":(\d+)/);
    const payload = body([{ labels: [['__name__', 'up']], samples: [[1, 1795341600123]] }]);
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/write`, {
      method: 'POST',
      headers: HEADERS,
      body: payload,
    });
    assert.equal(answer.status, 204);
    assert.deepEqual(await adapter.stop(), { code: 0, signal: null });
    assert.equal(
      adapter.stdout,
      '{"labels":{"__name__":"up"},"name":"up","timestamp":"2026-11-22T10:00:00.123Z","value":"1"}\n',
    );
    assert.match(adapter.stderr, /DRY RUN/);
  });

  test('--dry-run whose output nobody reads answers 503 and ends as after a signal', async (t) => {
    const adapter = start(t, ['--dry-run', '--http.listen-address=127.0.0.1:0', '--shutdown.drain-delay=0']);
    const [, port] = await adapter.waitFor(/"port":(\d+)/);
    adapter.closeOutput();
    const payload = body([{ labels: [['__name__', 'up']], samples: [[1, 1795341600123]] }]);
    const url = `http://127.0.0.1:${port}/api/v1/write`;
    const answer = await fetch(url, { method: 'POST', headers: HEADERS, body: payload });
    assert.equal(answer.status, 503);
    assert.match(await answer.text(), /^standard output takes no records: write EPIPE$/m);
    assert.deepEqual(await adapter.waitForExit(), { code: 0, signal: null });
    assert.match(adapter.stderr, /"signal":"write EPIPE","msg":"asked to stop"[\s\S]*"msg":"stopped"/);
  });

  test('logs no line for a request at info, and the two sides of its life', async (t) => {
    const adapter = start(t, ['--dry-run', '--http.listen-address=127.0.0.1:0', '--shutdown.drain-delay=0']);
    const [, port] = await adapter.waitFor(/"port":(\d+)/);
    const before = adapter.stderr;
    await (await fetch(`http://127.0.0.1:${port}/-/healthy`)).text();
    await (await fetch(`http://127.0.0.1:${port}/receive`, { method: 'POST', body: 'x' })).text();
    assert.equal(adapter.stderr, before);
    await adapter.stop();
    assert.match(adapter.stderr, /"msg":"asked to stop"[\s\S]*"msg":"stopped"/);
  });
});
