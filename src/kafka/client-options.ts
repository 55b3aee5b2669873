/** What the clients of Kafka need to know: brokers, TLS, login. */

export interface TlsSettings {
  readonly enabled: boolean;
  /** PEM files; '' where there is none. */
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly keyPassword: string;
  /** The name that certificates have to hold; '' for that of each broker. */
  readonly serverName: string;
}

/** Where tokens come from: a file, or a URL that gives them to a client with a secret. */
export interface OauthSettings {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string;
  readonly caFile: string;
  readonly tokenFile: string;
  /** Each `name=value`. */
  readonly extensions: readonly string[];
}

export interface SaslSettings {
  readonly mechanism: 'none' | 'plain' | 'scram-sha-256' | 'scram-sha-512' | 'oauthbearer';
  readonly username: string;
  readonly password: string;
  readonly oauth: OauthSettings;
}

export interface ClientOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls: TlsSettings;
  readonly sasl: SaslSettings;
  /** The whole wait for an acknowledgement, retries included. */
  readonly produceTimeoutMs: number;
}
