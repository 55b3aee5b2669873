/** What an answer shows of a series that did not fit a record. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Entry, HEADERS_OF, message, VERSIONS } from '../support/message.ts';
import { startReceiver } from '../support/receiver.ts';

const LIMITS = { textBytesPerSeries: 16 * 1024 };

/** A series whose texts take `bytes`. */
function entry(bytes: number, name = 'up'): Entry {
  const value = 'x'.repeat(bytes - '__name__'.length - name.length - 1);
  const labels = [
    ['__name__', name],
    ['l', value],
  ] as const;
  return { labels, samples: [{ value: 1, timestamp: 1000 }] };
}

/** The answers in both versions, when the batches had no room for one record. */
async function answersOf(
  t: Parameters<typeof startReceiver>[0],
  entries: readonly Entry[],
): Promise<string[]> {
  const receiver = await startReceiver(t, { limits: LIMITS });
  receiver.delivery.dropped = new Map([['record_too_large', { float: 1, histogram: 0, exemplar: 0 }]]);
  const answers = VERSIONS.map((version) =>
    receiver.send({ headers: HEADERS_OF[version], body: message(version, entries) }),
  );
  return (await Promise.all(answers)).map(({ status, body }) => `${status} ${body}`);
}

describe('a record that no batch has room for', () => {
  test('is told with the series that has the most text, and how much', async (t) => {
    const entries = [entry(20), entry(9000, 'large'), entry(16_300, 'largest'), entry(16_299, 'last')];
    for (const answer of await answersOf(t, entries))
      assert.match(
        answer,
        /^400 not written: 1 sample for record_too_large \(.*; first: the series with the most text has 16300 bytes of it \(kafka\.max_batch_size is 16KiB\): {"__name__"="largest","l"="x+\.\.\.}\n$/,
      );
  });

  test('is told without a series when all of them are small', async (t) => {
    for (const answer of await answersOf(t, [entry(20), entry(2048)]))
      assert.match(answer, /^400 not written: 1 sample for record_too_large .*written\n$/);
  });

  test('by its texts alone is told with these', async (t) => {
    for (const answer of await answersOf(t, [entry(9000), entry(16_385, 'largest')]))
      assert.match(
        answer,
        /^400 not written: 2 samples for record_too_large .*; first: texts of 16385 bytes, more than kafka\.max_batch_size \(16KiB\), in {"__name__"="largest",/,
      );
  });
});
