/** TLS and login of a client from flags, as the program reads them. */

import assert from 'node:assert/strict';
import { clientOptions } from '../../src/app/settings.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { ClientOptions } from '../../src/kafka/client-options.ts';

export function securityOf(flags: readonly string[]): Pick<ClientOptions, 'tls' | 'sasl'> {
  const readFile = (path: string): string => assert.fail(`reads ${path}`);
  const loaded = loadConfig({ argv: ['--kafka.brokers=a:1', ...flags], env: {}, readFile });
  assert.ok('config' in loaded, JSON.stringify(loaded));
  const { tls, sasl } = clientOptions(loaded.config);
  return { tls, sasl };
}
