/** A bare Node server for the attackers: what an attack costs on this machine, whoever it is meant for. Tells its port. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** As short as the adapter's are in the bench. */
const TIMEOUTS = { headersTimeout: 2000, requestTimeout: 4000, connectionsCheckingInterval: 50 };

function main(): void {
  const server = createServer(TIMEOUTS, (request, response) => {
    request.resume().once('end', () => response.writeHead(400, { 'content-length': 0 }).end());
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  process.on('disconnect', () => process.exit());
}

main();
