/** The demonstration with containers, without an engine: each file by its own tool, and what the files say of each other. */

import assert from 'node:assert/strict';
import { cpSync, existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { dockerArguments } from '../../deploy/local/docker.ts';
import { freePort } from '../../deploy/local/ports.ts';
import { knownVariables } from '../../src/config/environment.ts';
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts';
import { parseDuration, parseSize } from '../../src/lib/units.ts';
import { call } from '../support/adapter.ts';
import { findBalancer, temporaryDirectory } from '../support/balancers.ts';
import { last, readDockerfile } from '../support/dockerfile.ts';
import { eventually } from '../support/eventually.ts';
import { startNameServer } from '../support/name-server.ts';
import { startProcess } from '../support/process.ts';
import { findPromtool } from '../support/prometheus.ts';
import { findTool, passes } from '../support/tools.ts';
import { changed, shipped, shippedPath } from './shipped.ts';

interface Service {
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly image: string;
  readonly scale?: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly stop_grace_period?: string;
  readonly read_only?: boolean;
  readonly user?: string;
  readonly cap_drop?: readonly string[];
  readonly deploy?: { readonly resources: { readonly limits: { readonly memory: string } } };
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
}

const file = shippedPath('compose/compose.yaml');
const { services } = parse(shipped('compose/compose.yaml')) as {
  services: Readonly<Record<string, Service>>;
};
const { adapter, kafka, haproxy, prometheus, grafana } = services as Readonly<Record<string, Service>> & {
  adapter: Service;
  kafka: Service;
  haproxy: Service;
  prometheus: Service;
  grafana: Service;
};

function loadedAdapter(): LoadedConfig {
  const loaded = loadConfig({ argv: [], env: adapter.environment ?? {}, readFile: () => '' });
  assert.ok('config' in loaded, JSON.stringify(loaded));
  return loaded;
}

/** Where a file of this machine is in the container. */
function mounts({ volumes = [] }: Service): Map<string, string> {
  return new Map(
    volumes.map((volume) => {
      const [source = '', target = '', mode] = volume.split(':');
      assert.equal(mode, 'ro', volume);
      return [target, resolve(dirname(file), source)];
    }),
  );
}

describe('deploy/compose/compose.yaml', () => {
  test('fits the schema of compose files', (t) => {
    const command = findTool(t, { name: 'check-jsonschema' });
    if (command) passes(command, ['--builtin-schema', 'vendor.compose-spec', file]);
  });

  test('mounts files that are there, and builds from the Dockerfile that is shipped', () => {
    for (const [name, service] of Object.entries(services))
      for (const source of mounts(service).values())
        assert.ok(existsSync(source), `${name} mounts ${source}`);
    const context = resolve(dirname(file), adapter.build!.context);
    assert.equal(resolve(context, adapter.build!.dockerfile), shippedPath('container/Dockerfile'));
  });

  test('configures the adapter by variables that it knows, without a warning', () => {
    const known = new Set(knownVariables());
    for (const variable of Object.keys(adapter.environment ?? {})) assert.ok(known.has(variable), variable);
    assert.deepEqual(loadedAdapter().warnings, []);
  });

  test('gives the adapter the time that its drain takes, and the memory that its limits allow it', () => {
    const { config } = loadedAdapter();
    const drainMs = config['shutdown.drain_delay'] + config['shutdown.timeout'];
    assert.ok(parseDuration(adapter.stop_grace_period!)! > drainMs);
    const needed = 2 * (config['http.max_inflight_size'] + config['kafka.max_queue_size']) + 200 * 2 ** 20;
    assert.ok(parseSize(`${adapter.deploy!.resources.limits.memory}iB`)! >= needed);
  });

  test('gives nobody rights to spare, and the adapter nothing to write to', () => {
    const [image] = readDockerfile(shipped('container/Dockerfile')).slice(-1);
    assert.equal(adapter.user, last(image!, 'USER').text);
    assert.equal(adapter.read_only, true);
    for (const [name, { cap_drop, ports = [] }] of Object.entries(services)) {
      if (name !== 'kafka') assert.deepEqual(cap_drop, ['ALL'], name);
      for (const port of ports) assert.match(port, /^127\.0\.0\.1:/, name);
    }
  });

  test('runs the Kafka that npm start runs, under the name that it tells its clients', () => {
    const theirs = dockerArguments('x', 9092);
    assert.equal(kafka.image, theirs.at(-1));
    const names = new Set(theirs.map((word) => word.split('=')[0]));
    for (const name of Object.keys(kafka.environment!)) assert.ok(names.has(name), name);
    assert.match(kafka.environment!['KAFKA_ADVERTISED_LISTENERS']!, /\/\/kafka:9092$/);
    assert.deepEqual(loadedAdapter().config['kafka.brokers'], ['kafka:9092']);
  });
});

/** The lines of a section that do not depend on the place. */
function sectionOf(text: string, name: string): string[] {
  const section = text.split(/^(?=\w)/m).find((part) => part.startsWith(name));
  assert.ok(section, name);
  return section
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && !/^server(-template)? /.test(line));
}

interface Front {
  readonly url: string;
  /** The addresses of the name `adapter`. */
  readonly names: Map<string, readonly string[]>;
}

/** HAProxy with the shipped file, on other ports, and a name server of the test. */
async function startFront(t: TestContext, command: string, memberPort: number): Promise<Front> {
  const { port: namesPort, names } = await startNameServer(t);
  const [port, statistics] = [await freePort(), await freePort()];
  const text = changed(shipped('compose/haproxy.cfg'), [
    ['bind :8080', `bind 127.0.0.1:${port}`],
    ['bind :8404', `bind 127.0.0.1:${statistics}`],
    ['127.0.0.11:53', `127.0.0.1:${namesPort}`],
    ['adapter:8080', `adapter:${memberPort}`],
    // Only for the sake of time.
    ['inter 5s', 'inter 200ms'],
  ]);
  const path = join(await temporaryDirectory(t, 'compose-haproxy'), 'haproxy.cfg');
  await writeFile(path, text);
  startProcess(t, { command, args: ['-db', '-f', path] });
  return { url: `http://127.0.0.1:${port}`, names };
}

async function startReplicas(t: TestContext, addresses: readonly string[], port: number): Promise<void> {
  const program = resolve(dirname(file), '../../src/main.ts');
  for (const address of addresses) {
    const flags = ['--dry-run', `--http.listen-address=${address}:${port}`, '--shutdown.drain-delay=0'];
    const { KAFKA_BROKERS: _none, ...environment } = adapter.environment!;
    const replica = startProcess(t, {
      args: [program, ...flags],
      environment: { ...environment, LOG_FORMAT: 'json' },
    });
    await replica.waitFor(/"msg":"listening"/);
  }
}

/** How often each address answers, over as many new connections. */
async function answersOf(url: string, count: number): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (let index = 0; index < count; index++) {
    const { status, text } = await call(`${url}/-/whoami`, { headers: { accept: 'application/json' } });
    assert.equal(status, 200);
    const { localAddress } = JSON.parse(text) as { localAddress: string };
    found.set(localAddress, (found.get(localAddress) ?? 0) + 1);
  }
  return found;
}

describe('deploy/compose/haproxy.cfg', () => {
  test('is a valid configuration', (t) => {
    const command = findBalancer(t, 'haproxy');
    if (command) passes(command, ['-c', '-f', shippedPath('compose/haproxy.cfg')]);
  });

  test('balances as deploy/balancers/haproxy.cfg does', () => {
    const [own, theirs] = [shipped('compose/haproxy.cfg'), shipped('balancers/haproxy.cfg')];
    for (const section of ['defaults', 'frontend remote_write', 'backend replicas'])
      assert.deepEqual(sectionOf(own, section), sectionOf(theirs, section));
  });

  test('finds the replicas by their name, and the one that is added while it runs', async (t) => {
    const command = findBalancer(t, 'haproxy');
    if (command === undefined) return;
    const port = await freePort();
    const addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
    await startReplicas(t, addresses, port);
    const { url, names } = await startFront(t, command, port);
    const isServedBy = (known: readonly string[]): Promise<boolean> =>
      answersOf(url, known.length).then(
        (found) => known.every((address) => found.get(address) === 1),
        () => false,
      );
    names.set('adapter', addresses.slice(0, 2));
    await eventually(() => isServedBy(addresses.slice(0, 2)), { what: 'the first two answer in turn' });
    names.set('adapter', addresses);
    await eventually(() => isServedBy(addresses), { what: 'all three answer in turn' });
  });
});

interface PrometheusFile {
  readonly scrape_configs: readonly {
    readonly job_name: string;
    readonly dns_sd_configs?: readonly { readonly names: readonly string[]; readonly port: number }[];
  }[];
  readonly remote_write: readonly {
    readonly url: string;
    readonly queue_config: { readonly min_shards: number };
  }[];
}

describe('deploy/compose/prometheus.yml', () => {
  const content = parse(shipped('compose/prometheus.yml')) as PrometheusFile;

  test('is what promtool finds right, with the rules beside it', async (t) => {
    const command = findPromtool(t);
    if (command === undefined) return;
    const directory = await temporaryDirectory(t, 'compose-prometheus');
    for (const [target, source] of mounts(prometheus)) cpSync(source, join(directory, target));
    passes(command, ['check', 'config', join(directory, 'etc/prometheus/prometheus.yml')]);
  });

  test('scrapes each replica, and sends over as many connections as the replicas need', () => {
    const replicas = content.scrape_configs.find(({ job_name }) => job_name === 'kafka-adapter');
    const { port } = loadedAdapter().config['http.listen_address'];
    assert.deepEqual(
      replicas?.dns_sd_configs?.map(({ names }) => names),
      [['adapter']],
    );
    assert.equal(replicas?.dns_sd_configs?.[0]?.port, port);
    const [{ url, queue_config } = { url: '', queue_config: { min_shards: 0 } }] = content.remote_write;
    assert.equal(url, `http://haproxy:${port}/api/v1/write`);
    assert.ok(queue_config.min_shards >= 2 * adapter.scale! && queue_config.min_shards <= 4 * adapter.scale!);
    assert.ok(haproxy.ports!.includes(`127.0.0.1:${port}:${port}`));
  });
});

test('Grafana is given its data source, and the dashboard where it looks for it', () => {
  const { datasources } = parse(shipped('compose/grafana/datasource.yaml')) as {
    datasources: { type: string; url: string; isDefault: boolean }[];
  };
  assert.deepEqual(
    datasources.map(({ type, url, isDefault }) => [type, url, isDefault]),
    [['prometheus', 'http://prometheus:9090', true]],
  );
  const { providers } = parse(shipped('compose/grafana/dashboards.yaml')) as {
    providers: { options: { path: string } }[];
  };
  const targets = mounts(grafana);
  const home = grafana.environment!['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH']!;
  assert.equal(targets.get(home), shippedPath('grafana/dashboard.json'));
  assert.equal(dirname(home), providers[0]!.options.path);
  const provisioned = [...targets.keys()].filter((target) => target.startsWith('/etc/grafana/provisioning/'));
  assert.deepEqual(provisioned.map((target) => target.split('/')[4]).sort(), ['dashboards', 'datasources']);
});
