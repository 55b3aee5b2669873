/** The text of `COMMAND --help`. */

import { wrap } from '../lib/wrap.ts';
import { type CommandName, commandOf } from './commands.ts';
import { describeOption } from './help.ts';

const INDENT = '      ';

/** Usage, options, exit statuses, an example. */
export function commandHelp(name: CommandName): string {
  const { takes, doc, flags = {}, options, exits, example } = commandOf(name);
  const own = Object.entries(flags).map(([flag, text]) => `  ${flag}\n${wrap(text, INDENT)}`);
  const help = `  -h, --help\n${wrap('Show this help and end.', INDENT)}`;
  const file = `  --config.file=PATH\n${wrap('YAML file with options (variable CONFIG_FILE).', INDENT)}`;
  const shown = [...own, ...options.map(describeOption), file, help];
  const ends = Object.entries(exits).map(([status, meaning]) => `  ${status}  ${meaning}`);
  return `${[
    ['Usage: kafka-adapter', name, takes, '[--name=value ...]'].filter((word) => word !== '').join(' '),
    wrap(doc, ''),
    `Options, of which it takes all that \`kafka-adapter --help\` lists:\n${shown.join('\n')}`,
    `Exit status:\n${ends.join('\n')}`,
    `Example:\n  ${example}`,
  ].join('\n\n')}\n`;
}
