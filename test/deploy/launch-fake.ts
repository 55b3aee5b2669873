/** The launcher as `npm start` runs it, around the fake adapter; `LAUNCH_WAYS=none` takes every way to a Kafka away. */

import { fileURLToPath } from 'node:url';
import { KafkaNode } from '../../deploy/local/kafka.ts';
import { Launcher } from '../../deploy/local/launcher.ts';
import { type Way, waysToKafka } from '../../deploy/local/ways.ts';

const hasNoWay = process.env['LAUNCH_WAYS'] === 'none';
const refuse = { name: 'no way', start: () => Promise.reject(new Error('taken away by the test')) };

/** The same way, telling the process of its broker to tests that end it. */
function talkative(way: Way): Way {
  const start = async (signal: AbortSignal) => {
    const kafka = await way.start(signal);
    if (kafka instanceof KafkaNode) process.stderr.write(`Kafka runs as process ${kafka.pid}\n`);
    return kafka;
  };
  return { name: way.name, start };
}

const ways = waysToKafka({ environment: process.env, out: process.stderr }).map(talkative);
const launcher = new Launcher({
  script: fileURLToPath(new URL('fake-adapter.ts', import.meta.url)),
  args: process.argv.slice(2),
  environment: process.env,
  ways: hasNoWay ? [refuse] : ways,
  out: process.stdout,
  log: process.stderr,
});

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => launcher.signal(name));
process.exit(await launcher.run());
