/** Brokers without TLS and login, as most tests have them. */

import type { ClientOptions } from '../../src/kafka/client-options.ts';

const NO_OAUTH = {
  tokenUrl: '',
  clientId: '',
  clientSecret: '',
  scope: '',
  caFile: '',
  tokenFile: '',
  extensions: [],
} as const;

export const NO_SECURITY: Pick<ClientOptions, 'tls' | 'sasl'> = {
  tls: { enabled: false, caFile: '', certFile: '', keyFile: '', keyPassword: '', serverName: '' },
  sasl: { mechanism: 'none', username: '', password: '', oauth: NO_OAUTH },
};
