/** The sum that bounds the memory of the process: every part of it with the options that bound the part. */

import { formatSize } from '../lib/units.ts';
import type { Config, OptionName } from './options.ts';
import type { WebConfig } from './web-config.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Measured, each with room: `test/e2e/memory-bound.test.ts` holds the process to their sum. */
const COSTS = {
  /** Program, heap and what the collector leaves lying, at full load. */
  process: 176 * MIB,
  /** A thread that compares passwords. */
  passwords: 48 * MIB,
  connection: 24 * KIB,
  connectionTls: 64 * KIB,
  /** The piece of its body that was read before it was known that it has to wait. */
  waiting: 136 * KIB,
  waitingTls: 232 * KIB,
  /** A body comes in pieces, of which each is a little larger than what is in it. */
  bodies: 1.25,
  /** Memory for one body and what it means, with room to grow. */
  decoding: 1.25,
  /** Batches grow by doubling, and are there once more while they are compressed. */
  records: 2,
  /** Batches that wait to be used again. */
  spareBatches: 32 * MIB,
  /** Places, order and what is known of a symbol. */
  symbol: 24,
  rememberedSeries: KIB,
} as const;

/** The queue of those whose password is checked, and that of those who wait for room. */
const QUEUES = 2;

/** A request that is written in one step, and a large one that is looked through beside it. */
const READINGS = 2;

export interface MemoryPart {
  readonly what: string;
  /** As a reader would work it out. */
  readonly formula: string;
  readonly reads: readonly OptionName[];
  /** 0 when the part is not there; Infinity when an option takes the bound away. */
  bytes(config: Config, web: WebConfig): number;
}

export const MEMORY_PARTS: readonly MemoryPart[] = [
  {
    what: 'the process itself',
    formula: formatSize(COSTS.process),
    reads: [],
    bytes: () => COSTS.process,
  },
  {
    what: 'bodies under way',
    formula: `${COSTS.bodies} × \`http.max_inflight_size\``,
    reads: ['http.max_inflight_size'],
    bytes: (config) => COSTS.bodies * config['http.max_inflight_size'],
  },
  {
    what: 'a large and a small body while they are read',
    formula: `${COSTS.decoding} × (\`http.max_body_size\` + \`http.max_decoded_size\`) + ${READINGS} × ${COSTS.symbol} bytes × \`limits.symbols_per_request\``,
    reads: ['http.max_body_size', 'http.max_decoded_size', 'limits.symbols_per_request'],
    bytes: (config) =>
      COSTS.decoding * (config['http.max_body_size'] + config['http.max_decoded_size']) +
      READINGS * COSTS.symbol * config['limits.symbols_per_request'],
  },
  {
    what: 'records on their way to Kafka',
    formula: `${COSTS.records} × \`kafka.max_queue_size\` + ${formatSize(COSTS.spareBatches)}`,
    reads: ['kafka.max_queue_size'],
    bytes: (config) => COSTS.records * config['kafka.max_queue_size'] + COSTS.spareBatches,
  },
  {
    what: 'connections',
    formula: `(\`connection.limit\` + \`connection.admin_limit\`) × (${formatSize(COSTS.connection)}, with TLS ${formatSize(COSTS.connectionTls)}, + \`http.max_header_size\`)`,
    reads: ['connection.limit', 'connection.admin_limit', 'http.max_header_size', 'web.config_file'],
    bytes: connectionBytes,
  },
  {
    what: 'requests whose body waits',
    formula: `${QUEUES} × \`http.queue_length\` × ${formatSize(COSTS.waiting)}, with TLS ${formatSize(COSTS.waitingTls)}`,
    reads: ['http.queue_length', 'web.config_file'],
    bytes: (config, { tls }) =>
      QUEUES * config['http.queue_length'] * (tls ? COSTS.waitingTls : COSTS.waiting),
  },
  {
    what: 'answers that nobody takes',
    formula: '`http.max_unread_size`',
    reads: ['http.max_unread_size'],
    bytes: (config) => config['http.max_unread_size'],
  },
  {
    what: 'what the rules said of series',
    formula: `with rules or templates, \`limits.remembered_series\` × ${formatSize(COSTS.rememberedSeries)}`,
    reads: ['limits.remembered_series'],
    bytes: (config) => (hasRules(config) ? COSTS.rememberedSeries * config['limits.remembered_series'] : 0),
  },
  {
    what: 'passwords being checked',
    formula: `with \`basic_auth_users\`, ${formatSize(COSTS.passwords)}`,
    reads: ['web.config_file'],
    bytes: (_config, { users }) => (users.size > 0 ? COSTS.passwords : 0),
  },
];

function connectionBytes(config: Config, { tls }: WebConfig): number {
  const limit = config['connection.limit'];
  const adminLimit = config['http.admin_listen_address'] === undefined ? 0 : config['connection.admin_limit'];
  const isAdminEndless = config['http.admin_listen_address'] !== undefined && adminLimit === 0;
  if (limit === 0 || isAdminEndless) return Number.POSITIVE_INFINITY;
  const each = (tls ? COSTS.connectionTls : COSTS.connection) + config['http.max_header_size'];
  return (limit + adminLimit) * each;
}

function hasRules(config: Config): boolean {
  const { 'record.match': match, 'record.external_labels': labels, 'kafka.routes': routes } = config;
  const rules = config['record.write_relabel_configs'];
  return (
    match.length + labels.size + routes.length + rules.length > 0 || config['kafka.topic'].includes('{{')
  );
}

/** Bytes that the process does not pass; Infinity when an option takes a bound away. */
export function memoryBound(config: Config, web: WebConfig): number {
  return MEMORY_PARTS.reduce((sum, { bytes }) => sum + bytes(config, web), 0);
}

/** What to say when there are fewer bytes than that; undefined when there are enough. */
export function memoryWarning(boundBytes: number, availableBytes: number): string | undefined {
  if (boundBytes <= availableBytes) return undefined;
  const available = mebibytes(availableBytes);
  if (boundBytes === Number.POSITIVE_INFINITY)
    return `there is ${available} of memory, but no bound on what this process may take: set connection.limit and connection.admin_limit above 0`;
  return `the limits allow this process ${mebibytes(boundBytes)} of memory in the worst case, but there is ${available}: lower connection.limit, http.max_inflight_size or kafka.max_queue_size (docs/security.md has the sum)`;
}

export function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / MIB)}MiB`;
}
