/** Whether those who are asked to leave stay away, told by how many connections there are. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Departures } from '../../src/connection/departures.ts';

interface Round {
  readonly asked: number;
  readonly connections: readonly [before: number, after: number];
}

/** Whether it is for nothing after these rounds, in which half of those asked are expected to stay away. */
function areForNothing(...rounds: Round[]): boolean {
  const departures = new Departures();
  for (const { asked, connections } of rounds) {
    departures.begin(connections[0]);
    for (let i = 0; i < asked; i++) departures.ask(0.5);
    departures.end(connections[1]);
  }
  return departures.areForNothing(rounds.at(-1)!.connections[1]);
}

describe('asking to leave is for nothing', () => {
  test('when as many come as leave', () => {
    assert.ok(areForNothing({ asked: 6, connections: [25, 25] }));
    assert.ok(areForNothing({ asked: 6, connections: [25, 27] }));
    assert.ok(areForNothing({ asked: 6, connections: [25, 24] }));
    assert.ok(!areForNothing({ asked: 6, connections: [25, 23] }));
    assert.ok(!areForNothing({ asked: 6, connections: [25, 22] }));
  });

  test('when it is told by several rounds together', () => {
    const round: Round = { asked: 2, connections: [25, 25] };
    assert.ok(!areForNothing(round));
    assert.ok(areForNothing(round, round));
    assert.ok(!areForNothing(round, { asked: 2, connections: [25, 23] }));
  });

  test('when so many were asked that age does not make up for them', () => {
    assert.ok(!areForNothing({ asked: 6, connections: [100, 100] }));
    assert.ok(areForNothing({ asked: 16, connections: [100, 100] }));
  });

  test('not when nobody was asked', () => {
    assert.ok(!areForNothing({ asked: 0, connections: [25, 25] }));
  });

  test('not by what was found out before it was forgotten', () => {
    const departures = new Departures();
    departures.begin(25);
    for (let i = 0; i < 6; i++) departures.ask(0.5);
    departures.end(25);
    departures.forget();
    assert.ok(!departures.areForNothing(25));
  });
});
