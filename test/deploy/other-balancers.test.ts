/** The shipped files for Envoy, Kubernetes and AWS ask for readiness, spread by turns and hold on long enough. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { READY_PATH } from './as3-traps.ts';
import { shipped } from './shipped.ts';

/** Of the replicas, as `connection.idle_timeout` has it by default. */
const REPLICA_IDLE_SECONDS = 75;

describe('deploy/balancers/envoy.yaml', () => {
  const { listeners, clusters } = parse(shipped('balancers/envoy.yaml')).static_resources;
  const [cluster] = clusters;
  const proxy = listeners[0].filter_chains[0].filters[0].typed_config;

  test('passes TCP on to the cluster in turn', () => {
    assert.match(proxy['@type'], /\.TcpProxy$/);
    assert.equal(proxy.cluster, cluster.name);
    assert.equal(cluster.load_assignment.cluster_name, cluster.name);
    assert.equal(cluster.lb_policy, 'ROUND_ROBIN');
    assert.equal(proxy.hash_policy, undefined);
  });

  test('asks for readiness, and cuts nothing when the answer is no', () => {
    assert.equal(cluster.health_checks[0].http_health_check.path, READY_PATH);
    assert.equal(cluster.close_connections_on_host_health_failure, undefined);
    assert.equal(cluster.common_lb_config.healthy_panic_threshold.value, 0);
  });

  test('holds a silent connection for longer than the replicas do', () => {
    assert.ok(Number.parseInt(proxy.idle_timeout, 10) >= 2 * REPLICA_IDLE_SECONDS);
  });
});

test('deploy/balancers/kubernetes-service.yaml has no affinity', () => {
  const { kind, spec } = parse(shipped('balancers/kubernetes-service.yaml'));
  assert.equal(kind, 'Service');
  assert.equal(spec.sessionAffinity, 'None');
  assert.deepEqual(
    spec.ports.map(({ port }: { port: number }) => port),
    [8080],
  );
});

test('deploy/balancers/aws-nlb.tf is not sticky, asks for readiness and cuts nothing', () => {
  const text = shipped('balancers/aws-nlb.tf');
  assert.match(text, /stickiness \{[^}]*enabled = false/);
  assert.match(text, new RegExp(`path += "${READY_PATH}"`));
  assert.match(text, /enable_unhealthy_connection_termination = false/);
  assert.match(text, /enable_cross_zone_load_balancing = true/);
  const idle = Number(/tcp_idle_timeout_seconds = (\d+)/.exec(text)?.[1]);
  assert.ok(idle >= 2 * REPLICA_IDLE_SECONDS);
});
