/** The text of `--help`, from the option table. */

import { wrap } from '../lib/wrap.ts';
import { COMMAND_FLAGS } from './command-line.ts';
import { commandLines } from './commands.ts';
import { flagOf, optionsOfSection, variablesOf } from './names.ts';
import type { OptionName } from './options.ts';
import { optionOf, SECTIONS } from './options.ts';

const INDENT = '      ';

const USAGE = [`Usage: kafka-adapter [--name=value ...]`, ...commandLines()].join('\n       ');

const INTRODUCTION = [
  'Takes Prometheus remote_write and publishes the samples to Kafka.',
  'Each option is a flag, a variable or a key of the YAML file: --kafka.topic=metrics, KAFKA_TOPIC=metrics, or `topic: metrics` below `kafka:`. A flag wins over a variable, a variable over the file, the file over the default.',
];

export function helpText(): string {
  const parts = [USAGE, ...INTRODUCTION.map((text) => wrap(text, ''))];
  const commands = Object.entries(COMMAND_FLAGS).map(([name, doc]) => {
    const flag =
      name === 'config.file'
        ? `${flagOf(name)}=PATH`
        : name === 'help'
          ? `-h, ${flagOf(name)}`
          : flagOf(name);
    return `  ${flag}\n${wrap(doc, INDENT)}`;
  });
  parts.push(`Commands:\n${commands.join('\n')}`);
  for (const [section, title] of Object.entries(SECTIONS)) {
    parts.push(`${title}:\n${optionsOfSection(section).map(describeOption).join('\n')}`);
  }
  return `${parts.join('\n\n')}\n`;
}

/** Name, documentation and facts of one option. */
export function describeOption(name: OptionName): string {
  const { kind, doc, default: preset } = optionOf(name);
  const head =
    kind.form === 'switch'
      ? `  ${flagOf(name)}, ${flagOf(`no_${name}`)}`
      : `  ${flagOf(name)}=<${kind.type}>`;
  const facts = [
    ...(kind.bounds === '' ? [] : [kind.bounds.replaceAll('`', '')]),
    `default ${preset === '' ? 'empty' : preset}`,
    `variable ${variablesOf(name).join(' or ')}`,
  ];
  return `${head}\n${wrap(doc.replaceAll('`', ''), INDENT)}\n${wrap(`(${facts.join('; ')})`, INDENT)}`;
}
