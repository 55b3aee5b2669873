/** The JSON schema of the configuration file, from the option table, for editors and checks before a roll-out. */

import type { JsonSchema } from './kind.ts';
import { OPTION_NAMES, optionOf } from './options.ts';

interface SectionSchema {
  readonly type: readonly ['object', 'null'];
  readonly additionalProperties: false;
  readonly properties: Record<string, JsonSchema | SectionSchema>;
}

function emptySection(): SectionSchema {
  // A section whose lines are all commented out is null.
  return { type: ['object', 'null'], additionalProperties: false, properties: {} };
}

/** Draft 7, which editors and ajv read alike. Bounds of durations, and rules between options, cannot be said in it. */
export function configSchema(): JsonSchema {
  const root = emptySection();
  for (const name of OPTION_NAMES) {
    const words = name.split('.');
    let section = root;
    for (const word of words.slice(0, -1)) {
      section.properties[word] ??= emptySection();
      section = section.properties[word] as SectionSchema;
    }
    section.properties[words.at(-1)!] = optionSchema(name);
  }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of kafka-adapter',
    ...root,
  };
}

function optionSchema(name: (typeof OPTION_NAMES)[number]): JsonSchema {
  const { kind, doc, default: preset } = optionOf(name);
  const reading = kind.parse(preset);
  const shown = 'value' in reading ? { default: kind.toYaml(reading.value) } : {};
  return { description: doc, ...shown, ...kind.schema };
}
