/** The command behind `npm start`: the adapter, and a throw-away Kafka for it when no brokers are configured. */

import { fileURLToPath } from 'node:url';
import { Launcher } from './launcher.ts';
import { waysToKafka } from './ways.ts';

const launcher = new Launcher({
  script: fileURLToPath(new URL('../../src/main.ts', import.meta.url)),
  args: process.argv.slice(2),
  environment: process.env,
  ways: waysToKafka({ environment: process.env, out: process.stderr }),
  out: process.stdout,
  log: process.stderr,
});

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => launcher.signal(name));
// The runner in front was killed outright: nobody is left to end what runs here.
process.on('disconnect', () => launcher.signal('SIGTERM'));
process.channel?.unref();

process.exit(await launcher.run());
