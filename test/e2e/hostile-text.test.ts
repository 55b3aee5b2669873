/** Text that no reader should have to read: in every place where a sender can put one, and as a part of topic names. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { after, before, describe, test } from 'node:test';
import { compress, uncompress } from 'snappyjs';
import { type RunningAdapter, startAdapter } from '../support/adapter.ts';
import { type Entry, HEADERS_OF, message, VERSIONS, type Version } from '../support/message.ts';
import { body, field, HEADERS } from '../support/write-request.ts';

const cleanUps: (() => unknown)[] = [];
const hooks = { after: (cleanUp: () => unknown) => void cleanUps.push(cleanUp) };
let adapter: RunningAdapter;
let routed: RunningAdapter;
before(async () => {
  adapter = await startAdapter(hooks, {
    brokers: '',
    topic: 'metrics',
    flags: ['--dry-run', '--metadata.topic=metadata', '--record.headers=tenant,user'],
  });
  routed = await startAdapter(hooks, {
    brokers: '',
    topic: 'metrics-{{ .team }}',
    flags: ['--dry-run', '--limits.topics=10'],
  });
});
after(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
});

/** Eight bytes, so that it can be exchanged for what protobufjs would not encode. */
const MARK = 'MARKMARK';

/** Bytes that are no UTF-8. */
const INVALID: Readonly<Record<string, string>> = {
  'NUL in two bytes': 'c080c080c080c080',
  'half of a pair': 'eda080eda0806162',
  'a pair in two times three bytes': 'eda080edb0806162',
  'an end that is cut off': '61626364656667e2',
  'a place beyond Unicode': 'f4908080f4908080',
  'continuation of nothing': '8080808080808080',
  'the marks of UTF-16': 'fffefffefffefffe',
  'five bytes for one character': 'f888808080616263',
};

/** UTF-8, and such that it breaks lines, quotes, terminals or directions where nobody looks. */
const NASTY: Readonly<Record<string, string>> = {
  NUL: '0000000000000000',
  'line breaks': '0d0a0d0a0d0a0d0a',
  'line separators': 'e280a8e280a96162',
  'quotes and backslashes': '225c225c225c225c',
  'an escape sequence of terminals': '1b5b33316d1b5b6d',
  'the end of a script': '3c2f7363723e3c21',
  'from right to left': 'e280aee280ae6162',
  'a mark in front': 'efbbbfefbbbf6162',
  'the last of all characters': 'f48fbfbff48fbfbf',
};

const SAMPLE = { samples: [{ value: 1, timestamp: 1000 }] };
const NAME = ['__name__', 'text'] as const;

/** Where a text may stand, in either version. */
const PLACES: Readonly<Record<string, Entry>> = {
  'the name of a metric': { labels: [['__name__', MARK]], ...SAMPLE },
  'the name of a label': { labels: [NAME, [MARK, 'x']].toSorted() as Entry['labels'], ...SAMPLE },
  'the value of a label': { labels: [NAME, ['a', MARK]], ...SAMPLE },
  'the name of a label of an exemplar': {
    labels: [NAME],
    ...SAMPLE,
    exemplars: [{ labels: [[MARK, 'x']], value: 1, timestamp: 1000 }],
  },
  'the value of a label of an exemplar': {
    labels: [NAME],
    ...SAMPLE,
    exemplars: [{ labels: [['a', MARK]], value: 1, timestamp: 1000 }],
  },
  'a help text': { labels: [NAME], ...SAMPLE, metadata: { type: 1, help: MARK } },
  'a unit': { labels: [NAME], ...SAMPLE, metadata: { type: 1, unit: MARK } },
};

/** Of labels, a series without them makes no sense. */
const OF_LABELS = ['the name of a metric', 'the name of a label', 'the value of a label'];

function exchanged(bytes: Uint8Array, hex: string): Buffer {
  const text = Buffer.from(uncompress(Buffer.from(bytes)));
  const mark = Buffer.from(MARK);
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at))
    Buffer.from(hex, 'hex').copy(text, at);
  return Buffer.from(compress(text));
}

/** All that the dry run has printed is one record of JSON a line, in UTF-8, without a control character. */
function assertClean(printed: string): void {
  // In help texts and units, which nobody refuses a series for, the bytes that are none are replaced.
  const replaced = /"(help|unit|name)":"[^"]*\ufffd[^"]*"/g;
  assert.ok(!printed.replaceAll(replaced, '').includes('\ufffd'), 'UTF-8');
  for (const line of printed.split('\n').slice(0, -1)) {
    assert.doesNotThrow(() => JSON.parse(line), line);
    assert.ok(
      [...line].every((character) => character >= ' '),
      JSON.stringify(line),
    );
  }
}

describe('text in every place', () => {
  for (const version of VERSIONS) {
    for (const [place, entry] of Object.entries(PLACES)) {
      test(`${version}, ${place}: no UTF-8 is refused where it matters and written nowhere`, async () => {
        for (const [what, hex] of Object.entries(INVALID)) {
          const { status, text } = await write(version, exchanged(message(version, [entry]), hex));
          const allowed = OF_LABELS.includes(place) ? [400] : [204, 400];
          assert.ok(allowed.includes(status), `${what}: ${status} ${text}`);
          assert.match(text, /^[^\p{Cc}]*\n?$/u, what);
        }
        assertClean(adapter.process.stdout);
      });

      test(`${version}, ${place}: what is UTF-8 is text and nothing else`, async () => {
        for (const [what, hex] of Object.entries(NASTY)) {
          const { status, text } = await write(version, exchanged(message(version, [entry]), hex));
          assert.equal(status, 204, `${what}: ${text}`);
        }
        assertClean(adapter.process.stdout);
      });
    }
  }

  test('in metadata of 1.0 and in headers of records', async () => {
    for (const hex of [...Object.values(INVALID), ...Object.values(NASTY)]) {
      const family = (number: number): Buffer =>
        field(
          3,
          Buffer.concat([field(2, number === 2 ? Buffer.from(hex, 'hex') : 'family'), extra(number, hex)]),
        );
      const bytes = compress(Buffer.concat([family(2), family(4), family(5)]));
      const text = Buffer.from(hex, 'hex')
        .toString('latin1')
        .replaceAll(/\p{Cc}/gu, '?');
      const answer = await adapter.write(bytes, {
        headers: {
          ...HEADERS,
          'x-scope-orgid': text,
          authorization: `Basic ${Buffer.from(hex, 'hex').toString('base64')}`,
        },
      });
      assert.ok([204, 400].includes(answer.status), answer.text);
    }
    assertClean(adapter.process.stdout);
    assert.deepEqual(adapter.logged('error'), []);
  });
});

function extra(number: number, hex: string): Buffer {
  return number === 2 ? Buffer.alloc(0) : field(number, Buffer.from(hex, 'hex'));
}

function write(version: Version, bytes: Buffer) {
  return adapter.write(bytes, { headers: { ...HEADERS_OF[version] } });
}

describe('labels that would be a part of the name of a topic', () => {
  const writeTeam = (team: string) =>
    routed.write(
      body([
        {
          labels: [
            ['__name__', 'x'],
            ['team', team],
          ],
          samples: [[1, 1000]],
        },
      ]),
    );
  const dropped = (): Promise<number> =>
    routed.metric('kafka_adapter_samples_dropped_total{reason="topic_invalid"}');

  const WRONG: Readonly<Record<string, string>> = {
    'nothing at all': '',
    'folders up': '../../etc/passwd',
    'a folder': 'a/b',
    'a folder of Windows': 'a\\b',
    '300 characters': 'x'.repeat(300),
    'one character too many': 'x'.repeat(250 - 'metrics-'.length),
    'a line break': 'a\nb',
    NUL: 'a\0b',
    'a space': 'a b',
    'a template': '{{ .__name__ }}',
    'an address': 'a:9092,b',
    'letters beyond ASCII': 'ä',
  };
  for (const [name, team] of Object.entries(WRONG)) {
    test(`${name}: 400 with the reason, counted, and nothing is written`, async () => {
      const [before, printed] = [await dropped(), routed.process.stdout];
      const { status, text } = await writeTeam(team);
      assert.equal(status, 400, text);
      assert.match(text, /1 sample for topic_invalid/);
      assert.match(text, /^[^\p{Cc}]*\n$/u);
      assert.equal(await dropped(), before + 1);
      assert.equal(routed.process.stdout, printed);
    });
  }

  test('as long as the name of a topic may be is a topic', async () => {
    assert.equal((await writeTeam('x'.repeat(249 - 'metrics-'.length))).status, 204);
  });

  test('more different ones than limits.topics are refused: the first ones count', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 20; i++) statuses.push((await writeTeam(`team-${i}`)).status);
    assert.deepEqual([statuses.filter((status) => status === 204).length, statuses.at(-1)], [9, 400]);
    assert.equal((await writeTeam('team-0')).status, 204);
  });
});

test('after all of it both end in order', async () => {
  for (const running of [adapter, routed]) {
    assert.deepEqual(running.logged('error'), []);
    assert.deepEqual(await running.process.stop(), { code: 0, signal: null });
  }
});
