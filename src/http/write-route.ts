/** The write paths: headers, admission, body, pipeline, 204. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Connections } from '../connection/connections.ts';
import { NOTHING } from '../lib/contents.ts';
import type { Logger } from '../lib/logger.ts';
import { giveBack } from '../lib/pieces.ts';
import type { Instruments } from '../metrics.ts';
import type { WritePipeline } from '../pipeline.ts';
import { negotiate } from '../wire/negotiate.ts';
import type { Admission } from './admission.ts';
import { answerError, writtenHeaders } from './answers.ts';
import {
  announcedBytes,
  askForBody,
  type BodyLimits,
  checkAnnounced,
  discardBody,
  readBody,
} from './body.ts';
import type { Misread } from './misread.ts';
import type { RecordHeadersOf } from './record-headers.ts';
import { addRoute } from './routes.ts';

export interface WriteRouteParts {
  readonly pipeline: WritePipeline;
  readonly admission: Admission;
  readonly connections: Connections;
  /** What the records of a request carry, by the option `record.headers`; undefined for nothing. */
  readonly recordHeaders: RecordHeadersOf | undefined;
  readonly misread: Misread;
  readonly instruments: Instruments;
  readonly logger: Logger;
  readonly body: BodyLimits;
}

/** `parts` is asked at each request, since a reload may change them. */
export function addWriteRoutes(app: FastifyInstance, parts: () => WriteRouteParts): void {
  for (const path of ['/api/v1/write', '/receive'] as const)
    addRoute(app, path, (request, reply) => write(request, reply, parts()));
}

async function write(
  request: FastifyRequest,
  reply: FastifyReply,
  parts: WriteRouteParts,
): Promise<FastifyReply> {
  try {
    if (request.headers['retry-attempt'] !== undefined) parts.instruments.requestsRetried.inc();
    await receive({ request, reply }, parts);
    return reply.code(204).send();
  } catch (error) {
    // The room it took is given back already: a penalty is at nobody else's expense.
    const bodyRead = await discardBody(request.raw);
    if (!bodyRead) reply.header('connection', 'close');
    return await answerError(reply, error, parts.logger);
  }
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Everything before the body byte by byte: what the headers alone rule out is answered without reading on. */
async function receive({ request, reply }: Exchange, parts: WriteRouteParts): Promise<void> {
  const version = negotiate(request.contentType, request.headers['content-encoding']);
  const connection = parts.connections.of(request.raw.socket);
  if (connection) connection.isTold = version === 'v2';
  if (version === 'v2') reply.headers(writtenHeaders(NOTHING));
  const { maxBytes } = parts.body;
  checkAnnounced(request.raw, maxBytes);
  const announced = announcedBytes(request.raw);
  // A chunked body may grow to the limit, so that is what it takes.
  const admitted = parts.admission.admit(announced ?? maxBytes);
  const releases = [typeof admitted === 'function' ? admitted : await admitted];
  try {
    askForBody(request.raw, reply.raw);
    const body = await readBody(request.raw, parts.body);
    releases.push(() => body.forEach(giveBack));
    releases.push(parts.admission.admitNow(parts.pipeline.decodedBytes(body)));
    const { received, written, refusal, isMisread } = await parts.pipeline.write({
      body,
      version,
      headers: parts.recordHeaders?.(request, body),
    });
    if (connection) connection.samples += received.float + received.histogram;
    if (version === 'v2') reply.headers(writtenHeaders(written));
    if (isMisread) parts.misread.note(request, version);
    if (refusal) throw refusal;
  } finally {
    for (const release of releases) release();
  }
}
