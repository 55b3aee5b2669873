/** The shipped rules are valid, each alert fires when it should and not before, and each has a runbook. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { startAdapter } from '../support/adapter.ts';
import { findPromtool } from '../support/prometheus.ts';
import { knownMetrics, selectorsOf, shippedRules, unknownIn } from './promql.ts';
import { shipped, shippedPath } from './shipped.ts';

const RULES = 'prometheus/rules.yml';
const RULE_TESTS = 'prometheus/rules.test.yml';

const rules = shippedRules();
const alerts = rules.filter(({ alert }) => alert !== undefined);
const runbooks = readFileSync(fileURLToPath(new URL('../../docs/runbooks.md', import.meta.url)), 'utf8');

function promtool(command: string, args: string[], input = ''): void {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', input });
  assert.equal(status, 0, `${stdout}${stderr}`);
}

describe('promtool', () => {
  test('finds the rules valid', (t) => {
    const command = findPromtool(t);
    if (command !== undefined) promtool(command, ['check', 'rules', shippedPath(RULES)]);
  });

  test('sees each alert fire, and none too early', (t) => {
    const command = findPromtool(t);
    if (command !== undefined) promtool(command, ['test', 'rules', shippedPath(RULE_TESTS)]);
  });

  test('has nothing to say about the metrics of a running adapter', async (t) => {
    const command = findPromtool(t);
    if (command === undefined) return;
    const adapter = await startAdapter(t, { brokers: '', topic: 'metrics', flags: ['--dry-run'] });
    await adapter.waitReady();
    promtool(command, ['check', 'metrics'], (await adapter.get('/metrics')).text);
  });
});

describe('deploy/prometheus/rules.yml', () => {
  test('never says 220.2m for 0.22: where a number is made short, one below 1 is not', () => {
    for (const { alert, annotations } of alerts) {
      const texts = Object.values(annotations ?? {}).join(' ');
      const short = texts.match(/\$value \| humanize /g)?.length ?? 0;
      const guarded =
        texts.match(/if lt \$value 1\.0 \}\}.+?\{\{ else \}\}\{\{ \$value \| humanize /g)?.length ?? 0;
      assert.equal(guarded, short, `${alert}: ${texts}`);
    }
  });

  test('asks for metrics and labels that there are', async () => {
    const known = await knownMetrics();
    for (const { expr } of rules) assert.deepEqual(unknownIn(expr, known), [], expr);
  });

  test('would be seen to ask for others', async () => {
    const known = await knownMetrics();
    assert.deepEqual(unknownIn('rate(kafka_adapter_sent_total[5m]) > up{zone="a"}', known), [
      'no metric kafka_adapter_sent_total',
      'up has no label zone',
    ]);
    assert.throws(() => selectorsOf('sum(up'), /not PromQL/);
  });

  test('has for each alert a severity, a summary, a description and a runbook of its own', () => {
    for (const { alert, labels, annotations } of alerts) {
      assert.match(labels?.['severity'] ?? '', /^(critical|warning|info)$/, alert);
      assert.ok(annotations?.['summary'] && annotations['description'], alert);
      assert.equal(annotations['runbook_url'], `docs/runbooks.md#${alert!.toLowerCase()}`);
    }
    assert.equal(new Set(alerts.map(({ alert }) => alert)).size, alerts.length);
  });
});

test('docs/runbooks.md has a section for each alert, with what it means, where to look and what to do', () => {
  const [, ...sections] = runbooks.split(/^## /m);
  const names = sections.map((section) => section.split('\n', 1)[0]);
  assert.deepEqual(names.toSorted(), alerts.map(({ alert }) => alert).toSorted());
  for (const section of sections)
    for (const part of ['**Means**', '**Look**', '**Do**']) assert.ok(section.includes(part), section);
});

interface RuleTests {
  readonly tests: readonly { promql_expr_test: readonly { expr: string; exp_samples: unknown[] }[] }[];
}

test('deploy/prometheus/rules.test.yml has each alert firing, and not firing', () => {
  const { tests } = parse(shipped(RULE_TESTS)) as RuleTests;
  const expected = tests.flatMap(({ promql_expr_test }) => promql_expr_test);
  for (const { alert } of alerts) {
    const own = expected.filter(({ expr }) => expr === `ALERTS{alertname="${alert}",alertstate="firing"}`);
    assert.ok(
      own.some(({ exp_samples }) => exp_samples.length > 0),
      `${alert} never fires`,
    );
    assert.ok(
      own.some(({ exp_samples }) => exp_samples.length === 0),
      `${alert} is never quiet`,
    );
  }
});
