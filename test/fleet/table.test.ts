/** The fleet as a terminal shows it. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fleetTable } from '../../src/app/fleet-table.ts';
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

describe('the table of the fleet', () => {
  test('has a line a replica by its id, and figures under each other', () => {
    const text = fleetTable(
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
      [replica('\u001b[2Jid\u009b1m', { version: '\u202ea\nb\u2028', address: 'x'.repeat(200) })],
      0,
      NOW,
    );
    assert.match(text.split('\n')[1]!, /^\?\[2Jid\?1m .* \?a\?b\? +x{47}…$/);
    assert.equal(text.split('\n').length, 3);
  });

  test('has no share while there is no load', () => {
    assert.match(fleetTable([replica('a', { samplesPerSecond: 0 })], 0, NOW), /ready +- +0 /);
  });
});
