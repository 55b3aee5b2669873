/** Stands in for the adapter in tests of the launcher: answers as it does, prints what it was given, obeys SIGTERM. */

import { createServer } from 'node:http';

const { KAFKA_BROKERS, HTTP_LISTEN_ADDRESS, SHUTDOWN_DRAIN_DELAY, FAKE_IGNORES_SIGTERM } = process.env;
const args = process.argv.slice(2);
const port = Number(HTTP_LISTEN_ADDRESS?.split(':').at(-1) ?? 8080);
const server = createServer((_request, response) => response.end('ready\n'));

process.on('SIGTERM', () => {
  process.stdout.write('fake adapter: SIGTERM\n');
  if (!FAKE_IGNORES_SIGTERM) server.close(() => process.exit(Number(process.env['FAKE_EXIT_STATUS'] ?? 0)));
  server.closeAllConnections();
});
server.listen(port, '127.0.0.1', () => {
  const facts = { pid: process.pid, port, args, KAFKA_BROKERS, SHUTDOWN_DRAIN_DELAY };
  process.stdout.write(`fake adapter: ${JSON.stringify(facts)}\n`);
});
