/** Values of YAML with levels below them, and what is wrong with YAML in words that do not quote it. */

import type { Document, ErrorCode } from 'yaml';
import { isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Reading } from './kind.ts';

/** More levels than any option has; an anchor that contains its own alias would have no end. */
const MOST_LEVELS = 8;

/**
 * Words of our own for what the parser finds: its own messages quote the file, and with it a secret that is not
 * quoted as it should be.
 */
const SYNTAX_PROBLEMS: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS: 'a value that starts with `*` refers to an anchor that does not exist, put it in quotes',
  BAD_DQ_ESCAPE: 'unknown escape sequence in double quotes, use single quotes',
  BAD_INDENT: 'wrong indentation',
  BAD_SCALAR_START: 'a value starts with a reserved character, put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'nested keys belong on lines of their own, or put the value in quotes',
  DUPLICATE_KEY: 'duplicate key, each may be given once',
  MISSING_CHAR: 'a colon, comma, quote or bracket is missing',
  MULTILINE_IMPLICIT_KEY: 'a key has to be on one line with its colon',
  MULTIPLE_DOCS: 'more than one document, expected a single one',
  TAB_AS_INDENT: 'a tab in the indentation, use spaces',
  TAG_RESOLVE_FAILED: 'a value that starts with `!` is a tag, put it in quotes',
  UNEXPECTED_TOKEN: 'unexpected text',
};

export function syntaxProblem(code: ErrorCode): string {
  return SYNTAX_PROBLEMS[code] ?? 'not well-formed YAML';
}

/**
 * Objects and arrays, with scalars as the text they are written as: a regular expression `1.0` is no number. Null is
 * null; undefined stands for what cannot be.
 */
export function deepValue(node: unknown, document: Document, level = 0): unknown {
  if (isAlias(node)) return deepValue(node.resolve(document), document, level);
  if (isScalar(node)) {
    if (typeof node.value === 'string' || node.value === null) return node.value;
    return node.source ?? String(node.value);
  }
  if (level >= MOST_LEVELS) return undefined;
  if (isSeq(node)) return node.items.map((item) => deepValue(item, document, level + 1));
  if (!isMap(node)) return node === null ? null : undefined;
  return Object.fromEntries(
    node.items.map(({ key, value }) => [
      String(deepValue(key, document, level + 1)),
      deepValue(value, document, level + 1),
    ]),
  );
}

/** The value that a text holds as YAML, or as JSON, which is YAML too. */
export function readYaml(text: string): Reading<unknown> {
  const document = parseDocument(text, { prettyErrors: false });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem === undefined) return { value: deepValue(document.contents, document) };
  return { error: `character ${problem.pos[0] + 1}: ${syntaxProblem(problem.code)}` };
}
