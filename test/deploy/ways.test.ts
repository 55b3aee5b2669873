/** The order in which a Kafka is looked for, and what is decided before looking. */

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { formatBanner, formatNoKafka, formatServedBanner } from '../../deploy/local/banner.ts';
import { dockerArguments } from '../../deploy/local/docker.ts';
import { servedFacts } from '../../deploy/local/served.ts';
import { readSettings } from '../../deploy/local/settings.ts';
import { firstThatWorks, type LocalKafka, type Way, waysToKafka } from '../../deploy/local/ways.ts';

const kafka: LocalKafka = {
  brokers: '127.0.0.1:9',
  ended: Promise.resolve(''),
  close: () => Promise.resolve(),
};
const works = (name: string): Way => ({ name, start: () => Promise.resolve(kafka) });
const fails = (name: string): Way => ({ name, start: () => Promise.reject(new Error(`no ${name}`)) });
const goOn = new AbortController().signal;

function names(environment: NodeJS.ProcessEnv): string[] {
  return waysToKafka({ environment, out: new PassThrough() }).map((way) => way.name);
}

test('Java comes before Docker, and KAFKA_HOME before both when it is set', () => {
  assert.deepEqual(names({}), ['Java and the jars of Maven Central', 'Docker']);
  assert.deepEqual(names({ KAFKA_HOME: '/opt/kafka' }), [
    'KAFKA_HOME',
    'Java and the jars of Maven Central',
    'Docker',
  ]);
});

test('a KAFKA_HOME without a Kafka is refused with the folder that was looked into', async () => {
  const [way] = waysToKafka({ environment: { KAFKA_HOME: '/nowhere' }, out: new PassThrough() });
  await assert.rejects(way!.start(goOn), /KAFKA_HOME is \/nowhere, but \/nowhere\/libs holds no Kafka/);
});

test('the first way that works is taken, and the reasons of those before it are kept', async () => {
  const outcome = await firstThatWorks([fails('Java'), works('Docker'), fails('more')], goOn);
  assert.deepEqual(outcome, { kafka, refusals: ['Java: no Java'] });
});

test('when no way works there is no Kafka but every reason, and the message names three ways to one', async () => {
  const { kafka: found, refusals } = await firstThatWorks([fails('Java'), fails('Docker')], goOn);
  assert.equal(found, undefined);
  assert.deepEqual(refusals, ['Java: no Java', 'Docker: no Docker']);
  const message = formatNoKafka(refusals);
  for (const part of [
    /DELIVERS THEM NOWHERE/,
    /no Java/,
    /no Docker/,
    /KAFKA_BROKERS/,
    /Java 17/,
    /start Docker/,
  ]) {
    assert.match(message, part);
  }
});

test('nothing is tried any more after an interruption', async () => {
  const stop = new AbortController();
  const interrupting: Way = {
    name: 'interrupted',
    start: () => {
      stop.abort('SIGINT');
      return Promise.reject(new Error('ended in the middle'));
    },
  };
  await assert.rejects(
    firstThatWorks([interrupting, works('Docker')], stop.signal),
    (reason) => reason === 'SIGINT',
  );
});

const aloneCases: [string, string[], NodeJS.ProcessEnv][] = [
  ['KAFKA_BROKERS is set', [], { KAFKA_BROKERS: 'kafka:9092' }],
  ['its alias KAFKA_BROKER_LIST is set', [], { KAFKA_BROKER_LIST: 'kafka:9092' }],
  ['--kafka.brokers is given', ['--kafka.brokers', 'kafka:9092'], {}],
  ['--dry-run is given', ['--dry-run'], {}],
  ['DRY_RUN is set', [], { DRY_RUN: 'true' }],
  ['--help is given', ['--help'], {}],
  ['--version is given', ['--version'], {}],
  ['--check-config is given', ['--check-config'], {}],
  ['--print-config is given', ['--print-config'], {}],
  ['KAFKA_BROKERS is wrong, which the adapter then says', [], { KAFKA_BROKERS: 'kafka:99999' }],
  ['a command is given', ['check-kafka'], {}],
  ['an option is wrong, which the adapter then says', ['--http.listen-address=nonsense'], {}],
];
for (const [when, args, environment] of aloneCases) {
  test(`no Kafka is started when ${when}`, () => {
    assert.equal(readSettings(args, environment).isAdapterAlone, true);
  });
}

test('no Kafka is started when the configuration file names brokers', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'settings-test-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'config.yml');
  await writeFile(file, 'kafka:\n  brokers: [kafka:9092]\n');
  assert.equal(readSettings([`--config.file=${file}`], {}).isAdapterAlone, true);
});

test('without brokers a Kafka is started, and an empty variable counts as not set', () => {
  const settings = readSettings([], { KAFKA_BROKERS: '' });
  assert.deepEqual(settings, {
    isAdapterAlone: false,
    listenAddress: ':8080',
    isListenAddressGiven: false,
    adminAddress: undefined,
    added: { SHUTDOWN_DRAIN_DELAY: '0s' },
    served: undefined,
  });
});

test('the address and the drain delay that the user chose are kept', () => {
  const settings = readSettings(['--shutdown.drain-delay=3s'], { PORT: '9999' });
  assert.equal(settings.listenAddress, ':9999');
  assert.equal(settings.isListenAddressGiven, true);
  assert.deepEqual(settings.added, {});
});

test('what is given is never replaced: neither brokers nor those of a command', () => {
  for (const [args, environment] of [
    [[], { KAFKA_BROKERS: 'kafka:99999' }],
    [['check-kafka'], { KAFKA_BROKERS: 'kafka:9092' }],
    [['tail', '--config.file=adapter.yml'], {}],
  ] as const)
    assert.deepEqual(readSettings([...args], environment).added, {}, args.join(' '));
});

test('an adapter with brokers of its own is told of with its addresses, and how it ends', () => {
  const factsOf = (...flags: string[]) => {
    const { served } = readSettings(['--kafka.brokers=a,b', '--http.listen-address=[::1]:80', ...flags], {});
    return servedFacts(served!);
  };
  assert.deepEqual(factsOf('--http.admin-listen-address=:81'), {
    adapterUrl: 'http://[::1]:80',
    statusUrl: 'http://127.0.0.1:81',
    brokers: 'a:9092,b:9092',
    topic: 'metrics',
    drainDelay: '20s',
  });
  assert.equal(factsOf('--dry-run')?.brokers, undefined);
  assert.equal(factsOf('--http.admin-listen-address=:0'), undefined);
  const facts = { ...factsOf('--shutdown.drain-delay=0')!, pid: 7 };
  assert.match(formatServedBanner(facts, false), /\nCtrl-C ends it\.\n/);
  assert.match(formatServedBanner({ ...facts, brokers: undefined }, false), /DELIVERED NOWHERE/);
  assert.ok(formatServedBanner(facts, true).includes('\x1b[1m'));
});

test('the banner shows what to paste into prometheus.yml, and colours only where asked', () => {
  const adapterUrl = 'http://127.0.0.1:8080';
  const facts = { adapterUrl, statusUrl: adapterUrl, brokers: '127.0.0.1:9092' };
  const banner = formatBanner(facts, false);
  assert.ok(banner.includes('\nremote_write:\n  - url: http://127.0.0.1:8080/api/v1/write\n'));
  assert.ok(banner.includes('npm run tail -- --kafka.brokers=127.0.0.1:9092\n'));
  assert.ok(banner.includes('http://127.0.0.1:8080  (open it in a browser: its status page)\n'));
  assert.ok(!banner.includes('\x1b'));
  assert.ok(formatBanner(facts, true).includes('\x1b[1m'));
});

test('the container is removed at its end and reachable from this machine only, by the port it tells clients', () => {
  const args = dockerArguments('some-name', 12345);
  const text = args.join(' ');
  assert.match(text, /^run --rm --name some-name --publish 127\.0\.0\.1:12345:12345 /);
  assert.ok(args.includes('KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://127.0.0.1:12345'));
  assert.ok(args.includes('KAFKA_LISTENERS=PLAINTEXT://:12345,CONTROLLER://:19093'));
  assert.ok(args.includes('KAFKA_PROCESS_ROLES=broker,controller'));
  assert.ok(args.includes('KAFKA_AUTO_CREATE_TOPICS_ENABLE=true'));
  assert.equal(args.at(-1), 'apache/kafka:4.1.0');
});
