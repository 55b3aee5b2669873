/** Regular expressions of users: RE2 syntax as in Prometheus, over the whole text, in linear time. */

import { RE2JS } from 're2js';
import type { Parsed } from './parsed.ts';

export interface Pattern {
  /** Whether all of `text` matches. */
  matches(text: string): boolean;
  /** The whole text, then its groups; undefined where one took no part, and as a whole when `text` does not match. */
  groups(text: string): readonly (string | undefined)[] | undefined;
  /** The number of the group of that name; undefined when there is none. */
  groupNamed(name: string): number | undefined;
}

/** The default of relabel rules, so by far the most frequent one. */
const ALL = '(.*)';
const MATCHES_ALL: Pattern = {
  matches: () => true,
  groups: (text) => [text, text],
  groupNamed: () => undefined,
};

/** `.` matches line ends too. */
export function parsePattern(source: string): Parsed<Pattern> {
  if (source === ALL) return { value: MATCHES_ALL };
  try {
    // Alone first: `a)|(b` means something only inside the parentheses, and nothing that is meant.
    RE2JS.compile(source);
    const compiled = RE2JS.compile(`^(?s:${source})$`);
    const numbers = new Map(Object.entries(compiled.namedGroups()));
    return {
      value: {
        matches: (text) => compiled.test(text),
        groups: (text) => compiled.exec(text) ?? undefined,
        groupNamed: (name) => numbers.get(name),
      },
    };
  } catch (error) {
    const { message } = error as Error;
    return { error: `is not a regular expression: ${message.replace(/^error parsing regexp: /, '')}` };
  }
}
