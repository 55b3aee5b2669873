/** How one client gets into the brokers: its sockets, its login, and the name the brokers know it by. */

import type { KafkaConfig } from 'kafkajs';
import type { Logger } from '../lib/logger.ts';
import type { ClientOptions } from './client-options.ts';
import { oauthLogin } from './oauth-login.ts';
import { type Contact, newContact, type SocketSettings, socketFactory } from './sockets.ts';
import { subjectOf, TlsFiles } from './tls-files.ts';
import { TokenSource } from './token-source.ts';

const CONNECT_TIMEOUT_MS = 3000;
/** kafkajs' own timer only comes after that of the socket, which knows more. */
const LATER_MS = 500;

type ConnectionSettings = Required<Pick<KafkaConfig, 'socketFactory' | 'connectionTimeout'>> &
  Pick<KafkaConfig, 'ssl' | 'sasl'>;

export class Access {
  readonly #options: ClientOptions;
  readonly #sockets: SocketSettings;
  readonly #tokens: TokenSource;
  readonly #sasl: KafkaConfig['sasl'];

  /** `attemptTimeoutMs` is how long one request may take. */
  constructor(options: ClientOptions, attemptTimeoutMs: number, logger: Logger) {
    const { tls, sasl } = options;
    this.#options = options;
    this.#tokens = new TokenSource(sasl.oauth);
    this.#sockets = {
      tls: tls.enabled ? new TlsFiles(tls, logger) : undefined,
      serverName: tls.serverName,
      timeoutMs: Math.min(CONNECT_TIMEOUT_MS, attemptTimeoutMs),
    };
    this.#sasl = loginOf(options, this.#tokens);
  }

  /** For the connections to one broker, which tell `contact` how far they come. */
  settings(contact: Contact = newContact()): ConnectionSettings {
    return {
      socketFactory: socketFactory(this.#sockets, contact),
      connectionTimeout: this.#sockets.timeoutMs + LATER_MS,
      // kafkajs only asks whether there is any: the sockets see to it.
      ssl: this.#options.tls.enabled,
      ...(this.#sasl ? { sasl: this.#sasl } : {}),
    };
  }

  /** The principal by which access control lists know this client. */
  get user(): string {
    const { sasl, tls } = this.#options;
    if (sasl.mechanism === 'oauthbearer') return `User:${this.#tokens.subject || '<subject of the token>'}`;
    if (sasl.mechanism !== 'none') return `User:${sasl.username}`;
    if (tls.enabled && tls.certFile !== '') return `User:${subjectOf(tls.certFile)}`;
    return 'User:ANONYMOUS';
  }
}

function loginOf({ sasl }: ClientOptions, tokens: TokenSource): KafkaConfig['sasl'] {
  const { mechanism, username, password, oauth } = sasl;
  switch (mechanism) {
    case 'none':
      return undefined;
    case 'oauthbearer':
      return { mechanism, authenticationProvider: oauthLogin(tokens, oauth.extensions) };
    case 'plain':
      return { mechanism, username, password };
    case 'scram-sha-256':
      return { mechanism, username, password };
    case 'scram-sha-512':
      return { mechanism, username, password };
  }
}
