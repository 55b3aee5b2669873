/** The page docs/kafka-security.md: an example for each way into the brokers, and every problem from its table. */

import { type Facts, PROBLEMS, type ProblemCode } from '../src/kafka/problems.ts';
import { advertisedRefusal, producerIdRefusal, topicRefusal } from '../src/kafka/refusals.ts';

const BROKER = 'kafka-1:9093';

const FACTS: Facts = {
  broker: BROKER,
  stage: 'answered',
  code: '',
  words: '',
  error: undefined,
  strange: '',
  isTls: true,
  hasCertificate: true,
  mechanism: 'scram-sha-512',
  offered: '',
  user: 'adapter',
};

/** What makes the sentence of each problem a whole one. */
const SEEN: Readonly<Record<ProblemCode, Partial<Facts>>> = {
  tls_file: { words: 'kafka.tls.key_file /tls/key.pem is not the key of kafka.tls.cert_file /tls/cert.pem' },
  token: { words: 'https://login.example.com/token gives no token: status 401 (invalid_client)' },
  token_refused: { words: '{"status":"invalid_token"}' },
  name_unresolved: { code: 'ENOTFOUND' },
  port_closed: { code: 'ECONNREFUSED' },
  unreachable: { code: 'ETIMEDOUT' },
  authority_unknown: { code: 'SELF_SIGNED_CERT_IN_CHAIN' },
  certificate_expired: { code: 'CERT_HAS_EXPIRED' },
  name_mismatch: { error: { host: 'kafka-1', cert: { subjectaltname: 'DNS:kafka.example.com' } } },
  client_certificate_missing: { code: 'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE' },
  client_certificate_refused: { code: 'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN' },
  tls_version: { code: 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE' },
  no_tls: { code: 'ECONNRESET' },
  http: { strange: 'HTTP/1.1 400 Bad' },
  wants_tls: { strange: '\x15\x03' },
  no_kafka: { strange: 'SSH-2.0-OpenSSH_' },
  mechanism_unsupported: { offered: 'PLAIN' },
  login_unwanted: {},
  login_refused: { words: 'Authentication failed: Invalid username or password' },
  silent: { words: 'Request Metadata(key: 3, version: 6) timed out' },
  login_missing: {},
};

const REFUSED = { user: 'User:adapter', topic: 'metrics', error: 'TOPIC_AUTHORIZATION_FAILED' } as const;

export function kafkaSecurityPage(): string {
  const problems = (Object.keys(PROBLEMS) as ProblemCode[]).map((code) => {
    const { says, sign, cure } = PROBLEMS[code];
    const sentence = `${BROKER} ${says({ ...FACTS, ...SEEN[code] })}`;
    return entry(sentence, `Recognised by: ${sign}.`, `${cure[0]!.toUpperCase()}${cure.slice(1)}.`);
  });
  const advertised = advertisedRefusal(
    { host: 'kafka', port: 9092 },
    1,
    new Error('localhost:9092 refuses the connection, nothing listens there (ECONNREFUSED)'),
  );
  return [
    PAGE,
    problems.join('\n\n'),
    ADVERTISED,
    entry(advertised),
    PERMISSIONS,
    entry(topicRefusal(['Write', 'Describe', 'Create'], REFUSED)),
    entry(topicRefusal(['Write'], REFUSED)),
    entry(topicRefusal(['Read'], { ...REFUSED, topic: '_kafka_adapter_fleet' })),
    entry(producerIdRefusal({ ...REFUSED, error: 'CLUSTER_AUTHORIZATION_FAILED' })),
    '',
  ].join('\n\n');
}

function entry(sentence: string, ...more: readonly string[]): string {
  return [`> ${sentence.replaceAll('<', '\\<')}`, ...more].join('\n\n');
}

const ADVERTISED = `## Addresses that brokers give

Records go to the brokers that lead the partitions, at the addresses by which these name themselves. \`/-/ready\` turns
200 once one of them is reached by such an address, so this shows at the start and not at the first sample:`;

const PERMISSIONS = `## Permissions

The adapter needs \`Write\` on its topics, which brings \`Describe\` with it, and \`Create\` where topics are to be made.
\`DescribeConfigs\` lets \`check-kafka\` show the settings of the topic, and nothing else.

The [fleet](fleet.md) needs \`Read\` and \`Write\` on \`fleet.topic\`, and \`Create\` once, unless the topic is there; no permission
for consumer groups. Without these the adapter runs as ever, its connections spread by age alone:

<!-- not run: needs a cluster with an authorizer; the permissions themselves are tested -->
\`\`\`sh
kafka-acls.sh --bootstrap-server kafka-1:9093 --add --allow-principal User:adapter \\
  --operation Read --operation Write --operation Create --topic _kafka_adapter_fleet
\`\`\``;

const PAGE = `# Security of Kafka

Every option is in the [configuration](configuration.md#kafka). Does it work? One command says so, and writes nothing:

\`\`\`sh
kafka-adapter check-kafka --config.file=adapter.yml   # exit status 0 when records can be written, else 1
\`\`\`

It tries every broker of \`kafka.brokers\`, logs in, tries the addresses by which the brokers name themselves, asks for
the permissions of this user, and shows partitions, copies and the settings of the topic that matter.

Secrets belong into files: \`KAFKA_SASL_PASSWORD_FILE\`, \`KAFKA_TLS_KEY_PASSWORD_FILE\` and
\`KAFKA_SASL_OAUTH_CLIENT_SECRET_FILE\` name them. No log line, answer or printed configuration shows a secret.

## TLS

\`\`\`yaml
kafka:
  brokers: [kafka-1:9093, kafka-2:9093]
  tls:
    enabled: true
    ca_file: /tls/ca.pem            # empty: the authorities that Node trusts
\`\`\`

With brokers that are reached through one name, or by address, \`kafka.tls.server_name\` is the name that all their
certificates hold.

## Client certificates

\`\`\`yaml
kafka:
  brokers: [kafka-1:9093, kafka-2:9093]
  tls:
    enabled: true
    ca_file: /tls/ca.pem
    cert_file: /tls/tls.crt
    key_file: /tls/tls.key          # PEM; with a password: KAFKA_TLS_KEY_PASSWORD_FILE
\`\`\`

All three files are looked at for each new connection and read again when they have changed, so a rotation needs no
restart. Connections that are open live on with what they began with. New files that cannot be used, or of which only
one has been written so far, leave the old ones in use, with one warning in the log.

## Passwords

\`\`\`yaml
kafka:
  brokers: [kafka-1:9094, kafka-2:9094]
  tls:
    enabled: true
    ca_file: /tls/ca.pem
  sasl:
    mechanism: scram-sha-512        # or scram-sha-256, plain
    username: adapter               # the password: KAFKA_SASL_PASSWORD_FILE
\`\`\`

\`plain\` sends the password itself, so it needs TLS. \`scram\` sends a proof of it.

## Tokens

\`\`\`yaml
kafka:
  brokers: [pkc-1.example.com:9092]
  tls:
    enabled: true
  sasl:
    mechanism: oauthbearer
    oauth:
      token_url: https://login.example.com/oauth2/token
      client_id: adapter            # the secret: KAFKA_SASL_OAUTH_CLIENT_SECRET_FILE
      scope: kafka
      extensions: [logicalCluster=lkc-1, identityPoolId=pool-1]
\`\`\`

Tokens come by the grant of client credentials (RFC 6749, section 4.4), with client and secret in the header. One token
serves all connections until a fifth of its life, at least 15 s, is left; while the token URL is away it serves to its
end. Brokers end sessions with the token, so the adapter logs in anew on the open connection 10 s before. Tokens should
live for a minute or more.

\`\`\`yaml
kafka:
  brokers: [kafka-1:9094]
  tls:
    enabled: true
    ca_file: /tls/ca.pem
  sasl:
    mechanism: oauthbearer
    oauth:
      token_file: /var/run/secrets/kafka/token
\`\`\`

A token file is read at each login, so whoever writes it, such as Kubernetes with a projected token, renews it.

## What may be wrong

Until it works for the first time, \`/-/ready\` is 503 with the sentence, each try writes it to the log, and writes are
answered 503 with it. The adapter goes on trying, so nothing has to be restarted once the cause is gone.`;
