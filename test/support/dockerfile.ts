/** A Dockerfile read and carried out without an engine: each stage a folder, its commands run where it copies to. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';

export interface Instruction {
  /** In capitals. */
  readonly word: string;
  readonly flags: Readonly<Record<string, string>>;
  /** Without the flags, lines joined. */
  readonly text: string;
}

export interface Stage {
  /** '' for one that has none. */
  readonly name: string;
  readonly image: string;
  readonly instructions: readonly Instruction[];
}

/** Comments left out, continued lines joined. */
export function readDockerfile(text: string): Stage[] {
  const lines = text
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n');
  const stages: { name: string; image: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, word = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    const flags: Record<string, string> = {};
    const content = rest.replace(/^(?:--[\w-]+=\S+\s+)+/, (given) => {
      for (const [, name, value] of given.matchAll(/--([\w-]+)=(\S+)/g)) flags[name!] = value!;
      return '';
    });
    if (word.toUpperCase() === 'FROM') {
      const [image = '', , name = ''] = content.split(/\s+/);
      stages.push({ name, image, instructions: [] });
    } else stages.at(-1)!.instructions.push({ word: word.toUpperCase(), flags, text: content });
  }
  return stages;
}

/** The last instruction of that word; fails when there is none. */
export function last(stage: Stage, word: string): Instruction {
  const found = stage.instructions.findLast((instruction) => instruction.word === word);
  assert.ok(found, `no ${word}`);
  return found;
}

/** The exec form, which no shell stands behind. */
export function execForm(text: string): string[] {
  const words: unknown = JSON.parse(text);
  assert.ok(Array.isArray(words) && words.every((word) => typeof word === 'string'), text);
  return words;
}

/** `NAME="value" OTHER=value`, with what an ARG presets put in its place. */
export function assignments(stage: Stage, word: string): Record<string, string> {
  const presets = Object.fromEntries(
    stage.instructions
      .filter((one) => one.word === 'ARG')
      .map(({ text }) => text.split('=') as [string, string]),
  );
  const texts = stage.instructions.filter((one) => one.word === word).map(({ text }) => text);
  return Object.fromEntries(
    [...texts.join(' ').matchAll(/([\w.]+)=(?:"([^"]*)"|(\S+))/g)].map(([, name, quoted, plain]) => [
      name!,
      (quoted ?? plain)!.replace(/\$(\w+)/g, (_all, variable: string) => presets[variable] ?? ''),
    ]),
  );
}

/** Whether .dockerignore lets a path of the context through; of its patterns only those that ours needs. */
export function letsThrough(ignore: string, path: string): boolean {
  let isIgnored = false;
  for (const line of ignore.split('\n').filter((one) => one !== '' && !one.startsWith('#'))) {
    const pattern = line.replace(/^!/, '');
    assert.match(pattern, /^(\*|[\w./-]+)$/, `${line}: a pattern that this reader does not know`);
    if (pattern === '*' || path === pattern || path.startsWith(`${pattern}/`))
      isIgnored = !line.startsWith('!');
  }
  return !isIgnored;
}

interface Build {
  /** The folder that the image is built from. */
  readonly context: string;
  /** An empty folder for the stages. */
  readonly folder: string;
  /** The text of .dockerignore. */
  readonly ignore: string;
  /** For the commands of RUN. */
  readonly environment: NodeJS.ProcessEnv;
}

/** The folders of the stages by name, the last one as ''. Nothing of the images they begin with is in them. */
export function build(stages: readonly Stage[], parts: Build): ReadonlyMap<string, string> {
  const roots = new Map<string, string>();
  for (const [index, stage] of stages.entries()) {
    const root = join(parts.folder, String(index));
    mkdirSync(root);
    roots.set(stage.name, root);
    let directory = root;
    for (const instruction of stage.instructions) {
      if (instruction.word === 'WORKDIR') {
        directory = join(root, instruction.text);
        mkdirSync(directory, { recursive: true });
      } else if (instruction.word === 'COPY') copy(instruction, { ...parts, roots, directory });
      else if (instruction.word === 'RUN') runIn(directory, instruction.text, parts.environment);
    }
  }
  return roots;
}

interface Copying extends Build {
  readonly roots: ReadonlyMap<string, string>;
  /** What a relative target is relative to. */
  readonly directory: string;
}

function copy({ flags, text }: Instruction, { context, ignore, roots, directory }: Copying): void {
  const words = text.split(/\s+/);
  const target = resolve(directory, words.pop()!);
  const from = flags['from'];
  const base = from === undefined ? context : roots.get(from);
  assert.ok(base, `COPY --from=${from}: no such stage`);
  for (const word of words) {
    const source = join(base, word);
    const isFolder = statSync(source).isDirectory();
    const isIntoFolder = text.endsWith('/') && !isFolder;
    const filter = (path: string): boolean =>
      from !== undefined || !statSync(path).isFile() || letsThrough(ignore, relative(context, path));
    assert.ok(isFolder || filter(source), `${word} is left out by .dockerignore`);
    cpSync(source, isIntoFolder ? join(target, basename(word)) : target, { recursive: true, filter });
  }
}

function runIn(directory: string, command: string, environment: NodeJS.ProcessEnv): void {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    cwd: directory,
    env: environment,
    encoding: 'utf8',
  });
  assert.equal(status, 0, `RUN ${command}\n${stdout}${stderr}`);
}

/** The text of a file of the context. */
export function contextFile(context: string, name: string): string {
  return readFileSync(join(context, name), 'utf8');
}
