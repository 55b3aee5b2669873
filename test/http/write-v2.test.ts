/** Writing by Remote-Write 2.0 over HTTP, with a delivery that the test controls. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { compress } from 'snappyjs';
import { createOwnLabels } from '../../src/pipeline/own-labels.ts';
import { createJudge } from '../../src/record/judge.ts';
import { Router } from '../../src/record/router.ts';
import { testServer } from '../support/server.ts';
import { requestV2, V2_HEADERS, type V2Request } from '../support/write-request-v2.ts';

const TIME = 1795341600123;
const STAMP = '2026-11-22T10:00:00.123Z';
const SYMBOLS = ['', '__name__', 'up', 'job', 'a', 'seconds', 'How long.', 'trace_id', 'abc'];
const UP = { labels_refs: [1, 2, 3, 4], samples: [{ value: 1, timestamp: TIME }] };

function write(request: V2Request): {
  method: 'POST';
  url: string;
  headers: typeof V2_HEADERS;
  payload: Buffer;
} {
  const payload = Buffer.from(compress(requestV2(request)));
  return { method: 'POST', url: '/api/v1/write', headers: V2_HEADERS, payload };
}

/** Samples, histograms, exemplars as the answer says. */
function written(headers: Readonly<Record<string, unknown>>): unknown[] {
  return ['samples', 'histograms', 'exemplars'].map(
    (kind) => headers[`x-prometheus-remote-write-${kind}-written`],
  );
}

describe('a 2.0 request', () => {
  test('is written with all it tells, and answered with what was', async () => {
    const { server, delivery } = testServer();
    const histogram = {
      count_int: 3,
      sum: 4.5,
      schema: 0,
      zero_threshold: 0.001,
      positive_spans: [{ offset: 1, length: 2 }],
      positive_deltas: [1, 1],
      timestamp: TIME,
    };
    const exemplar = { labels_refs: [7, 8], value: 0.5, timestamp: TIME };
    const request: V2Request = {
      symbols: SYMBOLS,
      timeseries: [
        { ...UP, samples: [{ value: 1, timestamp: TIME, start_timestamp: TIME - 1000 }] },
        {
          labels_refs: [1, 2],
          histograms: [histogram],
          exemplars: [exemplar],
          metadata: { type: 3, unit_ref: 5, help_ref: 6 },
        },
        { labels_refs: [1, 2], exemplars: [exemplar] },
      ],
    };
    const answer = await server.app.inject(write(request));
    assert.deepEqual([answer.statusCode, answer.body], [204, '']);
    assert.deepEqual(written(answer.headers), ['1', '1', '2']);
    const shown = { labels: { trace_id: 'abc' }, value: '0.5', timestamp: STAMP };
    assert.deepEqual(
      delivery.records.map(({ value }) => JSON.parse(value)),
      [
        {
          labels: { __name__: 'up', job: 'a' },
          name: 'up',
          timestamp: STAMP,
          value: '1',
          start_timestamp: '2026-11-22T09:59:59.123Z',
        },
        {
          labels: { __name__: 'up' },
          name: 'up',
          timestamp: STAMP,
          histogram: {
            count: '3',
            sum: '4.5',
            buckets: [
              [0, '1', '2', '1'],
              [0, '2', '4', '2'],
            ],
            schema: 0,
            zero_threshold: '0.001',
            zero_count: '0',
            positive_spans: [[1, 2]],
            positive_counts: ['1', '2'],
          },
          type: 'histogram',
          unit: 'seconds',
          help: 'How long.',
          exemplars: [shown],
        },
        { labels: { __name__: 'up' }, name: 'up', timestamp: STAMP, exemplars: [shown] },
      ],
    );
  });

  for (const [what, series, reason] of [
    ['an odd number of references', { ...UP, labels_refs: [1, 2, 3] }, 'label_ref_invalid'],
    ['a reference outside of the table', { ...UP, labels_refs: [1, 999] }, 'label_ref_invalid'],
    ['the largest reference', { ...UP, labels_refs: [1, 4294967295] }, 'label_ref_invalid'],
    ['a help outside of the table', { ...UP, metadata: { help_ref: 999 } }, 'metadata_ref_invalid'],
    ['a unit outside of the table', { ...UP, metadata: { unit_ref: 999 } }, 'metadata_ref_invalid'],
    ['labels and nothing else', { labels_refs: [1, 2] }, 'series_empty'],
  ] as const) {
    test(`with ${what} loses that series and no other: 400, and exact counts`, async () => {
      const { server, delivery } = testServer();
      const answer = await server.app.inject(write({ symbols: SYMBOLS, timeseries: [UP, series, UP] }));
      assert.equal(answer.statusCode, 400);
      assert.match(answer.body, new RegExp(`for ${reason} `));
      assert.deepEqual(written(answer.headers), ['2', '0', '0']);
      assert.equal(delivery.records.length, 2);
    });
  }

  test('counts as written what the rules of the operator leave out, since nobody is to repeat it', async () => {
    const topics = { routes: [], topic: 'metrics', fallbackTopic: '', maxTopics: 1 };
    const rules = { match: ['{job="a"}'], externalLabels: new Map(), relabel: [], topics };
    const router = new Router({ judge: createJudge(rules), ownLabels: createOwnLabels(), capacity: 100 });
    const { server, delivery, metric } = testServer({ router });
    const other = { ...UP, labels_refs: [1, 2] };
    // Read twice, which the counters must not show.
    delivery.unknownTopics.add('metrics');
    const answer = await server.app.inject(write({ symbols: SYMBOLS, timeseries: [UP, other, other] }));
    assert.deepEqual([answer.statusCode, ...written(answer.headers)], [204, '3', '0', '0']);
    assert.equal(delivery.records.length, 1);
    assert.equal(await metric('kafka_adapter_series_evaluated_total'), 2);
  });

  test('that is malformed is answered with counts of 0', async () => {
    const { server } = testServer();
    const answer = await server.app.inject({
      ...write({ symbols: [''], timeseries: [] }),
      payload: Buffer.from(compress(Buffer.from([0x2a, 0x7f]))),
    });
    assert.equal(answer.statusCode, 400);
    assert.match(answer.body, /not an io\.prometheus\.write\.v2\.Request/);
    assert.deepEqual(written(answer.headers), ['0', '0', '0']);
  });
});
