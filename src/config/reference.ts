/** The text of docs/configuration.md, from the option table. */

import { COMMAND_FLAGS } from './command-line.ts';
import { COMMANDS, commandOf, isCommandName } from './commands.ts';
import { flagOf, optionsOfSection, secretFileVariableOf, variableOf } from './names.ts';
import type { OptionName } from './options.ts';
import { OPTION_NAMES, optionOf, SECTIONS } from './options.ts';
import { RULES } from './rules.ts';

const INTRODUCTION = `# Configuration

<!-- Generated from src/config/options.ts by \`npm run docs\`; do not edit. -->

Every option has one name and three forms. \`http.max_body_size\` is

- the flag \`--http.max-body-size=32MiB\` (\`--http.max_body_size\` works too),
- the variable \`HTTP_MAX_BODY_SIZE=32MiB\`,
- the key \`max_body_size: 32MiB\` below \`http:\` in the YAML file that \`--config.file\` or \`CONFIG_FILE\` names.

A flag wins over a variable, a variable over the file, the file over the default. An empty variable counts as not set.
All sources are checked as a whole: unknown flags and keys, bad values and contradictions are listed at once, each with
its place (for the file with line and column), and the process ends with exit status 2. Unknown variables are no error,
since other programs use the same prefixes; one that looks like a slip is warned about.

Durations are written \`250ms\`, \`90s\`, \`2m\`, \`1h30m\` or \`0\`; a number without a unit is refused. Sizes are written
\`512KiB\`, \`32MiB\`, \`1GiB\` or as a number of bytes. Lists are separated by commas; a flag of a list may be repeated, and
in the file a YAML sequence is fine too. Rules for series have levels of their own: YAML below their key in the file, YAML
or JSON as the text of a flag or variable; one selector may stand there by itself, several are a list, since commas are
part of them. A boolean flag alone means true, and \`--no-\` in front of its name means false.
`;

/** Loaded by a test, so that it stays true. */
export const EXAMPLE_FILE = `http:
  listen_address: :8080
  max_inflight_size: 512MiB
connection:
  idle_timeout: 75s
kafka:
  brokers: [kafka-1:9093, kafka-2:9093, kafka-3:9093]
  topic: metrics
  tls:
    enabled: true
    ca_file: /etc/kafka-adapter/ca.pem
  sasl:
    mechanism: scram-sha-512
    username: adapter
    # the password comes from KAFKA_SASL_PASSWORD_FILE=/run/secrets/kafka-password
log:
  level: info
`;

/** Loaded by the same test. */
export const EXAMPLE_RULES = `record:
  match: ['{__name__=~"node_.*|up"}', 'go_goroutines{job="api"}']
  external_labels: {cluster: eu-1}
  write_relabel_configs:
    - {action: labeldrop, regex: uid|container_id}
    - {source_labels: [instance], regex: '([^:]+):.*', target_label: host}
kafka:
  topic: metrics.{{ .team }}
  routes:
    - {match: 'up', topic: health}
    - {match: '{env!="prod"}', topic: metrics-test}
  fallback_topic: metrics
`;

export function configurationReference(): string {
  const parts = [INTRODUCTION, commandSection()];
  for (const [section, title] of Object.entries(SECTIONS)) {
    const rows = optionsOfSection(section).map(row);
    parts.push(
      `## ${title}\n\n${table(['Option', 'Flag', 'Variable', 'Type', 'Default', 'Bounds', 'Meaning'], rows)}`,
    );
  }
  parts.push(secretSection(), reloadSection(), ruleSection());
  parts.push(example('Example file', EXAMPLE_FILE), example('Example of rules for series', EXAMPLE_RULES));
  return parts.join('\n');
}

function example(title: string, file: string): string {
  return `## ${title}\n\n\`\`\`yaml\n${file}\`\`\`\n`;
}

function commandSection(): string {
  const flags = Object.entries(COMMAND_FLAGS).map(([name, doc]) => [code(flagOf(name)), doc]);
  const commands = Object.keys(COMMANDS)
    .filter(isCommandName)
    .map((name) => {
      const { takes, doc, exits } = commandOf(name);
      const ends = Object.entries(exits).map(([status, meaning]) => `${status}: ${meaning}`);
      return [code(`${name} ${takes}`.trimEnd()), doc, ends.join('; ')];
    });
  return `## Commands

${table(['Flag', 'Meaning'], flags)}
Without one of these words as the first argument the adapter serves. Each takes the options as well, and tells more with
\`--help\` behind it; the remaining one is the [doctor](doctor.md).

${table(['Command', 'What it does', 'Exit status'], commands)}`;
}

function row(name: OptionName): string[] {
  const { kind, doc, default: preset, aliases = [], needsRestart } = optionOf(name);
  const others = aliases.map(
    ({ variable, doc: meaning }) => code(variable) + (meaning ? ` (${meaning})` : ''),
  );
  const variables = [code(variableOf(name)), ...others].join(' or ');
  const shownDefault = preset === '' ? 'empty' : code(preset);
  const meaning = needsRestart ? `${doc} Needs a restart.` : doc;
  return [code(name), code(flagOf(name)), variables, kind.type, shownDefault, kind.bounds, meaning];
}

function secretSection(): string {
  const names = OPTION_NAMES.filter((name) => optionOf(name).kind.form === 'secret');
  const rows = names.map((name) => [code(name), code(secretFileVariableOf(name)!)]);
  const words = [
    'Instead of the secret itself, a variable can name the file that holds it; one newline at the end of the file is',
    'not part of the secret. Giving both variables is an error. No output shows a secret: `--print-config` has',
    '`<hidden>` in its place, and that is refused as a value.',
  ];
  return `## Secrets\n\n${words.join('\n')}\n\n${table(['Option', 'Variable for the file'], rows)}`;
}

function reloadSection(): string {
  const names = OPTION_NAMES.filter((name) => optionOf(name).needsRestart).map(code);
  const words = [
    'SIGHUP, and `POST /-/reload` where `http.enable_lifecycle` is on, read flags, variables and files again. What they say',
    'is checked as at the start and put in force as a whole, or the old configuration stays: see the log,',
    '`kafka_adapter_config_last_reload_successful`, and the answer of `/-/reload`. No connection is closed by it, and requests',
    'that are under way end by what they began with. The files of `web.config_file`, its certificates, and',
    '`http.bearer_tokens_file` are also looked at every 5 s, those of `kafka.tls.*` at each new connection to a broker.',
    '',
    'A reload that would switch TLS on or off is refused. A change of these waits for a restart, which the log says:',
    '',
    names.map((name) => `- ${name}`).join('\n'),
    '',
    'All others are in force at once, with three limits: connections that are open live on with the certificates they',
    'began with (which `connection.max_age` bounds), TLS handshakes may take what `http.headers_timeout` was at the start,',
    'and a change of `kafka.topic` does not change `avro.subject`.',
  ];
  return `## Reload\n\n${words.join('\n')}\n`;
}

function ruleSection(): string {
  const rows = RULES.map((rule) => [code(rule.name), rule.level, rule.doc, rule.reads.map(code).join(', ')]);
  const words = 'Checked over the whole configuration; a problem ends the start, a warning is logged.';
  return `## Rules between options\n\n${words}\n\n${table(['Rule', 'Level', 'Meaning', 'Looks at'], rows)}`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}
