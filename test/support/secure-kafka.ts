/** One broker with a listener for every way in: TLS, client certificates, passwords, tokens, and some that are wrong. */

import { freeAddress, type KafkaNode } from '../../deploy/local/kafka.ts';
import type { Properties } from '../../deploy/local/kafka-properties.ts';
import { freePort } from '../../deploy/local/ports.ts';
import type { Authority, IssuedCertificate } from './authority.ts';
import { startKafka } from './kafka.ts';

/** Name of a listener, and what it speaks. */
const LISTENERS = {
  /** TLS, no login. */
  TLS: 'SSL',
  /** TLS with a certificate of the client. */
  MUTUAL: 'SSL',
  /** TLS with a certificate that has expired. */
  EXPIRED: 'SSL',
  /** TLS with a certificate for kafka.example.com alone. */
  NAMED: 'SSL',
  /** TLS with SCRAM. */
  SCRAM: 'SASL_SSL',
  /** PLAIN alone. */
  PLAIN: 'SASL_PLAINTEXT',
  /** PLAIN, whose sessions have to log in anew after a while. */
  SHORT: 'SASL_PLAINTEXT',
  /** Tokens without a signature. */
  TOKEN: 'SASL_PLAINTEXT',
  /** No login; names an address where nobody listens. */
  ASTRAY: 'PLAINTEXT',
} as const;

export type ListenerName = keyof typeof LISTENERS;

export const USER = 'adapter';
export const PASSWORD = 'r1ght-passw0rd';
export const SESSION_MS = 11_500;
/** A user that may do nothing at all. */
export const NOBODY = 'nobody';

export interface SecureKafka {
  readonly node: KafkaNode;
  /** Without any security, for what tests do beside. */
  readonly brokers: string;
  readonly portOf: (listener: ListenerName) => number;
  /** Where ASTRAY says that it is. */
  readonly nowhere: string;
}

/** `advertised` has other ports for listeners that are reached through a proxy. */
export async function startSecureKafka(
  authority: Authority,
  advertised: Partial<Record<ListenerName, (port: number) => Promise<number>>> = {},
): Promise<SecureKafka> {
  const address = await freeAddress();
  const names = Object.keys(LISTENERS) as ListenerName[];
  const ports = new Map<ListenerName, number>();
  const named = new Map<ListenerName, number>();
  for (const name of names) {
    const port = await unusedPort([address.port, address.controllerPort, ...ports.values()]);
    ports.set(name, port);
    named.set(name, (await advertised[name]?.(port)) ?? port);
  }
  const nowhere = await freePort();
  named.set('ASTRAY', nowhere);
  const own = `PLAINTEXT://127.0.0.1:${address.port}`;
  const list = (of: Map<ListenerName, number>): string[] =>
    names.map((name) => `${name}://127.0.0.1:${of.get(name)}`);
  const node = await startKafka({
    address,
    properties: {
      listeners: [own, ...list(ports), `CONTROLLER://127.0.0.1:${address.controllerPort}`].join(','),
      'advertised.listeners': [own, ...list(named)].join(','),
      'listener.security.protocol.map': [
        'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
        ...Object.entries(LISTENERS).map((entry) => entry.join(':')),
      ].join(','),
      'auto.create.topics.enable': 'false',
      ...tlsProperties(authority),
      ...loginProperties(),
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found': 'true',
      'super.users': 'User:ANONYMOUS',
    },
    formatArguments: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${USER},password=${PASSWORD}]`,
    ]),
  });
  return { node, brokers: node.brokers, nowhere: `127.0.0.1:${nowhere}`, portOf: (name) => ports.get(name)! };
}

async function unusedPort(taken: readonly number[]): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (!taken.includes(port)) return port;
  }
}

function tlsProperties(authority: Authority): Properties {
  const properties: Properties = {};
  const local = authority.issue({ name: 'broker', alternatives: 'DNS:localhost,IP:127.0.0.1' });
  const certificates: Partial<Record<ListenerName, IssuedCertificate>> = {
    TLS: local,
    MUTUAL: local,
    SCRAM: local,
    EXPIRED: authority.issue({ name: 'broker', alternatives: 'IP:127.0.0.1', isExpired: true }),
    NAMED: authority.issue({ name: 'broker', alternatives: 'DNS:kafka.example.com' }),
  };
  for (const [name, { pemFile }] of Object.entries(certificates)) {
    const prefix = `listener.name.${name.toLowerCase()}.ssl`;
    properties[`${prefix}.keystore.type`] = 'PEM';
    properties[`${prefix}.keystore.location`] = pemFile;
    properties[`${prefix}.truststore.type`] = 'PEM';
    properties[`${prefix}.truststore.location`] = authority.caFile;
  }
  properties['listener.name.mutual.ssl.client.auth'] = 'required';
  return properties;
}

function loginProperties(): Properties {
  const classes = 'org.apache.kafka.common.security';
  const plain = `${classes}.plain.PlainLoginModule required user_${USER}="${PASSWORD}" user_${NOBODY}="${PASSWORD}";`;
  const token = `${classes}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`;
  return {
    'listener.name.scram.sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.scram.scram-sha-256.sasl.jaas.config': `${classes}.scram.ScramLoginModule required;`,
    'listener.name.scram.scram-sha-512.sasl.jaas.config': `${classes}.scram.ScramLoginModule required;`,
    'listener.name.plain.sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.plain.plain.sasl.jaas.config': plain,
    'listener.name.short.sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.short.plain.sasl.jaas.config': plain,
    'listener.name.short.plain.connections.max.reauth.ms': String(SESSION_MS),
    'listener.name.token.sasl.enabled.mechanisms': 'OAUTHBEARER',
    'listener.name.token.oauthbearer.sasl.jaas.config': token,
  };
}
