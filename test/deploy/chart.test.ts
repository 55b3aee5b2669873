/** The Helm chart renders what Kubernetes takes and a replica needs, and refuses values that cannot work. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { OPTIONS_OF_CHART } from '../../docs/chart-schema.ts';
import { variableOf } from '../../src/config/names.ts';
import { OPTION_NAMES, optionOf } from '../../src/config/options.ts';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { findPromtool } from '../support/prometheus.ts';
import { passes, ran } from '../support/tools.ts';
import {
  assertRules,
  assertValid,
  CHART,
  exampleValues,
  findHelm,
  kindsOf,
  one,
  refusal,
  rendered,
} from './kubernetes.ts';
import { kubernetesTraps, podOf, type Secrets } from './kubernetes-traps.ts';
import { shipped } from './shipped.ts';

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const chart = (name: string): string => shipped(`kubernetes/helm/kafka-adapter/${name}`);

/** What the examples say is there. */
const secrets = ({ certFile, keyFile }: Certificate): Secrets => ({
  'kafka-adapter-login': { KAFKA_SASL_USERNAME: 'adapter', KAFKA_SASL_PASSWORD: 'secret' },
  'kafka-adapter-kafka': { 'ca.crt': '', 'tls.crt': '', 'tls.key': '' },
  'kafka-adapter-web': {
    'web.yml': 'tls_server_config: {cert_file: server.crt, key_file: server.key}',
    'server.crt': readFileSync(certFile, 'utf8'),
    'server.key': readFileSync(keyFile, 'utf8'),
  },
});

const ALWAYS = ['ConfigMap', 'Deployment', 'Pod', 'PodDisruptionBudget', 'Service', 'ServiceAccount'];
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  minimal: ALWAYS,
  production: [...ALWAYS, 'HorizontalPodAutoscaler', 'NetworkPolicy', 'PodMonitor', 'PrometheusRule'],
  bigip: [...ALWAYS, 'NetworkPolicy'],
};

for (const [example, kinds] of Object.entries(EXAMPLES)) {
  describe(`the chart with the values of ${example}.yaml`, () => {
    test('pleases helm lint', (t) => {
      const helm = findHelm(t);
      if (helm) passes(helm, ['lint', '--strict', CHART, '--values', exampleValues(example)]);
    });

    test('makes manifests that fit the schemas of Kubernetes and of the Prometheus operator', async (t) => {
      const helm = findHelm(t);
      if (!helm) return;
      const manifests = rendered(helm, { example });
      assert.deepEqual(kindsOf(manifests), kinds.toSorted());
      await assertValid(t, manifests);
    });

    test('gives a configuration without a problem, and none of the traps that the schemas accept', (t) => {
      const helm = findHelm(t);
      const certificate = helm && makeCertificate(t);
      if (!helm || !certificate) return;
      assert.deepEqual(kubernetesTraps(rendered(helm, { example }), secrets(certificate)), []);
    });
  });
}

test('a manifest that does not fit its schema is seen', async (t) => {
  const helm = findHelm(t);
  if (!helm) return;
  for (const [kind, field] of [
    ['Deployment', 'replica'],
    ['PodMonitor', 'podMetricsEndpoint'],
    ['PrometheusRule', 'group'],
  ] as const) {
    const manifests = rendered(helm, { example: 'production' });
    one(manifests, kind).spec[field] = [];
    const sees = await assertValid(t, manifests).then(
      (isAsked) => !isAsked,
      (error: Error) => error.message.includes(field),
    );
    assert.ok(sees, `${kind} may have ${field}`);
  }
});

describe('the examples', () => {
  test('reach brokers, files and variables by the names that the process reads', (t) => {
    const helm = findHelm(t);
    const certificate = helm && makeCertificate(t);
    if (!helm || !certificate) return;
    const { loaded, container } = podOf(rendered(helm, { example: 'production' }), secrets(certificate));
    assert.ok('config' in loaded);
    const { config, web } = loaded;
    assert.equal(config['kafka.tls.enabled'], true);
    assert.equal(config['kafka.tls.key_file'], '/etc/kafka-adapter/kafka-tls/tls.key');
    assert.equal(config['kafka.sasl.username'], 'adapter');
    assert.equal(web.tls?.certFile, '/etc/kafka-adapter/web/server.crt');
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'])
      assert.equal(container[probe].httpGet.scheme, 'HTTPS');
  });

  test('behind a BIG-IP a draining node still answers its monitor, with a word that is not ready', (t) => {
    const helm = findHelm(t);
    if (!helm) return;
    const manifests = rendered(helm, { example: 'bigip' });
    const { spec } = one(manifests, 'Service');
    assert.equal(spec.type, 'NodePort');
    assert.equal(spec.externalTrafficPolicy, 'Local');
    const { loaded, spec: pod } = podOf(manifests);
    assert.ok('config' in loaded);
    assert.equal(loaded.config['ready.draining_status'], 200);
    assert.equal(pod.topologySpreadConstraints[0].whenUnsatisfiable, 'DoNotSchedule');
  });
});

describe('the grace period', () => {
  for (const [set, seconds] of [
    [[], 60],
    [['config.shutdown.drain_delay=1m30s'], 130],
    [['config.shutdown.drain_delay=0', 'config.shutdown.timeout=1500ms'], 12],
    [['config.shutdown=null'], 60],
    [['terminationGracePeriodSeconds=90'], 90],
  ] as const) {
    test(`is ${seconds} s with ${set.join(' and ') || 'the defaults'}`, (t) => {
      const helm = findHelm(t);
      if (!helm) return;
      const { spec } = podOf(rendered(helm, { example: 'minimal', set }));
      assert.equal(spec.terminationGracePeriodSeconds, seconds);
    });
  }
});

describe('a large number', () => {
  test('reaches the process as it was written', (t) => {
    const helm = findHelm(t);
    if (!helm) return;
    const set = ['config.kafka.max_batch_records=10000000', 'config.http.max_inflight_size=100000000'];
    const { loaded } = podOf(rendered(helm, { example: 'minimal', set }));
    assert.ok('config' in loaded, JSON.stringify(loaded));
    assert.equal(loaded.config['kafka.max_batch_records'], 10_000_000);
    assert.equal(loaded.config['http.max_inflight_size'], 100_000_000);
  });
});

describe('the chart refuses', () => {
  for (const [set, reason] of [
    ['config.kafka.brokers=', /config\.kafka\.brokers is empty/],
    ['config.kafka.brokrs=a', /brokrs'? (is )?not allowed/],
    ['config.kafka.sasl.password=secret', /password'? (is )?not allowed/],
    ['config.http.basic_auth.password=secret', /password'? (is )?not allowed/],
    ['config.connection.max_age=60', /config[./]connection[./]max_age/],
    ['config.kafka.compression=brotli', /config[./]kafka[./]compression/],
    ['config.connection.max_age_jitter=2', /config[./]connection[./]max_age_jitter/],
    ['replicaCount=three', /replicaCount/],
    ['replicas=3', /replicas'? (is )?not allowed/],
    ['image.digest=latest', /image[./]digest/],
    ['service.sessionAffinity=ClientIP', /sessionAffinity'? (is )?not allowed/],
    ['service.type=ExternalName', /service[./]type/],
    ['probes.readiness.failureThreshold=10', /failureThreshold/],
    ['podDisruptionBudget.maxUnavailable=0', /maxUnavailable/],
    ['terminationGracePeriodSeconds=59', /terminationGracePeriodSeconds of 59 is too short.* take 60/],
    ['config.shutdown.drain_delay=5s,terminationGracePeriodSeconds=44', /44 is too short.* take 45/],
    ['resources.limits.memory=967Mi', /967Mi is too little.* are 968 MiB/],
    ['config.kafka.max_queue_size=1GiB', /memory of 1Gi is too little/],
    ['autoscaling.enabled=true,resources.requests.cpu=null', /needs resources\.requests\.cpu/],
    ['autoscaling.enabled=true,autoscaling.minReplicas=11', /minReplicas is above/],
  ] as const) {
    test(set, (t) => {
      const helm = findHelm(t);
      if (helm) assert.match(refusal(helm, { example: 'minimal', set: [set] }), reason);
    });
  }

  for (const variable of ['CONFIG_FILE', 'PORT', ...OPTIONS_OF_CHART.map(variableOf)]) {
    test(`${variable} as a variable, past what the chart knows`, (t) => {
      const helm = findHelm(t);
      const set = [`extraEnv[0].name=${variable},extraEnv[0].value=1m`];
      if (helm) assert.match(refusal(helm, { example: 'minimal', set }), /extraEnv[./]0[./]name/);
    });
  }
});

test('the chart takes what is just enough', (t) => {
  const helm = findHelm(t);
  if (!helm) return;
  for (const set of [
    'resources.limits.memory=968Mi',
    'resources.limits=null',
    'podDisruptionBudget.maxUnavailable=50%',
    'config.kafka.brokers=,extraEnv[0].name=KAFKA_BROKERS,extraEnv[0].value=kafka:9092',
    'config.kafka.brokers=,config.dry_run=true',
  ])
    rendered(helm, { example: 'minimal', set: [set] });
});

describe('the schema of the values', () => {
  const { properties } = JSON.parse(chart('values.schema.json'));

  test('has every option that is no secret, and every value of values.yaml', () => {
    for (const name of OPTION_NAMES) {
      const found = name.split('.').reduce((at, word) => at?.properties?.[word], properties.config);
      assert.equal(found !== undefined, optionOf(name).kind.form !== 'secret', name);
    }
    const values = Object.keys(parse(chart('values.yaml')));
    assert.deepEqual(
      values.toSorted(),
      Object.keys(properties)
        .filter((name) => name !== 'global')
        .toSorted(),
    );
  });

  test('has a row of README.md for each value', () => {
    for (const name of Object.keys(parse(chart('values.yaml'))))
      assert.match(chart('README.md'), new RegExp(`^\\| .*\`${name}(\\.[^\`]*)?\``, 'm'), name);
  });
});

describe('the alerts of the chart', () => {
  const source = parse(shipped('prometheus/rules.yml'));

  test('are those of deploy/prometheus/rules.yml', (t) => {
    const helm = findHelm(t);
    if (!helm) return;
    const set = ['prometheusRule.enabled=true'];
    assert.deepEqual(one(rendered(helm, { example: 'minimal', set }), 'PrometheusRule').spec, source);
  });

  test('with a PodMonitor name the job that it gives, and runbooks where the operator has them', async (t) => {
    const helm = findHelm(t);
    const promtool = findPromtool(t);
    if (!helm || !promtool) return;
    const { spec } = one(rendered(helm, { example: 'production' }), 'PrometheusRule');
    await assertRules(t, promtool, spec);
    const text = JSON.stringify(spec)
      .replaceAll('https://wiki.example/kafka-adapter/docs/', 'docs/')
      .replaceAll('job=\\"observability/metrics-kafka-adapter\\"', 'job=~\\".*kafka-adapter.*\\"');
    assert.deepEqual(JSON.parse(text), source);
    assert.match(JSON.stringify(spec), /observability\/metrics-kafka-adapter/);
    assert.match(JSON.stringify(spec), /https:\/\/wiki\.example/);
  });
});

test('the version of the chart is that of the package', () => {
  const { version, appVersion } = parse(chart('Chart.yaml'));
  assert.deepEqual({ version, appVersion }, { version: manifest.version, appVersion: manifest.version });
});

describe('the notes after an installation', () => {
  // Helm 4 only: before it, a dry run asks a cluster, too.
  const notes = (helm: string, set: readonly string[]): string => {
    const values = ['--values', exampleValues('minimal'), ...set.flatMap((part) => ['--set', part])];
    const { status, output } = ran(helm, ['install', 'metrics', CHART, '--dry-run=client', ...values]);
    assert.equal(status, 0, output);
    return output.slice(output.indexOf('NOTES:'));
  };

  test('name the URL to write to, and enough shards', (t) => {
    const helm = findHelm(t);
    if (!helm) return;
    const text = notes(helm, []);
    assert.match(text, /url: http:\/\/metrics-kafka-adapter\.default:8080\/api\/v1\/write/);
    assert.match(text, /min_shards: 6/);
    assert.doesNotMatch(text, /NOTE:/);
  });

  for (const [set, note] of [
    [['replicaCount=1'], /with one replica/],
    [['config.dry_run=true'], /dry_run is on/],
    [['service.type=NodePort'], /balanced a second time/],
    [['service.type=NodePort', 'service.externalTrafficPolicy=Local'], /ready\.draining_status to 200/],
  ] as const) {
    test(`warn of ${set.join(' and ')}`, (t) => {
      const helm = findHelm(t);
      if (helm) assert.match(notes(helm, set), note);
    });
  }
});
