/** The page docs/security.md: who may talk to what, what they reach, what they can do, and what bounds it. */

import { loadConfig } from '../src/config/load.ts';
import { MEMORY_PARTS, mebibytes } from '../src/config/memory.ts';
import { secretFileVariableOf } from '../src/config/names.ts';
import { OPTION_NAMES, optionOf } from '../src/config/options.ts';
import { attackTable } from './attacks.ts';
import { reachTables } from './reach.ts';
import { REFUSED_EXAMPLES, WEB_EXAMPLES } from './web-examples.ts';

export function securityPage(): string {
  return [
    INTRODUCTION,
    `## What is reachable with which credentials\n\n${REACH_WORDS}\n\n${reachTables()}\n`,
    EXAMPLE_WORDS,
    ...WEB_EXAMPLES.map(({ title, text }) => `${title}:\n\n${yaml(text)}\n`),
    REFUSED_WORDS,
    ...REFUSED_EXAMPLES.map(refused),
    `## What attacks get\n\n${ATTACK_WORDS}\n\n${attackTable()}\n`,
    CHECKLIST,
    secrets(),
    memory(),
    POSTURE,
  ].join('\n');
}

function yaml(text: string): string {
  return `\`\`\`yaml\n${text}\`\`\``;
}

function refused({ title, text, problem, isTakenByPromtool }: (typeof REFUSED_EXAMPLES)[number]): string {
  const other = isTakenByPromtool ? 'promtool takes it' : 'promtool refuses it as well';
  return `- ${title}; ${other}:\n\n${yaml(text)}\n\n  \`${problem}\`\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function secrets(): string {
  const names = OPTION_NAMES.filter((name) => optionOf(name).kind.form === 'secret');
  const list = names.map((name) => `\`${secretFileVariableOf(name)}\``).join(', ');
  return `## Secrets

- Each secret option has a variable that names a file: ${list}. A secret as a flag is warned about, since every user of
  the machine sees it.
- No output shows one: \`--print-config\` has \`<hidden>\` in its place, errors say that a value is not shown, the log, the
  status page and the metrics never hold one. Passwords of senders are remembered as a hash with a key that is drawn at
  the start, and only when they were right.
- Users, tokens, certificates and keys are files, and are read again when they change. Replace a file in one step (write
  another, rename it): half a file is refused or, of tokens, in force for the seconds until it is whole. A user or token
  that is taken out is out with the next request; a certificate that is no longer trusted ends with its connection, which
  \`connection.max_age\` bounds.
- bcrypt looks at the first 72 bytes of a password.
- There is no default user, password, token or key. A file of tokens without a token is refused.
- A core dump and \`/proc/<pid>/environ\` hold what the process holds: keep both from others, and prefer files.
`;
}

function memory(): string {
  const loaded = loadConfig({ argv: ['--dry-run'], env: {}, readFile: () => '' });
  if ('problems' in loaded) throw new Error(loaded.problems.join());
  const { config, web } = loaded;
  const rows = MEMORY_PARTS.map(({ what, formula, bytes }) => [what, formula, mebibytes(bytes(config, web))]);
  const total = MEMORY_PARTS.reduce((sum, { bytes }) => sum + bytes(config, web), 0);
  return `## Memory

Everything that takes memory has a bound, each bound is an option, and the process stays under their sum. It is the worst
case: all limits reached at once, by clients who mean harm. \`kafka_adapter_memory_bound_bytes\` shows it for the options
in force, and a replica that starts with less memory than that (of its container, or of the machine) warns of it.

${table(['what', 'bound', 'by default'], [...rows, ['**sum**', '', `**${mebibytes(total)}**`]])}

A test takes a running adapter to all of these limits at once, plain and with TLS, and holds its peak against the sum:
327 of 605 MiB and 400 of 588 MiB. Honest load is far below: 155 to 170 MiB at full load while Kafka keeps up.

With little memory lower \`connection.limit\` first: a replica with 200 senders needs no room for 10000. The kernel's
buffers of connections come on top, and count for the container: some 4 MiB for a client that reads nothing, until it is
ended.

One request is decoded at a time, whatever comes: decoding is one synchronous step of one thread. A body of more than
4 MiB, as it came or decoded, is decompressed and read through in turns of a millisecond before, one such body at a time,
so that nobody waits for one that holds nothing to write ([what attacks cost others](benchmarks.md#hostile-clients)).
`;
}

const INTRODUCTION = `# Security

For the ways into the brokers see [security of Kafka](kafka-security.md). To report a vulnerability see
[SECURITY.md](../.github/SECURITY.md).

## Who is trusted with what

| who | reaches | is trusted | what a hostile one can do | what it cannot do |
| --- | --- | --- | --- | --- |
| a sender that is let in | the write paths | that its samples are true: nothing here can tell | write any series to any topic that rules and templates allow (\`limits.topics\` of them); take its share of the time of the process | write to a topic that no rule names; have a request take more than the limits; keep others from being served; reach Kafka in any other way |
| whoever reaches the address of senders | connections, and a 401 on what is protected | with nothing | take connections up to \`connection.limit\`, and password checks up to four at once from one address; read \`/-/ready\`, \`/-/healthy\`, \`/healthz\`, and by default \`/-/whoami\`, metrics and status page, as often as it likes: each costs a millisecond or two | learn by time or answer which users there are; have more memory used than [the sum](#memory); leave a trace in the log that is taken for one of ours |
| whoever reaches the address of operators | metrics, status page, lifecycle where it is on | with what the replica tells about itself: addresses and user agents of senders, topics, errors | read that; with lifecycle, ask all connections to close, or the configuration to be read again | change the configuration, see a secret, write a sample |
| the brokers | what is written, and the login | fully: they say what is acknowledged | acknowledge and forget, refuse, be slow (answered 503 at \`kafka.produce_timeout\`), answer with very large messages | see credentials of senders; with TLS, be somebody else than \`kafka.tls.ca_file\` says |
| the schema registry, the token server | a schema and its login; client and secret | with one number, with one token | refuse, be slow, name the id of another schema | have more than 1 MiB read of them, block the writing of records that need no new answer |
| who writes the configuration and its files | everything above | fully | anything: read any file by its path, listen anywhere, send records anywhere | end a running process by a file that is broken: it is refused and the old one stays |
| who is on the way | bytes | with nothing | with TLS: delay and cut. Without: read and change everything, passwords too | – |

What the user name in the status page and the record header \`user\` says is proven only where \`write\` is protected, and
the header \`tenant\` is what the sender says of itself.
`;

const REACH_WORDS = `Each cell has the status without, with wrong and with right credentials, or one status where it is the same for all.
Right is a user of \`basic_auth_users\`, the one of \`http.basic_auth.*\`, or a token of \`http.bearer_tokens_file\`; any of
them opens all that is protected. Any other path is 404, any other method on these 405, HEAD is answered like GET. The
tables come from the table of routes, and a test asks each cell of a running adapter.`;

const ATTACK_WORDS = `Each over real sockets, most of them beside a sender that means well and has to be served meanwhile. A soak
(half an hour, a scenario of the [bench](benchmarks.md)) mixes many of them with restarts of brokers and exchanges of keys, and fails on
growth or on a sample that is missing.`;

const EXAMPLE_WORDS = `## Users, TLS and client certificates

\`web.config_file\` has the format of Prometheus' [exporter toolkit](https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md);
paths in it are relative to its folder. What is here and not there is refused by name, never left out in silence.
\`promtool check web-config\` takes each of these.
`;

const REFUSED_WORDS = `### Refused
`;

const CHECKLIST = `## Hardening

- [ ] \`web.config_file\` with \`tls_server_config\`: without it passwords go readable by all, which the log warns of.
- [ ] A user or token for each sender, so that one can be taken away; or client certificates.
- [ ] \`http.admin_listen_address\` on a network that senders do not reach: metrics, status page and lifecycle are then not
  on the address of the balancer, and operators get in when \`connection.limit\` is used up
  (\`connection.admin_limit\` is theirs).
- [ ] Where there is one address only: \`http.protected: [write, operations, status, lifecycle]\`, with credentials for the
  scraper too.
- [ ] \`http.enable_lifecycle\` off unless something uses it; SIGHUP reloads as well.
- [ ] \`connection.limit\` somewhat above what your senders open, \`connection.limit_per_peer\` where the balancer keeps
  addresses.
- [ ] \`kafka.tls.enabled\` with \`kafka.tls.ca_file\`, and a login that may do no more than
  [it needs](kafka-security.md).
- [ ] Topics: with a template, \`kafka.routes\` and \`limits.topics\` bound where a sender may write.
- [ ] \`limits.label_name_length\`, \`limits.label_value_length\`, \`limits.labels_per_series\`, \`limits.future\` as your senders
  need them.
- [ ] Memory of the container above [the sum](#memory), file descriptors above \`connection.limit\`.
- [ ] The alerts [KafkaAdapterLosingData](runbooks.md#kafkaadapterlosingdata) (a 401 among them),
  [KafkaAdapterRefusingConnections](runbooks.md#kafkaadapterrefusingconnections) and
  [KafkaAdapterConfigReloadFailed](runbooks.md#kafkaadapterconfigreloadfailed).
`;

const POSTURE = `## Containers

The adapter needs no root, no capability, no writable folder and no other process. A test runs it as user 65532 with
all mounts read-only, no capability and no new privileges, against a real Kafka: it writes, shows its pages, reads its
configuration again and ends. Another runs it under Node's permission model, where nothing may be written:

\`\`\`sh
node --permission --allow-fs-read='*' --allow-addons --allow-worker src/main.ts
\`\`\`

Add-ons are the two that compute CRC-32C and LZ4; the worker is the thread that compares passwords. In Kubernetes:

\`\`\`yaml
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  readOnlyRootFilesystem: true
  allowPrivilegeEscalation: false
  capabilities: { drop: [ALL] }
  seccompProfile: { type: RuntimeDefault }
\`\`\`

Logs go to standard error. The process opens its own addresses, connects to brokers, and where they are set to the
schema registry and the token server: nothing else, and it never reports home.

## Supply chain

All packages are pinned to a version, and the lock file has the hash of each; none has an install script but \`node\`,
which brings the pinned Node to machines that develop. What runs is listed in [licences](licences.md).
`;
