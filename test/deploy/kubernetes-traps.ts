/** What the schemas of Kubernetes accept, and what costs samples, spreading or sleep. */

import assert from 'node:assert/strict';
import { type LoadedConfig, loadConfig, type RefusedConfig } from '../../src/config/load.ts';
import type { Json, Manifest } from './kubernetes.ts';

/** To let go of Kafka after the last answer. */
const MARGIN_SECONDS = 10;
const SECURITY: Readonly<Record<string, unknown>> = {
  runAsNonRoot: true,
  runAsUser: 65532,
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
};

/** Content of Secrets, by name and key. */
export type Secrets = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface Pod {
  readonly spec: Json;
  readonly container: Json;
  readonly loaded: LoadedConfig | RefusedConfig;
}

/** The pod of the Deployment, with its configuration as the process in it would read it. */
export function podOf(manifests: readonly Manifest[], secrets: Secrets = {}): Pod {
  const deployment = manifests.find(({ kind }) => kind === 'Deployment')!;
  const { spec } = deployment.spec.template;
  const [container] = spec.containers;
  const secret = (name: string): Readonly<Record<string, string>> => {
    assert.ok(secrets[name], `the test knows no Secret ${name}`);
    return secrets[name];
  };
  const env: Record<string, string> = {};
  for (const { secretRef } of container.envFrom ?? []) Object.assign(env, secret(secretRef.name));
  for (const { name, value } of container.env ?? []) env[name] = value;
  const files = new Map<string, string>();
  for (const { name, mountPath } of container.volumeMounts) {
    const volume = spec.volumes.find((candidate: Json) => candidate.name === name);
    const content = volume.secret
      ? secret(volume.secret.secretName)
      : manifests.find(
          ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === volume.configMap.name,
        )!.data;
    for (const [key, text] of Object.entries(content)) files.set(`${mountPath}/${key}`, text);
  }
  const readFile = (path: string): string => {
    const text = files.get(path);
    if (text === undefined) throw new Error(`nothing is mounted at ${path}`);
    return text;
  };
  return { spec, container, loaded: loadConfig({ argv: container.args, env, readFile }) };
}

/** One line for each trap; none is what manifests should have. */
export function kubernetesTraps(manifests: readonly Manifest[], secrets: Secrets = {}): string[] {
  const pod = podOf(manifests, secrets);
  if ('problems' in pod.loaded) return pod.loaded.problems.map((problem) => `configuration: ${problem}`);
  return [
    ...pod.loaded.warnings.map((warning) => `configuration: ${warning}`),
    ...drainTraps(pod, pod.loaded),
    ...securityTraps(pod),
    ...memoryTraps(pod, pod.loaded),
    ...spreadTraps(manifests),
    ...selectorTraps(manifests),
  ];
}

function* drainTraps({ spec, container }: Pod, { config }: LoadedConfig): Generator<string> {
  const drainSeconds = config['shutdown.drain_delay'] / 1000;
  const needed = drainSeconds + config['shutdown.timeout'] / 1000 + MARGIN_SECONDS;
  if (spec.terminationGracePeriodSeconds < needed)
    yield `terminationGracePeriodSeconds is ${spec.terminationGracePeriodSeconds}, the end takes ${needed}`;
  const { readinessProbe, livenessProbe, startupProbe } = container;
  if (readinessProbe.httpGet.path !== '/-/ready') yield 'readiness does not ask for readiness';
  for (const probe of [livenessProbe, startupProbe])
    if (probe.httpGet.path !== '/-/healthy') yield 'liveness depends on more than the process';
  if (readinessProbe.failureThreshold !== 1) yield 'readiness needs more than one failure';
  const seenSeconds = readinessProbe.periodSeconds + readinessProbe.timeoutSeconds;
  if (seenSeconds >= drainSeconds) yield `the drain of ${drainSeconds} s may end before it is seen`;
  if (container.lifecycle) yield 'preStop comes on top of the drain of the process';
  const ports = container.ports.map(({ name, containerPort }: Json) => `${name}=${containerPort}`);
  const admin = config['http.admin_listen_address'];
  const wanted = [`http=${config['http.listen_address'].port}`, ...(admin ? [`admin=${admin.port}`] : [])];
  if (ports.join() !== wanted.join()) yield `ports are ${ports}, the configuration listens on ${wanted}`;
}

function* securityTraps({ spec, container }: Pod): Generator<string> {
  const settings = { ...spec.securityContext, ...container.securityContext };
  for (const [name, wanted] of Object.entries(SECURITY))
    if (settings[name] !== wanted) yield `${name} is ${settings[name]}`;
  if (settings.capabilities?.drop?.join() !== 'ALL') yield 'capabilities are kept';
  if (settings.seccompProfile?.type !== 'RuntimeDefault') yield 'no seccomp profile';
  if (spec.automountServiceAccountToken !== false) yield 'the token of the service account is mounted';
  if (spec.enableServiceLinks !== false) yield 'Services nearby become variables';
  for (const { secret, name } of spec.volumes)
    if (secret && secret.defaultMode !== 0o440) yield `the Secret in ${name} is readable by all`;
  for (const { subPath, name } of container.volumeMounts)
    if (subPath !== undefined) yield `${name} is mounted as one file and never renewed`;
}

const UNITS: Readonly<Record<string, number>> = { Mi: 1024 ** 2, Gi: 1024 ** 3 };

function* memoryTraps({ container }: Pod, { config }: LoadedConfig): Generator<string> {
  const [, amount, unit] = /^(\d+)(Mi|Gi)$/.exec(container.resources.limits.memory)!;
  const limit = Number(amount) * UNITS[unit!]!;
  const bounds = config['http.max_inflight_size'] + config['kafka.max_queue_size'];
  if (limit < 2 * bounds + 200 * 1024 ** 2) yield 'the memory limit is below what requests may take';
  if (container.resources.limits.cpu !== undefined) yield 'a CPU limit throttles the event loop';
  if (container.resources.requests.cpu === undefined) yield 'no CPU is asked for';
}

function* spreadTraps(manifests: readonly Manifest[]): Generator<string> {
  for (const { kind, spec, metadata } of manifests) {
    if (kind === 'Service' && spec.sessionAffinity !== 'None') yield `affinity of ${metadata.name}`;
    if (kind === 'Service' && spec.type !== 'ClusterIP' && spec.externalTrafficPolicy !== 'Local')
      yield `${metadata.name} is balanced twice`;
    if (kind === 'Deployment' && !spec.template.spec.topologySpreadConstraints?.length)
      yield 'all replicas may be on one node';
    if (kind === 'HorizontalPodAutoscaler' && !(spec.behavior?.scaleDown?.stabilizationWindowSeconds >= 300))
      yield 'replicas come and go with the load of minutes';
    if (kind === 'PodDisruptionBudget' && spec.unhealthyPodEvictionPolicy !== 'AlwaysAllow')
      yield 'a replica that is not ready holds up the drain of its node';
  }
  const count = (kind: string): number => manifests.filter((manifest) => manifest.kind === kind).length;
  if (count('PodDisruptionBudget') !== 1) yield 'nothing keeps all replicas from being evicted at once';
  const isFixed = manifests.find(({ kind }) => kind === 'Deployment')!.spec.replicas !== undefined;
  if (isFixed === count('HorizontalPodAutoscaler') > 0)
    yield 'the number of replicas has two masters, or none';
}

const SELECTING = ['Deployment', 'NetworkPolicy', 'PodDisruptionBudget', 'PodMonitor', 'Service'];

/** Selectors meet the labels of the pods of the Deployment, and of no other pod. */
function* selectorTraps(manifests: readonly Manifest[]): Generator<string> {
  const labels = manifests.find(({ kind }) => kind === 'Deployment')!.spec.template.metadata.labels;
  const others = manifests.filter(({ kind }) => kind === 'Pod').map(({ metadata }) => metadata.labels);
  for (const { kind, spec } of manifests.filter(({ kind }) => SELECTING.includes(kind))) {
    const selector = kind === 'Service' ? spec.selector : (spec.selector ?? spec.podSelector)?.matchLabels;
    if (selector === undefined) yield `${kind} selects nothing, or everything`;
    if (selector === undefined) continue;
    const meets = (given: Json): boolean =>
      Object.entries(selector).every(([name, value]) => given[name] === value);
    if (!meets(labels)) yield `${kind} selects no pod`;
    if (others.some(meets)) yield `${kind} selects a pod that is no replica`;
  }
}
