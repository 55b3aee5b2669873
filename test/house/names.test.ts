/** Options, flags, variables and metrics that the documentation names are those that there are. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { COMMAND_FLAGS } from '../../src/config/command-line.ts';
import { readConfigFile } from '../../src/config/config-file.ts';
import { knownVariables } from '../../src/config/environment.ts';
import { flagOf } from '../../src/config/names.ts';
import { isOptionName, OPTION_NAMES, optionOf, SECTIONS } from '../../src/config/options.ts';
import { USAGE as DOCTOR_USAGE } from '../../src/doctor/arguments.ts';
import { METRICS } from '../../src/metrics/table.ts';
import { helpText as benchUsage } from '../bench/options.ts';
import { shippedRules } from '../deploy/promql.ts';
import { blocksOf, commandsOf, PAGES, spansOf, textOf } from './pages.ts';

/** Variables that begin like ours or stand in front of a command, and are those of tests or of somebody else. */
const OTHER_VARIABLES = ['CI', 'REWRITE_GOLDEN', 'GIN_MODE', 'SINCE_MS', 'KAFKA_PORT', 'KAFKA_HOME'];
/** Flags of other programs that sentences name. */
const OTHER_FLAGS = [
  ...['--enable-feature', '--web.enable-remote-write-receiver'],
  ...['--max-old-space-size', '--max-semi-space-size', '--stop-timeout', '--scale'],
  '--storage.remote.flush-deadline',
  ...['--only', '--format', '--brokers', '--compare', '--topic', '--json', '--help', '--expect', '--no-'],
];

const switches = OPTION_NAMES.filter((name) => optionOf(name).kind.form === 'switch');
const adapterFlags = [
  ...[...OPTION_NAMES, ...Object.keys(COMMAND_FLAGS)].map(flagOf),
  ...switches.map((name) => flagOf(`no_${name}`)),
];
const flagsIn = (usage: string): string[] => usage.match(/--[a-z][a-z-]*/g) ?? [];

/** What each program takes; the others are not ours to judge. */
const FLAGS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/kafka-adapter doctor\b/, flagsIn(DOCTOR_USAGE)],
  [/(kafka-adapter|npm run) fleet\b/, ['--json', ...adapterFlags]],
  [/npm run bench\b/, flagsIn(benchUsage())],
  [/npm test\b/, ['--only']],
  [/kafka-adapter\b|npm start\b|npm run tail\b/, adapterFlags],
];

/** Names in the order they stand; `--kafka.max_batch_size=1MiB` is `--kafka.max-batch-size`. */
function flagsOf(text: string): string[] {
  return [...text.matchAll(/(?<![\w-])--[a-z][\w.-]*/g)].map(([flag]) => flag.replaceAll('_', '-'));
}

function unknownFlags(command: string): string[] {
  if (/^(helm|kubectl|kcat|curl|docker|systemctl|install|npm install) /.test(command)) return [];
  const [, allowed] = FLAGS.find(([program]) => program.test(command)) ?? [];
  return allowed ? flagsOf(command).filter((flag) => !allowed.includes(flag)) : [];
}

const firstWords = new Set(knownVariables().map((name) => name.split('_')[0]!));

function unknownVariables(code: string): string[] {
  const assigned = [...code.matchAll(/(?:^|\s)([A-Z][A-Z0-9_]+)=/g)].map(([, name]) => name!);
  const named = [...code.matchAll(/(?<![\w$])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?!\w)/g)]
    .map(([name]) => name)
    .filter((name) => firstWords.has(name.split('_')[0]!));
  return [...assigned, ...named].filter(
    (name) => !knownVariables().includes(name) && !OTHER_VARIABLES.includes(name),
  );
}

const sections = Object.keys(SECTIONS).filter((section) => section !== '');

/** `kafka.topic`, `kafka.tls.*`, `kafka.topic: metrics`. */
function unknownOptions(code: string): string[] {
  const [name] = /^[a-z]+(\.[a-z0-9_]+)+(\.\*)?(?=$|[ :=])/.exec(code) ?? [];
  if (name === undefined || !sections.includes(name.split('.')[0]!)) return [];
  if (/\.(json|ya?ml|ts|md|conf|cfg|proto)$/.test(name) || isOptionName(name)) return [];
  const prefix = name.replace(/\*$/, '').replace(/\.?$/, '.');
  return OPTION_NAMES.some((option) => option.startsWith(prefix)) ? [] : [name];
}

const metrics = new Set([
  ...Object.values(METRICS).map(({ name }) => name),
  ...shippedRules().flatMap(({ record }) => record ?? []),
]);

/** The names of the exposition; a label in braces or a function around them does no harm. */
function unknownMetrics(code: string): string[] {
  const names = code.match(/(?<![\w:])(?:[a-z]+:)?kafka_adapter_\w+(?::\w+)?/g) ?? [];
  return names.filter((name) => !metrics.has(name) && !metrics.has(name.replace(/_(bucket|sum|count)$/, '')));
}

describe('what the documentation names is there', () => {
  for (const page of PAGES) {
    const blocks = blocksOf(textOf(page));
    const spans = blocks.filter(({ language }) => language === undefined).flatMap(spansOf);
    const commands = commandsOf(page).map(({ text }) => text);

    test(`${page}: flags`, () => {
      const alone = spans.filter((code) => code.startsWith('--')).flatMap(flagsOf);
      const known = [...adapterFlags, ...OTHER_FLAGS];
      assert.deepEqual(
        alone.filter((flag) => !known.includes(flag)),
        [],
      );
      assert.deepEqual(commands.flatMap(unknownFlags), []);
    });

    test(`${page}: options, variables and metrics`, () => {
      assert.deepEqual(spans.flatMap(unknownOptions), []);
      assert.deepEqual([...spans, ...commands].flatMap(unknownVariables), []);
      assert.deepEqual([...spans, ...commands].flatMap(unknownMetrics), []);
    });

    for (const { lines, line } of blocks.filter(({ language }) => language === 'yaml')) {
      const text = lines.join('\n');
      const keys = Object.keys((parse(text) as object | null) ?? {});
      if (keys.length === 0 || !keys.every((key) => sections.includes(key))) continue;
      test(`${page}:${line}: options in YAML`, () => {
        const { settings, problems } = readConfigFile(page, text);
        assert.deepEqual(problems, []);
        const errors = settings.map(({ reading }) => reading).filter((reading) => 'error' in reading);
        assert.deepEqual(errors, []);
      });
    }
  }

  test('and what is not would be seen', () => {
    assert.deepEqual(unknownFlags('kafka-adapter --kafka.broker=a --kafka.topic=b'), ['--kafka.broker']);
    assert.deepEqual(unknownFlags('npm run tail -- --quick'), ['--quick']);
    assert.deepEqual(unknownFlags('kafka-adapter doctor --quick --kafka.topic=a'), ['--kafka.topic']);
    assert.deepEqual(unknownVariables('KAFKA_BROKER=a KAFKA_TOPIC=b npm start'), [
      'KAFKA_BROKER',
      'KAFKA_BROKER',
    ]);
    assert.deepEqual(unknownOptions('kafka.max_queue: 1GiB'), ['kafka.max_queue']);
    assert.deepEqual(['kafka.tls.*', 'kafka.topic', 'record.schema.json'].flatMap(unknownOptions), []);
    assert.deepEqual(unknownMetrics('rate(kafka_adapter_sent_total[5m])'), ['kafka_adapter_sent_total']);
  });
});
