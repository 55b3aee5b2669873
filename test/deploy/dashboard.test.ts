/** The Grafana dashboard asks for what there is, as Grafana wants it, and no metric is left without a place. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { WITHOUT_PLACE } from '../../docs/metric-places.ts';
import { METRICS } from '../../src/metrics/table.ts';
import { temporaryDirectory } from '../support/balancers.ts';
import { findPromtool } from '../support/prometheus.ts';
import { knownMetrics, selectorsOf, shippedRules, unknownIn } from './promql.ts';
import { shipped } from './shipped.ts';

interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly datasource: Datasource;
}
interface Datasource {
  readonly type: string;
  readonly uid: string;
}
interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: Datasource;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly Target[];
}
interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: unknown;
  readonly definition?: string;
  readonly datasource?: Datasource;
}
interface Dashboard {
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { name: string; expr: string; datasource: Datasource }[] };
  readonly templating: { readonly list: readonly Variable[] };
}

const ROWS = ['Spread', 'Fleet', 'Ingest', 'Kafka', 'Saturation', 'Connections'];

/** Of the names that Grafana has for them; another one would be shown as a word behind each number. */
const UNITS = ['none', 'percentunit', 's', 'bytes', 'Bps', 'cps', 'reqps', 'wps'];

const dashboard = JSON.parse(shipped('grafana/dashboard.json')) as Dashboard;
const charts = dashboard.panels.filter(({ type }) => type !== 'row');
/** As Grafana fills in its variables. */
const filled = (expression: string): string => expression.replaceAll('$__rate_interval', '5m');
const expressions = [
  ...charts.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...dashboard.annotations.list.map(({ expr }) => expr),
].map(filled);

describe('deploy/grafana/dashboard.json', () => {
  test('asks for metrics and labels that there are', async () => {
    const known = await knownMetrics();
    for (const expression of expressions) assert.deepEqual(unknownIn(expression, known), [], expression);
  });

  test('asks in expressions that Prometheus takes, types included', async (t) => {
    const command = findPromtool(t);
    if (command === undefined) return;
    const rules = expressions.map((expr, index) => ({ record: `panel:${index}`, expr }));
    const file = join(await temporaryDirectory(t, 'dashboard'), 'panels.yml');
    // JSON, which is YAML.
    await writeFile(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
    const { status, stdout, stderr } = spawnSync(command, ['check', 'rules', file], { encoding: 'utf8' });
    assert.equal(status, 0, `${stdout}${stderr}`);
  });

  test('asks for the chosen job and instance everywhere', () => {
    for (const expression of expressions)
      for (const { metric } of selectorsOf(expression))
        assert.ok(expression.includes(`${metric}{job=~"$job",instance=~"$instance"`), expression);
  });

  test('has a variable for the data source, and takes no other', () => {
    const names = dashboard.templating.list.map(({ name }) => name);
    assert.deepEqual(names, ['datasource', 'job', 'instance']);
    const [source, ...others] = dashboard.templating.list;
    assert.deepEqual([source!.type, source!.query], ['datasource', 'prometheus']);
    for (const { name, type, query, definition } of others) {
      assert.equal(type, 'query', name);
      assert.match(definition!, /^label_values\(kafka_adapter_build_info/);
      assert.deepEqual(query, { query: definition, refId: name });
    }
    const places = [
      ...others,
      ...charts,
      ...charts.flatMap(({ targets = [] }) => targets),
      ...dashboard.annotations.list,
    ];
    for (const { datasource } of places)
      assert.deepEqual(datasource, { type: 'prometheus', uid: '$' + '{datasource}' });
  });

  test('has panels with a title, an explanation, a unit and an id of their own', () => {
    const { panels } = dashboard;
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    assert.equal(new Set(panels.map(({ title }) => title)).size, panels.length);
    for (const { title, description, fieldConfig, targets = [] } of charts) {
      assert.ok(description, title);
      assert.ok(UNITS.includes(fieldConfig?.defaults.unit ?? ''), `${title}: ${fieldConfig?.defaults.unit}`);
      assert.ok(targets.length > 0, title);
      assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
      for (const { legendFormat } of targets) assert.ok(legendFormat, title);
    }
  });

  test('has its rows in order, and no panel over another', () => {
    const rows = dashboard.panels.filter(({ type }) => type === 'row');
    assert.deepEqual(
      rows.map(({ title }) => title),
      ROWS,
    );
    const taken = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      assert.ok(gridPos.x + gridPos.w <= 24, title);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.ok(!taken.has(`${x},${y}`), `${title} covers another panel`);
          taken.add(`${x},${y}`);
        }
      }
    }
  });

  test('says when replicas started and configurations were read', () => {
    assert.deepEqual(
      dashboard.annotations.list.map(({ name }) => name),
      ['Starts', 'Configuration read'],
    );
  });
});

test('every metric has a panel, an alert or a reason to have neither', () => {
  const shown = [...expressions, ...shippedRules().map(({ expr }) => expr)]
    .flatMap(selectorsOf)
    .map(({ metric }) => metric);
  const isShown = (name: string): boolean =>
    shown.some((metric) => metric.replace(/_(bucket|sum|count)$/, '') === name);
  const names = Object.values(METRICS).map(({ name }) => name);
  const without = names.filter((name) => !isShown(name));
  assert.deepEqual(without.toSorted(), Object.keys(WITHOUT_PLACE).toSorted());
});
