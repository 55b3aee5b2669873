/** What a reload puts in force: what has changed, what waits for a restart, and what of it would contradict the rest. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compareConfigs } from '../../src/config/compare.ts';
import { loadedDry } from './loading.ts';

function compared(before: string, after: string) {
  return compareConfigs(
    loadedDry({ files: { 'config.yml': before } }).config,
    loadedDry({ files: { 'config.yml': after } }),
  );
}

describe('a reload', () => {
  test('takes over what it can, and keeps the old value of what has to wait', () => {
    const { changed, forRestart, effective, problems } = compared(
      'connection: {max_age: 60s}\nreplica: {id: one}\n',
      'connection: {max_age: 7m}\nreplica: {id: two}\n',
    );
    assert.deepEqual([changed, forRestart, problems], [['connection.max_age'], ['replica.id'], []]);
    assert.deepEqual([effective['connection.max_age'], effective['replica.id']], [420_000, 'one']);
  });

  for (const [option, before, after] of [
    ['record.external_labels', 'record: {external_labels: {a: b}}', 'record: {external_labels: {a: c}}'],
    ['record.match', 'record: {match: [\'up{a=~"b"}\']}', 'record: {match: [\'up{a=~"c"}\']}'],
    ['kafka.routes', 'kafka: {routes: [{match: up, topic: a}]}', 'kafka: {routes: [{match: up, topic: b}]}'],
    [
      'record.write_relabel_configs',
      'record: {write_relabel_configs: [{action: drop, regex: a, source_labels: [b]}]}',
      'record: {write_relabel_configs: [{action: drop, regex: c, source_labels: [b]}]}',
    ],
  ] as const) {
    test(`sees a change deep in ${option}`, () =>
      assert.deepEqual(compared(`${before}\n`, `${after}\n`).changed, [option]));
    test(`sees none where ${option} stays`, () =>
      assert.deepEqual(compared(`${before}\n`, `${before}\n`).changed, []));
  }

  test('is refused when new values contradict old ones that stay until a restart', () => {
    const { problems } = compared(
      'record: {format: remote-write}\n',
      'record: {format: json, key: series}\n',
    );
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, /record\.key/);
    assert.match(problems[0]!, /\[new in force after a restart only: record\.format\]$/);
    const topics = compared(
      'kafka: {topic: a}\nfleet: {topic: b}\n',
      'kafka: {topic: b}\nfleet: {topic: c}\n',
    );
    assert.match(topics.problems[0]!, /fleet\.topic.*\[new in force after a restart only: fleet\.topic\]$/);
  });
});
