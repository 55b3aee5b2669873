/** The options of the login to Kafka. */

import type { Option } from '../option.ts';
import { choice, list, secret, text } from '../words.ts';

export const SASL_OPTIONS = {
  'kafka.sasl.mechanism': {
    kind: choice('none', 'plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'),
    default: 'none',
    needsRestart: true,
    doc: 'How to log in to the brokers.',
  },
  'kafka.sasl.username': {
    kind: text(),
    default: '',
    needsRestart: true,
    doc: 'User to log in as; not with `oauthbearer`.',
  },
  'kafka.sasl.password': {
    kind: secret(),
    default: '',
    needsRestart: true,
    doc: 'Password of the user; not with `oauthbearer`.',
  },
  'kafka.sasl.oauth.token_url': {
    kind: text({
      pattern: '^(https?://[^\\s@]+)?$',
      expected: 'a URL that begins with `https://` or `http://`',
    }),
    default: '',
    needsRestart: true,
    doc: 'Where `oauthbearer` gets its tokens, by the grant of client credentials. A token is used until a fifth of its life is left.',
  },
  'kafka.sasl.oauth.client_id': {
    kind: text(),
    default: '',
    needsRestart: true,
    doc: 'Client to get tokens for.',
  },
  'kafka.sasl.oauth.client_secret': {
    kind: secret(),
    default: '',
    needsRestart: true,
    doc: 'Secret of the client.',
  },
  'kafka.sasl.oauth.scope': {
    kind: text(),
    default: '',
    needsRestart: true,
    doc: 'Scope to ask for, several with spaces between; empty asks for none.',
  },
  'kafka.sasl.oauth.ca_file': {
    kind: text(),
    default: '',
    needsRestart: true,
    doc: 'PEM file of the authorities that sign the certificate of the token URL; empty means those that Node trusts.',
  },
  'kafka.sasl.oauth.token_file': {
    kind: text(),
    default: '',
    needsRestart: true,
    doc: 'File that holds the token, in the place of the token URL; read at each login.',
  },
  'kafka.sasl.oauth.extensions': {
    // RFC 7628, section 3.1; `auth` is the token itself.
    kind: list(
      text({
        pattern: '^(?!auth=)[A-Za-z]+=[\\x20-\\x7E]+$',
        expected: '`name=value` with a name of letters',
      }),
    ),
    default: '',
    needsRestart: true,
    doc: 'What brokers want to know beside the token, such as `logicalCluster=lkc-1,identityPoolId=pool-1`.',
  },
} as const satisfies Record<string, Option<unknown>>;
