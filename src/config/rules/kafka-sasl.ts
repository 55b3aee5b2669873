/** The rules between options of the login to Kafka. */

import { type Rule, when } from '../rule.ts';

const PASSWORD_OPTIONS = ['kafka.sasl.username', 'kafka.sasl.password'] as const;
const CLIENT_OPTIONS = ['kafka.sasl.oauth.client_id', 'kafka.sasl.oauth.client_secret'] as const;
/** Of use with a token URL only. */
const URL_OPTIONS = [...CLIENT_OPTIONS, 'kafka.sasl.oauth.scope', 'kafka.sasl.oauth.ca_file'] as const;
const SOURCES = ['kafka.sasl.oauth.token_url', 'kafka.sasl.oauth.token_file'] as const;
const OAUTH_OPTIONS = [...SOURCES, ...URL_OPTIONS, 'kafka.sasl.oauth.extensions'] as const;

const are = (names: readonly string[]): string => `${names.join(' and ')} ${names.length > 1 ? 'are' : 'is'}`;

export const SASL_RULES: readonly Rule[] = [
  {
    name: 'sasl_incomplete',
    level: 'problem',
    doc: 'The mechanisms `plain` and `scram` need a user name and a password.',
    reads: ['kafka.sasl.mechanism', ...PASSWORD_OPTIONS],
    check(config) {
      const mechanism = config['kafka.sasl.mechanism'];
      const missing = PASSWORD_OPTIONS.filter((name) => config[name] === '');
      return when(
        mechanism !== 'none' && mechanism !== 'oauthbearer' && missing.length > 0,
        `kafka.sasl.mechanism is ${mechanism}, but ${are(missing)} not set`,
      );
    },
  },
  {
    name: 'sasl_without_mechanism',
    level: 'problem',
    doc: 'A user name or password needs a mechanism that takes them.',
    reads: ['kafka.sasl.mechanism', ...PASSWORD_OPTIONS],
    check(config) {
      const mechanism = config['kafka.sasl.mechanism'];
      const given = PASSWORD_OPTIONS.filter((name) => config[name] !== '');
      return when(
        (mechanism === 'none' || mechanism === 'oauthbearer') && given.length > 0,
        `${are(given)} set, but kafka.sasl.mechanism is ${mechanism}: choose plain, scram-sha-256 or scram-sha-512`,
      );
    },
  },
  {
    name: 'oauth_incomplete',
    level: 'problem',
    doc: 'The mechanism `oauthbearer` needs a token URL with client and secret, or a token file.',
    reads: ['kafka.sasl.mechanism', ...SOURCES, ...CLIENT_OPTIONS],
    check(config) {
      if (config['kafka.sasl.mechanism'] !== 'oauthbearer') return undefined;
      const sources = SOURCES.filter((name) => config[name] !== '');
      if (sources.length === 2) return `${are(sources)} set, expected only one of them`;
      if (sources.length === 0)
        return 'kafka.sasl.mechanism is oauthbearer, but there is neither kafka.sasl.oauth.token_url nor kafka.sasl.oauth.token_file';
      const missing = CLIENT_OPTIONS.filter((name) => config[name] === '');
      return when(
        sources[0] === 'kafka.sasl.oauth.token_url' && missing.length > 0,
        `kafka.sasl.oauth.token_url is set, but ${are(missing)} not`,
      );
    },
  },
  {
    name: 'oauth_client_without_url',
    level: 'problem',
    doc: 'Client, scope and authorities are of use with a token URL only.',
    reads: ['kafka.sasl.oauth.token_file', ...URL_OPTIONS],
    check(config) {
      const given = URL_OPTIONS.filter((name) => config[name] !== '');
      return when(
        config['kafka.sasl.oauth.token_file'] !== '' && given.length > 0,
        `${are(given)} set, but kafka.sasl.oauth.token_file gives the token, expected one or the other`,
      );
    },
  },
  {
    name: 'oauth_without_mechanism',
    level: 'problem',
    doc: 'What is set for tokens is of use with `oauthbearer` only.',
    reads: ['kafka.sasl.mechanism', ...OAUTH_OPTIONS],
    check(config) {
      const mechanism = config['kafka.sasl.mechanism'];
      const given = OAUTH_OPTIONS.filter((name) => config[name].length > 0);
      return when(
        mechanism !== 'oauthbearer' && given.length > 0,
        `${are(given)} set, but kafka.sasl.mechanism is ${mechanism}: set it to oauthbearer`,
      );
    },
  },
  {
    name: 'sasl_without_tls',
    level: 'warning',
    doc: 'Without TLS, `plain` and `oauthbearer` send password or token readable by all.',
    reads: ['kafka.sasl.mechanism', 'kafka.tls.enabled'],
    check(config) {
      const mechanism = config['kafka.sasl.mechanism'];
      const sent = { plain: 'password', oauthbearer: 'token' }[mechanism as string];
      return when(
        sent !== undefined && !config['kafka.tls.enabled'],
        `kafka.sasl.mechanism is ${mechanism} without kafka.tls.enabled: the ${sent} crosses the network readable by all`,
      );
    },
  },
  {
    name: 'token_url_without_tls',
    level: 'warning',
    doc: 'To a token URL without TLS the secret of the client goes readable by all.',
    reads: ['kafka.sasl.oauth.token_url'],
    check: (config) =>
      when(
        config['kafka.sasl.oauth.token_url'].startsWith('http:'),
        'kafka.sasl.oauth.token_url begins with http: the client secret crosses the network readable by all',
      ),
  },
];
