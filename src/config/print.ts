/** The texts of `--print-config` and `--check-config`. */

import { stringify } from 'yaml';
import { HIDDEN } from './kind.ts';
import type { LoadedConfig, RefusedConfig } from './load.ts';
import type { OptionName } from './options.ts';
import { OPTION_NAMES, optionOf } from './options.ts';
import { originText } from './settings.ts';

/**
 * The values in effect as a configuration file, each with its origin. It can be used as such a file again, except for
 * a secret, whose place-holder is refused there.
 */
export function printConfig({ config, origins }: LoadedConfig): string {
  const lines: string[] = [];
  let open: readonly string[] = [];
  for (const name of OPTION_NAMES) {
    const words = name.split('.');
    const sections = words.slice(0, -1);
    const shared = sections.findIndex((word, depth) => word !== open[depth]);
    for (let depth = shared === -1 ? sections.length : shared; depth < sections.length; depth++) {
      lines.push(`${'  '.repeat(depth)}${sections[depth]}:`);
    }
    open = sections;
    const { source, place } = origins[name];
    // A flag is known by its dashes.
    const origin = oneLine(source === 'flag' ? place : originText({ source, place }));
    lines.push(`${'  '.repeat(sections.length)}${words.at(-1)}: ${yamlOf(name, config[name])} # ${origin}`);
  }
  return `${lines.join('\n')}\n`;
}

function yamlOf(name: OptionName, value: unknown): string {
  const { kind } = optionOf(name);
  const shown = kind.form === 'secret' && value !== '' ? HIDDEN : kind.toYaml(value);
  return stringify(shown, { collectionStyle: 'flow', blockQuote: false, lineWidth: 0 }).trimEnd();
}

/** The name of a file can have anything in it, and a comment ends with its line. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

/** What `--check-config` says: one line a problem or warning, or that all is well. */
export function checkReport(result: LoadedConfig | RefusedConfig): string {
  const warnings = result.warnings.map((warning) => `warning: ${warning}`);
  const lines =
    'problems' in result
      ? [
          'configuration is not valid',
          ...result.problems.map((problem) => `problem: ${problem}`),
          ...warnings,
        ]
      : ['configuration is valid', ...warnings];
  return `${lines.join('\n')}\n`;
}
