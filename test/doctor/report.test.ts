/** The report: who answered, what was found, what to change. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { currentPage } from '../../docs/generate.ts';
import { diagnose } from '../../src/doctor/findings.ts';
import { jsonReport, textReport } from '../../src/doctor/report.ts';
import { FINDINGS } from '../../src/doctor/table.ts';
import { HEALTHY, STORIES, type Story } from './stories.ts';

const examined = ({ observed, expect }: Story) => ({
  url: 'http://vip',
  expect,
  observed,
  diagnosis: diagnose(observed, expect),
});
const text = (story: Story): string => textReport(examined(story), (_level, label) => label);

describe('the text', () => {
  test('says who answered how often', () => {
    const [head, , columns, a, b] = text(HEALTHY).split('\n');
    assert.equal(head, 'http://vip (192.0.2.10 port 8080): 2 replicas seen');
    assert.equal(
      columns,
      '  requests answered by  version  one connection  new connections  other addresses  held connections',
    );
    assert.match(a!, /^ {2}a +1\.0\.0 +100 +20 +2 +\d+$/);
    assert.match(b!, /^ {2}b +1\.0\.0 +- +20 +2 +\d+$/);
  });

  test('ends with the verdict', () => {
    assert.match(text(HEALTHY), /\n\nhealthy\n$/);
    assert.match(text(STORIES.sticky), /\n\n1 problem: sticky\n$/);
    assert.match(
      text(STORIES.fewer_replicas),
      /2 replicas seen, 3 expected\n[\s\S]*\n1 problem: fewer_replicas\n$/,
    );
  });

  test('has level, meaning, what was seen and what to change, in this order', () => {
    const words = text(STORIES.idle_short).replace(/\s+/g, ' ');
    const { meaning, advice } = FINDINGS.idle_short;
    assert.ok(words.includes(`PROBLEM ${meaning} Idle timeout of the replica 75 s; it ended after 60.0 s`));
    assert.ok(words.includes(`by a reset. -> ${advice[0]}`));
  });

  test('fits a terminal, whatever is found', () => {
    for (const [code, story] of Object.entries(STORIES)) {
      for (const line of text(story).split('\n')) {
        assert.ok(line.length <= 100, `${code}: ${line}`);
        assert.equal(line, line.trimEnd(), code);
      }
    }
  });
});

test('the JSON has verdict, findings, facts and every observation', () => {
  const report = JSON.parse(jsonReport(examined(STORIES.sticky)));
  assert.equal(report.healthy, false);
  assert.deepEqual(
    report.findings.map(({ code }: { code: string }) => code),
    ['layer4', 'sticky', 'age_works', 'idle_fits'],
  );
  assert.equal(report.front.kind, 'layer4');
  assert.equal(report.replicas[0].answers.fresh, 40);
  assert.equal(report.observations.fresh.length, 40);
});

test('docs/doctor.md explains every finding, with its level and all there is to do', () => {
  const page = currentPage('doctor.md');
  for (const [code, { level, meaning, advice }] of Object.entries(FINDINGS)) {
    const [, section] = page.split(`\n### \`${code}\` (${level})\n`);
    const [own] = (section ?? '').split('\n### ');
    for (const text of [meaning, ...advice]) assert.ok(own!.includes(text), `${code}: ${text}`);
  }
});
