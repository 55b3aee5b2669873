/** The schema of the values of the Helm chart: those of the chart by hand, those of the adapter from the option table. */

import type { JsonSchema } from '../src/config/kind.ts';
import { variablesOf } from '../src/config/names.ts';
import { type OptionName, optionOf } from '../src/config/options.ts';
import { configSchema } from '../src/config/schema.ts';

/** Below the root of the project. */
export const CHART = 'deploy/kubernetes/helm/kafka-adapter';

type Properties = Readonly<Record<string, JsonSchema>>;

/** Options that decide what the chart writes beside the configuration file, so a variable must not set them. */
export const OPTIONS_OF_CHART: readonly OptionName[] = [
  'http.listen_address',
  'http.admin_listen_address',
  'http.max_inflight_size',
  'kafka.max_queue_size',
  'shutdown.drain_delay',
  'shutdown.timeout',
];

const text = (description: string): JsonSchema => ({ description, type: 'string' });
const flag = (description: string): JsonSchema => ({ description, type: 'boolean' });
const count = (description: string, minimum: number, maximum = 10_000): JsonSchema => ({
  description,
  type: 'integer',
  minimum,
  maximum,
});
const choice = (description: string, ...words: readonly string[]): JsonSchema => ({
  description,
  enum: words,
});
const orNull = (schema: JsonSchema): JsonSchema => ({ ...schema, type: [schema['type'], 'null'] });
/** Of Kubernetes, which checks it itself. */
const objects = (description: string): JsonSchema => ({
  description,
  type: 'array',
  items: { type: 'object' },
});
const object = (description: string): JsonSchema => ({ description, type: 'object' });
const labels = (description: string): JsonSchema => ({
  description,
  type: 'object',
  additionalProperties: { type: 'string' },
});

function section(description: string, properties: Properties): JsonSchema {
  return { description, type: 'object', additionalProperties: false, properties };
}

function probe(description: string, failures: JsonSchema): JsonSchema {
  return section(description, {
    periodSeconds: count('Seconds between two questions.', 1),
    timeoutSeconds: count('Seconds to wait for the answer.', 1),
    failureThreshold: failures,
  });
}

/** The configuration file without secrets, for which a ConfigMap is no place. */
function adapterConfig(): JsonSchema {
  const { $schema, title, ...root } = configSchema();
  return {
    description: 'Configuration file of the adapter without secrets, see docs/configuration.md.',
    ...(withoutSecrets(root, '') as JsonSchema),
  };
}

function withoutSecrets(schema: unknown, name: string): unknown {
  if (Array.isArray(schema)) return schema.map((item) => withoutSecrets(item, name));
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).flatMap(([key, value]): [string, unknown][] => {
    if (key === 'pattern') return [[key, withoutLooks(String(value))]];
    if (key !== 'properties') return [[key, withoutSecrets(value, name)]];
    const kept = Object.entries(value as object)
      .map(([word, inner]) => [name === '' ? word : `${name}.${word}`, word, inner] as const)
      .filter(([path]) => !isSecret(path))
      .map(([path, word, inner]) => [word, withoutSecrets(inner, path)]);
    return [[key, Object.fromEntries(kept)]];
  });
  return Object.fromEntries(entries);
}

/** Helm's expressions are those of Go, which cannot look ahead; the adapter itself checks the rest at its start. */
function withoutLooks(pattern: string): string {
  return pattern.replace(/\(\?[=!][^)]*\)/g, '');
}

function isSecret(name: string): boolean {
  const option = optionOf(name as OptionName) as ReturnType<typeof optionOf> | undefined;
  return option?.kind.form === 'secret';
}

function variables(): JsonSchema {
  const refused = [...OPTIONS_OF_CHART.flatMap(variablesOf), 'CONFIG_FILE'];
  return {
    description:
      'Variables of the container. Those that the chart has to know are options of config instead.',
    type: 'array',
    items: {
      type: 'object',
      required: ['name'],
      properties: { name: { type: 'string', not: { enum: refused } } },
    },
  };
}

const IMAGE = section('Image of the adapter.', {
  repository: { ...text('Repository, with its registry.'), minLength: 1 },
  tag: text('Tag; empty means the appVersion of the chart.'),
  digest: {
    ...text('Digest, in the place of the tag.'),
    pattern: '^(sha256:[0-9a-f]{64})?$',
  },
  pullPolicy: choice('When to pull.', 'Always', 'IfNotPresent', 'Never'),
});

const KAFKA_TLS = section('TLS to the brokers from a Secret.', {
  existingSecret: text('Name of the Secret; empty: none.'),
  ca: text('Key of the authorities; empty: those that Node trusts.'),
  cert: text('Key of the client certificate; empty: none.'),
  key: text('Key of the key of the client certificate; empty: none.'),
});

const WEB = section('Web configuration from a Secret.', {
  existingSecret: text('Name of the Secret; empty: plain HTTP without users.'),
  file: text('Key of the web configuration file in it.'),
  tls: flag('Whether that file has tls_server_config.'),
});

const SERVICE = section('The Service; it has no session affinity, on purpose.', {
  type: choice('Type of the Service.', 'ClusterIP', 'NodePort', 'LoadBalancer'),
  port: count('Port of the Service.', 1, 65_535),
  clusterIP: text('None makes it headless; empty: Kubernetes chooses.'),
  nodePort: orNull(count('Port on the nodes; null: Kubernetes chooses.', 1, 65_535)),
  externalTrafficPolicy: choice('Which pods a node sends to; empty means Cluster.', '', 'Cluster', 'Local'),
  loadBalancerClass: text('Which implementation of load balancers.'),
  loadBalancerSourceRanges: {
    description: 'Who may come through the load balancer.',
    type: 'array',
    items: { type: 'string' },
  },
  annotations: labels('Annotations of the Service.'),
});

const PROBES = section('How often the kubelet asks, and how patiently.', {
  startup: probe('Whether the process answers at all.', count('Failures until a restart.', 1)),
  liveness: probe('Whether it still does.', count('Failures until a restart.', 1)),
  readiness: probe(
    'Whether it takes requests.',
    // More would only keep a draining pod in the Service for longer.
    count('Failures until the pod leaves the Service.', 1, 3),
  ),
});

const AUTOSCALING = section('HorizontalPodAutoscaler.', {
  enabled: flag('Whether there is one.'),
  minReplicas: count('Fewest replicas.', 1),
  maxReplicas: count('Most replicas.', 1),
  targetCPUUtilizationPercentage: count('Part of the CPU request to keep to.', 1, 100),
  behavior: object('How fast it goes up and down.'),
});

const DISRUPTION = section('PodDisruptionBudget.', {
  enabled: flag('Whether there is one.'),
  maxUnavailable: {
    description: 'How many replicas may be taken away at once, as a number or a percentage.',
    anyOf: [
      { type: 'integer', minimum: 1 },
      { type: 'string', pattern: '^[1-9][0-9]?%$' },
    ],
  },
});

const NETWORK = section('NetworkPolicy.', {
  enabled: flag('Whether there is one.'),
  from: objects('Peers that may connect to the port of the senders; empty means everybody.'),
  adminFrom: objects('Peers that may connect to the port of operators; empty means everybody.'),
  egress: objects('Egress rules; empty means everywhere.'),
});

const ACCOUNT = section('ServiceAccount; its token is never mounted.', {
  create: flag('Whether to create one.'),
  name: text('Its name; empty means the name of the release, or default.'),
  annotations: labels('Its annotations.'),
});

const MONITOR = section('PodMonitor of the Prometheus operator.', {
  enabled: flag('Whether there is one.'),
  interval: { ...text('Time between two scrapes.'), pattern: '^[0-9]+(ms|s|m)$' },
  labels: labels('Labels that your Prometheus selects by.'),
  endpoint: object('More fields of the endpoint.'),
});

const RULE = section('PrometheusRule of the Prometheus operator, from deploy/prometheus/rules.yml.', {
  enabled: flag('Whether there is one.'),
  labels: labels('Labels that your Prometheus selects by.'),
  runbookBase: { ...text('What to put in front of docs/runbooks.md.'), pattern: '^(.*/)?$' },
});

export function chartSchema(): string {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the Helm chart kafka-adapter',
    $comment: 'Made by `npm run docs` from docs/chart-schema.ts and the option table; change it there.',
    ...section('What helm install and helm lint accept.', {
      // Helm puts it into the values of every chart.
      global: object('Values that charts share; not used.'),
      replicaCount: count('Replicas; ignored while autoscaling is on.', 0),
      image: IMAGE,
      imagePullSecrets: objects('Secrets to pull the image with.'),
      nameOverride: text('In the place of kafka-adapter in names.'),
      fullnameOverride: text('In the place of release and chart in names.'),
      config: adapterConfig(),
      existingSecret: text('Name of a Secret whose keys are variables of the adapter.'),
      kafkaTls: KAFKA_TLS,
      webConfig: WEB,
      extraEnv: variables(),
      extraEnvFrom: objects('ConfigMaps and Secrets whose keys are variables of the adapter.'),
      extraVolumes: objects('More volumes.'),
      extraVolumeMounts: objects('More mounts.'),
      service: SERVICE,
      terminationGracePeriodSeconds: orNull(count('Seconds from SIGTERM to SIGKILL; null: computed.', 1)),
      probes: PROBES,
      resources: object('Requests and limits of the container.'),
      autoscaling: AUTOSCALING,
      podDisruptionBudget: DISRUPTION,
      topologySpreadConstraints: objects('Over which nodes and zones to spread.'),
      networkPolicy: NETWORK,
      serviceAccount: ACCOUNT,
      podMonitor: MONITOR,
      prometheusRule: RULE,
      podAnnotations: labels('Annotations of the pods.'),
      podLabels: labels('Labels of the pods.'),
      nodeSelector: labels('Labels of the nodes to run on.'),
      tolerations: objects('Taints to run in spite of.'),
      affinity: object('Affinity of the pods.'),
      priorityClassName: text('Priority of the pods.'),
    }),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
