/** What the pipeline does for formats that hold less, gather over a request, or need something first. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { compress, uncompress } from 'snappyjs';
import type { RecordFormat, SeriesView } from '../../src/contracts.ts';
import { AdapterError } from '../../src/errors.ts';
import { ByteWriter } from '../../src/lib/byte-writer.ts';
import { JsonFormat } from '../../src/record/json.ts';
import { RemoteWriteFormat } from '../../src/record/remote-write.ts';
import { TelefonicaJsonFormat } from '../../src/record/telefonica-json.ts';
import { testServer } from '../support/server.ts';
import { HEADERS, request, type TestSeries } from '../support/write-request.ts';
import { requestV2, V2_HEADERS } from '../support/write-request-v2.ts';

const TIME = 1795341600123;
const LARGE = 1024 * 1024;

function posted(bytes: Uint8Array, headers: Record<string, string> = HEADERS) {
  return { method: 'POST', url: '/api/v1/write', headers, payload: Buffer.from(compress(bytes)) } as const;
}

function up(value: number): TestSeries {
  return { labels: [['__name__', 'up']], samples: [[value, TIME]] };
}

describe('a format without a place for histograms and exemplars', () => {
  const timeseries = [
    {
      labels_refs: [1, 2],
      samples: [{ value: 1, timestamp: TIME }],
      exemplars: [{ labels_refs: [], value: 1, timestamp: TIME }],
    },
    { labels_refs: [1, 2], histograms: [{ count_int: 0, timestamp: TIME }] },
  ];
  const bytes = requestV2({ symbols: ['', '__name__', 'up'], timeseries });

  test('leaves them out, tells the sender how many it wrote, and counts the others', async () => {
    const { server, delivery } = testServer({ format: new TelefonicaJsonFormat() });
    const answer = await server.app.inject(posted(bytes, V2_HEADERS));
    assert.deepEqual([answer.statusCode, answer.body], [204, '']);
    const written = ['samples', 'histograms', 'exemplars'].map(
      (kind) => answer.headers[`x-prometheus-remote-write-${kind}-written`],
    );
    assert.deepEqual(written, ['1', '0', '0']);
    assert.equal(delivery.records.length, 1);
    const { body: page } = await server.app.inject('/metrics');
    assert.match(page, /^kafka_adapter_samples_dropped_total\{reason="format_cannot_hold"\} 2$/m);
    assert.match(page, /^kafka_adapter_samples_written_total\{type="histogram"\} 0$/m);
    assert.match(page, /^kafka_adapter_samples_received_total\{type="exemplar"\} 1$/m);
  });

  test('still says what is wrong with a request', async () => {
    const { server } = testServer({ format: new TelefonicaJsonFormat() });
    const wrong = [...timeseries, { labels_refs: [], samples: [{ value: 1, timestamp: TIME }] }];
    const answer = await server.app.inject(
      posted(requestV2({ symbols: ['', '__name__', 'up'], timeseries: wrong }), V2_HEADERS),
    );
    assert.equal(answer.statusCode, 400);
    assert.match(answer.body, /^not written: 1 sample for name_missing/);
  });
});

describe('a format that gathers over a request', () => {
  /** One partition for all requests, as that of a topic is; the fake delivery has a new sink for each series. */
  class OnOnePartition extends RemoteWriteFormat {
    readonly records: Buffer[] = [];
    readonly #writer = new ByteWriter();
    readonly #sink = {
      begin: () => {
        this.#writer.truncate();
        return this.#writer;
      },
      end: () => void this.records.push(Buffer.from(uncompress(this.#writer.slice()))),
    };

    override writeSeries(series: SeriesView): void {
      super.writeSeries(series, this.#sink);
    }
  }

  test('writes nothing of a request that turns out to be malformed, nor later', async () => {
    const format = new OnOnePartition(LARGE);
    const { server, delivery } = testServer({ format });
    const broken = Buffer.concat([request([up(1), up(2)]), Buffer.from([0x0a, 0x7f])]);
    assert.equal((await server.app.inject(posted(broken))).statusCode, 400);
    assert.deepEqual([format.records.length, delivery.rollbacks], [0, 1]);
    assert.equal((await server.app.inject(posted(request([up(3)])))).statusCode, 204);
    assert.deepEqual(format.records, [request([up(3)])]);
  });

  test('writes once when a topic has to be learned first', async () => {
    const format = new OnOnePartition(LARGE);
    const { server, delivery } = testServer({ format });
    delivery.unknownTopics.add('metrics');
    assert.equal((await server.app.inject(posted(request([up(1)])))).statusCode, 204);
    assert.deepEqual(format.records, [request([up(1)])]);
  });
});

describe('a format that needs something first', () => {
  test('is answered 503 until it has it', async () => {
    class Waiting extends JsonFormat implements RecordFormat {
      problem: AdapterError | undefined = new AdapterError(
        'schema_registry_unavailable',
        'the registry is away',
      );
      prepare = async (): Promise<void> => {
        if (this.problem) throw this.problem;
      };
    }
    const format = new Waiting();
    const { server, delivery } = testServer({ format });
    const refused = await server.app.inject(posted(request([up(1)])));
    assert.deepEqual([refused.statusCode, refused.body], [503, 'the registry is away\n']);
    assert.ok(refused.headers['retry-after']);
    assert.equal(delivery.records.length, 0);
    format.problem = undefined;
    assert.equal((await server.app.inject(posted(request([up(1)])))).statusCode, 204);
    assert.equal(delivery.records.length, 1);
  });
});
