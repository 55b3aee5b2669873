/** What the connections of senders bring, in all: those that stay, and those that come and go. */

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { Connection } from '../../src/connection/connection.ts';
import { Relief } from '../../src/connection/relief.ts';
import { Returns } from '../../src/connection/returns.ts';

const SETTINGS = {
  overload: { high: 0, low: 0, minAgeMs: 0 },
  balance: { tolerance: 0.15, minAgeMs: 0 },
};

const newRelief = (): Relief =>
  new Relief(SETTINGS, new Returns({ onWatched: () => {}, onReturned: () => {} }));

const SAMPLES_A_REQUEST = 100;

function send(connection: Connection, samples: number): void {
  connection.writes += Math.max(1, samples / SAMPLES_A_REQUEST);
  connection.samples += samples;
}

/** Of a sender that has written so much. */
function connection(samples: number): Connection {
  const socket = Object.assign(new EventEmitter(), { remoteAddress: '192.0.2.1', bytesRead: 1 });
  const made = new Connection({ id: 1, socket: socket as unknown as Socket, lot: 0.5 });
  send(made, samples);
  return made;
}

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 0.02 * expected, `${actual}, not about ${expected}`);
}

describe('the load of senders', () => {
  test('is the sum over their connections, with the busiest apart', () => {
    const relief = newRelief();
    const [busy, quiet, probe] = [connection(0), connection(0), connection(0)];
    probe.writes = 0;
    const startMs = performance.now();
    let load = relief.weigh([], startMs);
    for (let second = 1; second <= 10; second++) {
      send(busy, 300);
      send(quiet, 100);
      load = relief.weigh([busy, quiet, probe], startMs + second * 1000);
    }
    assert.equal(load.connections, 2);
    near(load.samplesPerSecond, 400);
    near(load.largestSamplesPerSecond, 300);
    assert.equal(load.samples, 4000);
  });

  test('is less at once by what a connection that has ended brought', () => {
    const relief = newRelief();
    const [first, second] = [connection(1000), connection(1000)];
    const startMs = performance.now();
    relief.weigh([first, second], startMs + 4000);
    relief.ended(first);
    near(relief.weigh([second], startMs + 5000).samplesPerSecond, 200);
  });

  test('counts the last request of a connection among all samples, and not as load that is still there', () => {
    const relief = newRelief();
    const ending = connection(1000);
    const startMs = performance.now();
    relief.weigh([ending], startMs + 4000);
    send(ending, 500);
    relief.ended(ending);
    const { samples, samplesPerSecond } = relief.weigh([], startMs + 5000);
    assert.deepEqual([samples, samplesPerSecond], [1500, 0]);
  });

  test('has in it what came over connections that were gone before anybody looked', () => {
    const relief = newRelief();
    const startMs = performance.now();
    let load = relief.weigh([], startMs);
    for (let second = 1; second <= 10; second++) {
      for (let i = 0; i < 5; i++) relief.ended(connection(20));
      load = relief.weigh([], startMs + second * 1000);
    }
    near(load.samplesPerSecond, 100);
    assert.deepEqual([load.connections, load.largestSamplesPerSecond, load.samples], [0, 0, 1000]);
  });
});
