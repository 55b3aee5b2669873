/** The pages of the documentation as tests see them: their prose, their headings, and the commands they show. */

import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Paths from the root of the project. */
export const PAGES = globSync(['*.md', 'docs/**/*.md', 'deploy/**/*.md'], { cwd: root }).sort();

const SHELLS = ['sh', 'bash', 'shell', 'console'];
/** Words that make a piece of code in a sentence a command, once something follows. */
const PROGRAMS = [
  'kafka-adapter',
  ...['npm', 'npx', 'node', 'docker', 'helm', 'kubectl', 'systemctl', 'systemd-analyze', 'promtool'],
  ...[
    'kcat',
    'curl',
    'echo',
    'kafka-acls\\.sh',
    'haproxy',
    'nginx',
    'openssl',
    'htpasswd',
    'terraform',
    'git',
  ],
  ...['tmsh', '(?:show|modify|create|delete) (?:ltm|sys)'],
];
const IS_COMMAND = new RegExp(`^(?:[A-Z][A-Z0-9_]*=\\S* )*(?:${PROGRAMS.join('|')}) \\S`);
const MARK = /^\s*<!-- not run: (.+) -->$/;
const FENCE = /^\s*(`{3,}|~{3,})(\w*)/;

export interface Command {
  /** `docs/tuning.md:12`. */
  readonly place: string;
  readonly text: string;
  /** Why nothing runs it, as the page says; undefined when it says nothing. */
  readonly notRun: string | undefined;
}

export function textOf(page: string): string {
  return readFileSync(`${root}${page}`, 'utf8');
}

/** Without what stands in fences, where a `#` is a comment and brackets are no links. */
export function proseOf(page: string): string {
  return textOf(page).replace(/^( *)(`{3,}|~{3,})[\s\S]*?^\1\2 *$/gm, '');
}

/** The anchors that GitHub gives to the headings of a page. */
export function anchorsOf(page: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = [...proseOf(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => {
    const words = heading!.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
  return new Set(anchors);
}

/** Lines that belong together: what stands in a fence, or what stands between two empty lines. */
export interface Block {
  readonly line: number;
  /** Of a fence, empty when it names none; undefined for everything else. */
  readonly language: string | undefined;
  readonly lines: readonly string[];
  /** What the comment right before it says, `<!-- not run: needs a cluster -->`. */
  readonly notRun: string | undefined;
}

export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  const lines = text.split('\n');
  let notRun: string | undefined;
  for (let index = 0; index < lines.length; index++) {
    const [, mark] = MARK.exec(lines[index]!) ?? [];
    if (mark !== undefined) notRun = mark;
    if (mark !== undefined || lines[index]!.trim() === '') continue;
    const [, fence, language] = FENCE.exec(lines[index]!) ?? [];
    const first = fence === undefined ? index : index + 1;
    const isEnd = (line: string): boolean =>
      fence === undefined ? line.trim() === '' || FENCE.test(line) || MARK.test(line) : line.trim() === fence;
    let end = first;
    while (end < lines.length && !isEnd(lines[end]!)) end++;
    blocks.push({ line: first + 1, language, lines: lines.slice(first, end), notRun });
    notRun = undefined;
    index = fence === undefined ? end - 1 : end;
  }
  return blocks;
}

/** Every command of a page: those in fences of a shell, and those in sentences. */
export function commandsOf(page: string, text = textOf(page)): Command[] {
  return blocksOf(text).flatMap((block) => {
    const { language, line, notRun } = block;
    if (language !== undefined && !SHELLS.includes(language)) return [];
    const texts = language === undefined ? spansOf(block).filter(isCommand) : linesOf(block);
    return texts.map((command) => ({ place: `${page}:${line}`, text: command, notRun }));
  });
}

export function isCommand(code: string): boolean {
  return IS_COMMAND.test(code);
}

/** Pieces of code in sentences. */
export function spansOf({ lines }: Block): string[] {
  const text = lines.map((line) => line.trim()).join(' ');
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
}

/** Commands without comments, those over several lines as one; of a console what follows a `$`. */
function linesOf({ lines, language }: Block): string[] {
  const joined = lines.join('\n').replace(/\\\n\s*/g, '');
  return joined
    .split('\n')
    .filter((line) => language !== 'console' || line.trim().startsWith('$ '))
    .map((line) =>
      line
        .replace(/^\s*\$ /, '')
        .replace(/(^|\s)#\s.*$/, '')
        .trim(),
    )
    .filter((line) => line !== '');
}
