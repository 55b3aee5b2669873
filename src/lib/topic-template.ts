/** Templates of topic names over the labels of a series: what such templates use of Go's text/template. */

import type { LabelMap } from './label-map.ts';
import type { Parsed } from './parsed.ts';
import type { Scanner } from './scanner.ts';
import { scan } from './scanner.ts';
import type { Text } from './topic-expression.ts';
import { takePipeline } from './topic-expression.ts';
import { isTopicName, TOPIC_CHARACTERS, TOPIC_NAME_RULE } from './topic-name.ts';

export interface TopicTemplate {
  /** Whether every series gets the same name, which is a valid one. */
  readonly isConstant: boolean;
  readonly labelsUsed: ReadonlySet<string>;
  /** May be no name of a topic; empty when a part of it cannot be had. */
  render(labels: LabelMap): string;
}

/** Names and templates that can never become a valid name are errors. */
export function parseTopicTemplate(text: string): Parsed<TopicTemplate> {
  const parts = scan(text, takeParts);
  if ('error' in parts) return parts;
  const template = templateOf(parts.value);
  const isWrong = template.isConstant && !isTopicName(template.render(new Map()));
  return isWrong ? { error: `is not a topic name: ${TOPIC_NAME_RULE}` } : { value: template };
}

function templateOf(parts: readonly Text[]): TopicTemplate {
  const labelsUsed = new Set(parts.flatMap(({ labels }) => labels));
  return {
    isConstant: labelsUsed.size === 0,
    labelsUsed,
    render(labels) {
      let name = '';
      for (const { of } of parts) {
        const text = of(labels);
        if (text === undefined) return '';
        name += text;
      }
      return name;
    },
  };
}

function takeParts(scanner: Scanner): Text[] {
  const parts: Text[] = [];
  for (;;) {
    const start = scanner.at;
    const text = scanner.take(/.*?(?=\{\{|$)/sy)!;
    const isTrimming = scanner.take(/\{\{-(?=[ \t\r\n])/y) !== undefined;
    const hasAction = isTrimming || scanner.take(/\{\{/y) !== undefined;
    const kept = isTrimming ? text.replace(/[ \t\r\n]+$/, '') : text;
    const isTemplate = hasAction || parts.length > 0;
    const wrong = TOPIC_CHARACTERS.test(kept) ? -1 : kept.search(/[^a-zA-Z0-9._-]/);
    if (isTemplate && wrong >= 0)
      scanner.fail(`a topic name cannot have ${JSON.stringify(kept[wrong])}`, start + wrong);
    if (kept !== '') parts.push({ kind: 'text', of: () => kept, labels: [] });
    if (!hasAction) return parts;
    takeAction(scanner, parts);
  }
}

/** From behind the opening braces to behind the closing ones. */
function takeAction(scanner: Scanner, parts: Text[]): void {
  const isComment = scanner.take(/[ \t\r\n]*\/\*.*?\*\//sy) !== undefined;
  if (!isComment) {
    const start = scanner.at;
    const value = takePipeline(scanner);
    if (value.kind !== 'text') scanner.fail('a number is no part of a topic name', start);
    parts.push(value);
  }
  if (scanner.take(/[ \t\r\n]+-\}\}[ \t\r\n]*/y) !== undefined) return;
  if (scanner.take(/[ \t\r\n]*\}\}/y) === undefined) scanner.fail('expected closing braces or a bar');
}
