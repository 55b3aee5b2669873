/** The plain manifests are those of the chart, fit the schemas, and have none of the traps. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import {
  assertValid,
  CHART,
  findHelm,
  findKubectl,
  type Json,
  kindsOf,
  kustomized,
  type Manifest,
  one,
  rendered,
} from './kubernetes.ts';
import { kubernetesTraps, podOf } from './kubernetes-traps.ts';
import { shipped } from './shipped.ts';

const SECRETS = {
  'kafka-adapter-login': { KAFKA_SASL_USERNAME: 'adapter', KAFKA_SASL_PASSWORD: 'secret' },
  'kafka-adapter-kafka': { 'ca.crt': '' },
};
const OVERLAY = 'overlays/example';
const BASE_KINDS = ['ConfigMap', 'Deployment', 'PodDisruptionBudget', 'Service', 'ServiceAccount'];
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  base: BASE_KINDS,
  [OVERLAY]: [...BASE_KINDS, 'HorizontalPodAutoscaler', 'PodMonitor'],
};

for (const [folder, kinds] of Object.entries(FOLDERS)) {
  describe(`deploy/kubernetes/${folder}`, () => {
    test('makes manifests that fit the schemas', async (t) => {
      const kubectl = findKubectl(t);
      if (!kubectl) return;
      const manifests = kustomized(kubectl, folder);
      assert.deepEqual(kindsOf(manifests), kinds.toSorted());
      await assertValid(t, manifests);
    });

    test('gives a configuration without a problem, and none of the traps', (t) => {
      const kubectl = findKubectl(t);
      if (kubectl) assert.deepEqual(kubernetesTraps(kustomized(kubectl, folder), SECRETS), []);
    });
  });
}

/** Without names, and without what only Helm or only kustomize has. */
function comparable(manifests: readonly Manifest[], kind: string): unknown {
  const { spec } = one(manifests, kind);
  const text = JSON.stringify(spec, (key, value) => {
    if (key === 'annotations' || key === 'app.kubernetes.io/instance') return undefined;
    if (key === 'image') return '';
    return key === 'name' ? String(value).replace(/^kafka-adapter-[0-9a-z]{10}$/, 'kafka-adapter') : value;
  });
  return JSON.parse(text);
}

describe('the base and the chart with its defaults', () => {
  for (const kind of ['Deployment', 'Service', 'PodDisruptionBudget']) {
    test(`have the same ${kind}`, (t) => {
      const [helm, kubectl] = [findHelm(t), findKubectl(t)];
      if (!helm || !kubectl) return;
      const byHelm = rendered(helm, { example: 'minimal', release: 'kafka-adapter' });
      assert.deepEqual(comparable(kustomized(kubectl, 'base'), kind), comparable(byHelm, kind));
    });
  }

  test('have the same autoscaling, where there is any', (t) => {
    const kubectl = findKubectl(t);
    if (!kubectl) return;
    const { spec } = one(kustomized(kubectl, OVERLAY), 'HorizontalPodAutoscaler');
    const { behavior } = parse(readFileSync(`${CHART}/values.yaml`, 'utf8')).autoscaling;
    assert.deepEqual(spec.behavior, behavior);
  });
});

test('the overlay takes the version of the package', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  assert.equal(parse(shipped(`kubernetes/${OVERLAY}/kustomization.yaml`)).images[0].newTag, version);
});

describe('the traps are seen', () => {
  const changes: Readonly<Record<string, readonly [(manifests: Manifest[]) => unknown, RegExp]>> = {
    'a grace period without the timeout': [
      (m) => (pod(m).terminationGracePeriodSeconds = 30),
      /the end takes 60/,
    ],
    'readiness for liveness': [
      (m) => (container(m).livenessProbe.httpGet.path = '/-/ready'),
      /liveness depends/,
    ],
    'a slow readiness probe': [(m) => (container(m).readinessProbe.periodSeconds = 20), /before it is seen/],
    'a second chance': [(m) => (container(m).readinessProbe.failureThreshold = 3), /more than one failure/],
    'another port': [(m) => (container(m).ports[0].containerPort = 9090), /listens on http=8080/],
    'a preStop hook': [(m) => (container(m).lifecycle = { preStop: {} }), /preStop/],
    root: [(m) => (pod(m).securityContext.runAsUser = 0), /runAsUser is 0/],
    'a writable root': [(m) => delete container(m).securityContext.readOnlyRootFilesystem, /readOnlyRoot/],
    capabilities: [(m) => delete container(m).securityContext.capabilities, /capabilities/],
    'a mounted token': [(m) => delete pod(m).automountServiceAccountToken, /token/],
    'one file of a Secret': [(m) => (container(m).volumeMounts.at(-1).subPath = 'ca.crt'), /never renewed/],
    'a Secret for all': [
      (m) => delete pod(m).volumes.find(({ secret }: Json) => secret).secret.defaultMode,
      /readable by all/,
    ],
    'too little memory': [(m) => (container(m).resources.limits.memory = '512Mi'), /memory limit/],
    throttling: [(m) => (container(m).resources.limits.cpu = '1'), /CPU limit/],
    affinity: [(m) => (one(m, 'Service').spec.sessionAffinity = 'ClientIP'), /affinity/],
    'two balancers': [(m) => (one(m, 'Service').spec.type = 'NodePort'), /balanced twice/],
    'one node for all': [(m) => delete pod(m).topologySpreadConstraints, /one node/],
    'quick scaling': [(m) => delete one(m, 'HorizontalPodAutoscaler').spec.behavior, /come and go/],
    'two masters': [(m) => (one(m, 'Deployment').spec.replicas = 3), /two masters/],
    'no selector': [
      (m) => delete one(m, 'PodDisruptionBudget').spec.selector,
      /PodDisruptionBudget selects nothing/,
    ],
    'a wrong selector': [(m) => (one(m, 'Service').spec.selector.app = 'x'), /Service selects no pod/],
    'an unknown option': [
      (m) => Object.assign(one(m, 'ConfigMap').data, { 'config.yml': 'kafka: {broker: a}' }),
      /configuration: .*unknown key `kafka.broker`/,
    ],
  };
  const pod = (manifests: Manifest[]) => podOf(manifests, SECRETS).spec;
  const container = (manifests: Manifest[]) => podOf(manifests, SECRETS).container;

  for (const [name, [change, expected]] of Object.entries(changes)) {
    test(name, (t) => {
      const kubectl = findKubectl(t);
      if (!kubectl) return;
      const manifests = kustomized(kubectl, OVERLAY);
      change(manifests);
      assert.match(kubernetesTraps(manifests, SECRETS).join('\n'), expected);
    });
  }
});
