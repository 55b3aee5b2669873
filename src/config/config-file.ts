/** Reads the options of a YAML configuration file; every problem has its line and column. */

import type { Document, Pair, YAMLMap } from 'yaml';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { closest, didYouMean } from '../lib/closest.ts';
import { closestOption, shownName } from './names.ts';
import type { OptionName } from './options.ts';
import { isOptionName, OPTION_NAMES, optionOf } from './options.ts';
import type { Setting } from './settings.ts';
import { deepValue, syntaxProblem } from './yaml-value.ts';

export interface ConfigFile {
  readonly settings: readonly Setting[];
  readonly problems: readonly string[];
}

/** `path` is only used to say where things stand. */
export function readConfigFile(path: string, text: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const walk: Walk = { path, lines, document, settings: [], problems: [] };
  // The parser only warns about an unknown tag, but `password: !x` would silently become an empty password.
  const syntaxErrors = [...document.errors, ...document.warnings];
  for (const { code, pos } of syntaxErrors) {
    const name = code === 'DUPLICATE_KEY' ? /^[\w.-]*/.exec(text.slice(pos[0]))![0] : '';
    const suffix = name === '' ? '' : `: \`${name}\``;
    walk.problems.push(`${placeAt(walk, pos[0])}: ${syntaxProblem(code)}${suffix}`);
  }
  // A tree with holes would only lead to problems that are none.
  const whole = syntaxErrors.every(({ code }) => code === 'DUPLICATE_KEY');
  if (whole) readSection(walk, document.contents, '');
  return { settings: walk.settings, problems: walk.problems };
}

interface Walk {
  readonly path: string;
  readonly lines: LineCounter;
  readonly document: Document;
  readonly settings: Setting[];
  readonly problems: string[];
}

/** `config.yml:3:10`; offset 0 of an empty file counts as its first character. */
function placeAt({ path, lines }: Walk, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${path}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
}

function offsetOf(node: unknown): number {
  return (node as { range?: [number, number, number] | null } | null)?.range?.[0] ?? 0;
}

function readSection(walk: Walk, node: unknown, prefix: string): void {
  const content = isAlias(node) ? node.resolve(walk.document) : node;
  if (isAlias(node) && content === undefined) {
    walk.problems.push(`${placeAt(walk, offsetOf(node))}: ${syntaxProblem('BAD_ALIAS')}`);
    return;
  }
  // A section with nothing in it, for example because every line of it is commented out.
  if (content === null || content === undefined || (isScalar(content) && content.value === null)) return;
  if (isMap(content)) {
    for (const pair of (content as YAMLMap).items) readPair(walk, pair, prefix);
    return;
  }
  const where = prefix === '' ? 'the file' : `\`${prefix.slice(0, -1)}\``;
  walk.problems.push(`${placeAt(walk, offsetOf(node))}: ${where} has to be a section with keys below it`);
}

function readPair(walk: Walk, pair: Pair, prefix: string): void {
  const { key, value } = pair;
  const scalar = isScalar(key) ? String(key.value) : '';
  // `http.max_body_size: 1MiB` is refused: an option must not have two places in one file.
  const word = scalar.includes('.') ? '' : scalar;
  const name = `${prefix}${word}`;
  if (word !== '' && isOptionName(name)) readOption(walk, name, pair);
  else if (word !== '' && OPTION_NAMES.some((option) => option.startsWith(`${name}.`))) {
    readSection(walk, value, `${name}.`);
  } else walk.problems.push(`${placeAt(walk, offsetOf(key))}: ${unknownKey(scalar, prefix)}`);
}

/** Names a sibling that looks alike, or the option of that name elsewhere. */
function unknownKey(word: string, prefix: string): string {
  const name = `${prefix}${word}`;
  if (isOptionName(name))
    return `unknown key \`${word}\`, expected a level of its own for each word, without dots`;
  const siblings = new Set(
    OPTION_NAMES.filter((option) => option.startsWith(prefix)).map(
      (option) => option.slice(prefix.length).split('.')[0]!,
    ),
  );
  const sibling = closest(word, siblings);
  const suggestion = sibling === undefined ? closestOption(name) : `${prefix}${sibling}`;
  return `unknown key \`${shownName(name)}\`${didYouMean(suggestion)}`;
}

function readOption(walk: Walk, name: OptionName, { key, value }: Pair): void {
  const node = isAlias(value) ? value.resolve(walk.document) : value;
  if (isAlias(value) && node === undefined) {
    walk.problems.push(`${placeAt(walk, offsetOf(value))}: ${name}: ${syntaxProblem('BAD_ALIAS')}`);
    return;
  }
  const empty = node === null || node === undefined || (isScalar(node) && node.value === null);
  const place = placeAt(walk, offsetOf(empty ? key : value));
  if (empty) {
    walk.problems.push(`${place}: ${name} has no value; leave the line out to get the default`);
    return;
  }
  const { line } = walk.lines.linePos(offsetOf(key));
  const { kind } = optionOf(name);
  const content = kind.form === 'structure' ? deepValue(node, walk.document) : plainValue(node);
  walk.settings.push({
    name,
    origin: { source: 'file', place: `${walk.path}:${line}` },
    place: `${place}: ${name}`,
    seen: isScalar(node) ? (node.source ?? String(node.value)) : isSeq(node) ? 'a sequence' : 'a section',
    reading: kind.fromYaml(content),
  });
}

/** Scalars and sequences of scalars; anything deeper becomes undefined, which no kind takes. */
function plainValue(node: unknown): unknown {
  if (isScalar(node)) return node.value;
  if (!isSeq(node)) return undefined;
  return node.items.map((item) => (isScalar(item) ? item.value : undefined));
}
