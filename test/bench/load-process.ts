/** The process of the load generator: a plan in its first argument, runs and reports as messages. */

import { Buffer } from 'node:buffer';
import { HEADERS } from '../support/write-request.ts';
import { V2_HEADERS } from '../support/write-request-v2.ts';
import { Connection } from './connection.ts';
import { type Body, makeCorpus } from './corpus.ts';
import type { LoadPlan, LoadRun } from './load-plan.ts';
import { Load, type ReadyRequest } from './load-run.ts';

/** Header and body in one piece, so that a request is one write. */
function readyRequest(url: URL, { compressed, samples, version }: Body): ReadyRequest {
  const head = [
    `POST ${url.pathname}${url.search} HTTP/1.1`,
    `host: ${url.host}`,
    'user-agent: bench',
    ...Object.entries(version === 'v1' ? HEADERS : V2_HEADERS).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${compressed.length}`,
  ].join('\r\n');
  return { bytes: Buffer.concat([Buffer.from(`${head}\r\n\r\n`), compressed]), samples };
}

function main(plan: LoadPlan): void {
  const url = new URL(plan.url);
  const address = { host: url.hostname, port: Number(url.port || 80) };
  const requests = makeCorpus(plan.corpus).map((body) => readyRequest(url, body));
  const connections = Array.from({ length: plan.connections }, () => new Connection(address));
  process.on('message', async (run: LoadRun) => {
    process.send?.(await new Load({ connections, requests }, run).run());
  });
  // The bench is gone, however it ended.
  process.on('disconnect', () => process.exit());
  process.send?.('ready');
}

main(JSON.parse(process.argv[2]!) as LoadPlan);
