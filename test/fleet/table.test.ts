/** The fleet as a terminal shows it. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fleetJson, fleetTable, type Heard } from '../../src/app/fleet-table.ts';
import { OTHER } from './stage.ts';

const NOW = Date.UTC(2026, 0, 2);
const HOUR = 3_600_000;

const replica = (id: string, changes = {}) => ({
  ...OTHER,
  id,
  address: id,
  epoch: NOW - HOUR,
  heardMs: 9,
  ...changes,
});

type Replicas = Heard['replicas'];
const heard = (replicas: Replicas, silentSinceMs = 0, ...sharedIds: string[]): Heard => ({
  replicas,
  silentSinceMs,
  sharedIds: new Set(sharedIds),
});

describe('the table of the fleet', () => {
  test('has a line a replica by its id, and figures under each other', () => {
    const text = fleetTable(
      heard(
        [
          replica('adapter-10:8080', {
            samplesPerSecond: 41_230.4,
            connections: 17,
            cpu: 0.314,
            epoch: NOW - 51_999,
          }),
          replica('adapter-9:8080', { samplesPerSecond: 20_615.2, epoch: NOW - 73 * HOUR }),
          replica('adapter-1:8080', { state: 'draining', samplesPerSecond: 9 }),
          replica('adapter-2:8080', { heardMs: 4 }),
        ],
        5,
      ),
      NOW,
    );
    assert.equal(
      text,
      `REPLICA          STATE     SHARE  SAMPLES/S  CONNECTIONS   CPU   UP  VERSION  ADDRESS
adapter-1:8080   draining      -          9            3  0.10   1h  0.1.0    adapter-1:8080
adapter-2:8080   silent        -        300            3  0.10   1h  0.1.0    adapter-2:8080
adapter-9:8080   ready      33 %      20615            3  0.10   3d  0.1.0    adapter-9:8080
adapter-10:8080  ready      67 %      41230           17  0.31  51s  0.1.0    adapter-10:8080
`,
    );
  });

  test('shows nothing that a terminal would obey, and no cell that is very long', () => {
    const text = fleetTable(
      heard([replica('\u001b[2Jid\u009b1m', { version: '\u202ea\nb\u2028', address: 'x'.repeat(200) })]),
      NOW,
    );
    assert.match(text.split('\n')[1]!, /^\?\[2Jid\?1m .* \?a\?b\? +x{47}…$/);
    assert.equal(text.split('\n').length, 3);
  });

  test('has no share while there is no load', () => {
    assert.match(fleetTable(heard([replica('a', { samplesPerSecond: 0 })]), NOW), /ready +- +0 /);
  });
});

describe('the JSON of the fleet', () => {
  test('is an array with an object a replica by its id, which says who shares it', () => {
    const text = fleetJson(
      heard(
        [replica('b', { heardMs: 4 }), replica('a', { samplesPerSecond: 0.5, instance: 'iiiiiiii' })],
        5,
        'a',
      ),
    );
    const [first, second] = JSON.parse(text);
    assert.deepEqual(first, {
      id: 'a',
      instance: 'iiiiiiii',
      version: '0.1.0',
      address: 'a',
      state: 'ready',
      share: 1,
      samplesPerSecond: 0.5,
      connections: 3,
      cpu: 0.1,
      startedAt: '2026-01-01T23:00:00.000Z',
      hasNamesake: true,
    });
    assert.deepEqual(
      [second.id, second.state, second.share, second.hasNamesake],
      ['b', 'silent', null, false],
    );
  });

  test('is an empty array when nobody was heard', () => assert.equal(fleetJson(heard([])), '[]\n'));

  test('holds nothing that a terminal would obey, and still says the same', () => {
    const id = '\u001b[2J\u009b1m\u202e\u2028\u{e0001}';
    const text = fleetJson(heard([replica(id)]));
    assert.match(text, /^[\n -~]+$/);
    assert.equal(JSON.parse(text)[0].id, id);
  });
});
