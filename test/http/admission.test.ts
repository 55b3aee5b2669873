/** Room for requests: who waits, in which order, and for how long. */

import assert from 'node:assert/strict';
import { describe, mock, test } from 'node:test';
import { Admission, type Release } from '../../src/http/admission.ts';
import { Metrics } from '../../src/metrics.ts';

function admission(inflightBytes: number, queueTimeoutMs: number, queueLength = 100): Admission {
  return new Admission({ inflightBytes, queueTimeoutMs, queueLength }, new Metrics().instruments);
}

/** Whether it has been admitted by now. */
async function isSettled(admitted: Release | Promise<Release>): Promise<boolean> {
  const no = Symbol('no');
  return (await Promise.race([admitted, new Promise((resolve) => setImmediate(resolve, no))])) !== no;
}

describe('a request', () => {
  test('is admitted at once while there is room', () => {
    const limited = admission(100, 1000);
    const release = limited.admit(60);
    assert.equal(typeof release, 'function');
    assert.equal(typeof limited.admit(40), 'function');
  });

  test('waits for room, and goes first when it came first, though a smaller one would fit before', async () => {
    const limited = admission(100, 10_000);
    const release = limited.admit(80) as Release;
    const large = limited.admit(90);
    const small = limited.admit(10);
    assert.deepEqual([await isSettled(large), await isSettled(small)], [false, false]);
    release();
    release();
    const releaseLarge = await large;
    await small;
    releaseLarge();
    assert.equal(typeof limited.admit(90), 'function', 'released once, not twice');
  });

  test('is refused after the queue timeout, naming value, bound and option; who is behind it may fit', async (t) => {
    mock.timers.enable({ apis: ['setTimeout'] });
    t.after(() => mock.timers.reset());
    const limited = admission(100, 1000);
    limited.admit(80);
    const large = assert.rejects(Promise.resolve(limited.admit(90)), {
      code: 'overloaded',
      message:
        '80 bytes of requests are under way and this one has 90 bytes: more than http.max_inflight_size (100) for longer than http.queue_timeout (1s)',
    });
    mock.timers.tick(500);
    const small = limited.admit(20);
    mock.timers.tick(500);
    await large;
    await small;
  });

  test('is refused at once when nobody may wait', () => {
    const limited = admission(100, 0);
    limited.admit(80);
    assert.throws(() => limited.admit(30), { code: 'overloaded' });
  });

  test('is refused at once when as many wait as may', async () => {
    const limited = admission(100, 10_000, 2);
    const release = limited.admit(80) as Release;
    const waiting = [limited.admit(30), limited.admit(30)];
    assert.throws(() => limited.admit(30), {
      code: 'overloaded',
      message: 'http.queue_length (2) requests wait already with their bodies unread',
    });
    release();
    await Promise.all(waiting);
  });

  test('that holds bytes already never waits', () => {
    const limited = admission(100, 10_000);
    limited.admit(80);
    assert.throws(() => limited.admitNow(30), { code: 'overloaded' });
    limited.admitNow(20)();
  });

  test('that waits is admitted when the limit is raised', async () => {
    const limited = admission(100, 10_000);
    limited.admit(80);
    const waiting = limited.admit(50);
    limited.useLimits({ inflightBytes: 200, queueTimeoutMs: 10_000, queueLength: 100 });
    await waiting;
  });
});
