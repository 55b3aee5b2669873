/** What the launcher tells its user. */

const ruler = '-'.repeat(78);

/** The addresses to show. */
export interface BannerFacts {
  /** Base URL of the adapter. */
  adapterUrl: string;
  /** Kafka's `host:port`; without one nothing is delivered. */
  brokers: string | undefined;
}

function kafkaLines({ brokers }: BannerFacts): string[] {
  if (!brokers) return ['  Kafka        none: records are printed here and DELIVERED NOWHERE (--dry-run)'];
  return [`  Kafka        ${brokers}  (a throw-away broker with one node)`];
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
    `  adapter      ${facts.adapterUrl}  (open it in a browser: its status page)`,
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
