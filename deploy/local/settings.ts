/** What the user has decided already, as far as the launcher has to know: everything else is for the adapter to judge. */

import { readFileSync } from 'node:fs';
import { formatListenAddress, type ListenAddress } from '../../src/config/addresses.ts';
import { isCommandName } from '../../src/config/commands.ts';
import { type LikelyConfig, loadConfig, loadLikelyConfig, requestedAction } from '../../src/config/load.ts';

/** The part of the adapter's configuration that decides what is started around it. */
export interface Settings {
  /** Nothing is to be started but the adapter: it has brokers, needs none, or has problems to list. */
  isAdapterAlone: boolean;
  /** Where the adapter listens, `host:port`. */
  listenAddress: string;
  /** Whether the user chose that address. */
  isListenAddressGiven: boolean;
  /** Where it listens for operators; undefined when that is the same address. */
  adminAddress: ListenAddress | undefined;
  /** Variables to add for the adapter. */
  added: NodeJS.ProcessEnv;
  /** With what it serves alone; undefined when it does not, or is going to list problems. */
  served: LikelyConfig | undefined;
}

const anyBroker = { KAFKA_BROKERS: '127.0.0.1:9092' };

/** Reads what the adapter will read, by the adapter's own rules. */
export function readSettings(argv: string[], environment: NodeJS.ProcessEnv): Settings {
  const inputOf = (env: NodeJS.ProcessEnv) => ({
    argv,
    env,
    readFile: (path: string) => readFileSync(path, 'utf8'),
  });
  const alone = {
    isAdapterAlone: true,
    listenAddress: '',
    isListenAddressGiven: true,
    adminAddress: undefined,
    added: {},
    served: undefined,
  };
  const [first = ''] = argv;
  if (isCommandName(first) || first === 'doctor' || requestedAction(argv) !== 'run') return alone;
  const input = inputOf(environment);
  if ('config' in loadConfig(input)) return { ...alone, served: loadLikelyConfig(input) };
  // Brokers that are given and wrong are a problem to be told, not a reason to start others.
  if (environment['KAFKA_BROKERS'] || environment['KAFKA_BROKER_LIST']) return alone;
  // Would all be well with brokers? If not, the adapter says so at once, and brokers are none of its complaints.
  const loaded = loadConfig(inputOf({ ...environment, ...anyBroker }));
  if (!('config' in loaded)) return { ...alone, added: anyBroker };
  return {
    isAdapterAlone: false,
    listenAddress: formatListenAddress(loaded.config['http.listen_address']),
    adminAddress: loaded.config['http.admin_listen_address'],
    isListenAddressGiven: loaded.origins['http.listen_address'].source !== 'default',
    // A balancer needs the time to notice; somebody who tries out presses Ctrl-C and waits.
    added: loaded.origins['shutdown.drain_delay'].source === 'default' ? { SHUTDOWN_DRAIN_DELAY: '0s' } : {},
    served: undefined,
  };
}
