/** Texts with references to the groups of a pattern, by the rules of Go: `$1`, `${1}`, `$name`, `${name}`, `$$`. */

import type { Pattern } from '../lib/pattern.ts';

type Groups = readonly (string | undefined)[];

/** A name goes on for as long as it can: `$1x` is the group `1x`, `${1}x` is the first group and an x. */
const REFERENCE = /\$(?:\$|\{(?<braced>[\p{L}\p{Nd}_]+)\}|(?<bare>[\p{L}\p{Nd}_]+))/gu;

/**
 * Compiles a template for the groups of one pattern. A reference to a group that is not there, or that took no part,
 * becomes nothing; a dollar sign that begins no reference stays.
 */
export function compileTemplate(template: string, pattern: Pattern): (groups: Groups) => string {
  const texts: string[] = [];
  const numbers: number[] = [];
  let text = '';
  let end = 0;
  for (const { 0: match, index, groups } of template.matchAll(REFERENCE)) {
    text += template.slice(end, index);
    end = index + match.length;
    const name = groups?.['braced'] ?? groups?.['bare'];
    if (name === undefined) {
      text += '$';
      continue;
    }
    texts.push(text);
    text = '';
    numbers.push(groupNumber(name, pattern));
  }
  const last = text + template.slice(end);
  if (numbers.length === 0) return () => last;
  return (groups) => {
    let result = '';
    for (let i = 0; i < numbers.length; i++) result += texts[i]! + (groups[numbers[i]!] ?? '');
    return result + last;
  };
}

/** -1 for none. `01` is a name, not a number. */
function groupNumber(name: string, pattern: Pattern): number {
  return /^(0|[1-9]\d*)$/.test(name) ? Number(name) : (pattern.groupNamed(name) ?? -1);
}
