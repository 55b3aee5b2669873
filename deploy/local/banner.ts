/** What the launcher tells its user. */

const ruler = '-'.repeat(78);

/** The addresses to show. */
export interface BannerFacts {
  /** Base URL of the adapter. */
  adapterUrl: string;
  /** Where operators look: the same, or the second address; undefined when only the log of the adapter tells its port. */
  statusUrl: string | undefined;
  /** Kafka's `host:port`; without one nothing is delivered. */
  brokers: string | undefined;
}

function kafkaLines({ brokers }: BannerFacts): string[] {
  if (!brokers) return ['  Kafka        none: records are printed here and DELIVERED NOWHERE (--dry-run)'];
  return [`  Kafka        ${brokers}  (a throw-away broker with one node)`];
}

function adapterLines({ adapterUrl, statusUrl }: BannerFacts): string[] {
  if (statusUrl === adapterUrl)
    return [`  adapter      ${adapterUrl}  (open it in a browser: its status page)`];
  const statusPage = statusUrl === undefined ? [] : [`  status page  ${statusUrl}`];
  return [`  adapter      ${adapterUrl}`, ...statusPage];
}

/** The text shown when the adapter answers. */
export function formatBanner(facts: BannerFacts, isColoured: boolean): string {
  const bold = (text: string): string => (isColoured ? `\x1b[1m${text}\x1b[0m` : text);
  const records = facts.brokers
    ? [
        '',
        'See the records arrive, from another terminal:',
        '',
        `  npm run tail -- --kafka.brokers=${facts.brokers}`,
      ]
    : [];
  return [
    ruler,
    bold('kafka-adapter is running, for trying out only: nothing is kept.'),
    '',
    ...kafkaLines(facts),
    ...adapterLines(facts),
    '',
    'Paste into prometheus.yml:',
    '',
    'remote_write:',
    `  - url: ${facts.adapterUrl}/api/v1/write`,
    ...records,
    '',
    'Ctrl-C ends everything.',
    ruler,
    '',
  ].join('\n');
}

/** What an adapter has that serves with brokers of the user's own. */
export interface ServedFacts {
  /** Base URL of what senders write to. */
  adapterUrl: string;
  /** Where operators look: the same, or the second address. */
  statusUrl: string;
  /** Kafka's `host:port`, with commas between; without one nothing is delivered. */
  brokers: string | undefined;
  topic: string;
  /** `shutdown.drain_delay` as people write it, `20s`, and 0 for none. */
  drainDelay: string;
}

/** The same for such an adapter, which is no trial; `pid` is its process. */
export function formatServedBanner(
  facts: ServedFacts & { pid: number | undefined },
  isColoured: boolean,
): string {
  const { adapterUrl, statusUrl, brokers, topic, drainDelay, pid } = facts;
  const title = 'kafka-adapter is running.';
  const end =
    drainDelay === '0'
      ? ['Ctrl-C ends it.']
      : [
          `Ctrl-C ends it, after ${drainDelay} in which a balancer can notice (shutdown.drain_delay);`,
          'once more ends it at once.',
        ];
  return [
    ruler,
    isColoured ? `\x1b[1m${title}\x1b[0m` : title,
    '',
    ...(brokers === undefined
      ? ['  Kafka        none: records are printed and DELIVERED NOWHERE (--dry-run)']
      : [`  Kafka        ${brokers}, topic ${topic}`]),
    `  adapter      ${adapterUrl}`,
    `  status page  ${statusUrl}`,
    // npm ends at this signal, and with it all: it is the one of a terminal that is closed.
    `  process      ${pid}  (kill -HUP ${pid} reads the configuration again)`,
    '',
    'For prometheus.yml, with the address of the balancer where there is one:',
    '',
    'remote_write:',
    `  - url: ${adapterUrl}/api/v1/write`,
    '',
    ...(brokers === undefined
      ? []
      : ['See the records arrive: npm run tail, with the same options for Kafka.', '']),
    ...end,
    ruler,
    '',
  ].join('\n');
}

/** The text shown when no way leads to a Kafka. */
export function formatNoKafka(refusals: string[]): string {
  return [
    ruler,
    'NO KAFKA COULD BE STARTED HERE. The adapter runs with --dry-run: it prints the',
    'records to the standard output and DELIVERS THEM NOWHERE.',
    ...refusals.map((refusal) => `  - ${refusal}`),
    'Any of these gives it a real Kafka:',
    '  1. set KAFKA_BROKERS=host:port to brokers you have;',
    '  2. install Java 17 or newer: Kafka itself is then downloaded (behind a mirror set',
    '     MAVEN_CENTRAL_URL), or taken from KAFKA_HOME;',
    '  3. install and start Docker.',
    ruler,
    '',
  ].join('\n');
}
