/** Content negotiation of a write request, from its headers alone (Remote-Write 2.0, "Protocol"; RFC 9110, 8.3). */

import { AdapterError } from '../errors.ts';

/** The message a body holds. Chosen by Content-Type only, never by X-Prometheus-Remote-Write-Version. */
export type MessageVersion = 'v1' | 'v2';

const MEDIA_TYPE = 'application/x-protobuf';
const MESSAGE_V1 = 'prometheus.WriteRequest';
const MESSAGE_V2 = 'io.prometheus.write.v2.Request';

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const MEDIA_TYPE_PATTERN = new RegExp(`^${TOKEN}/${TOKEN}`);
/** RFC 9110, 5.6.6: `;`, optional spaces, and maybe a parameter whose value is a token or a quoted string. */
const PARAMETER = new RegExp(`\\s*;\\s*(?:(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)"))?`, 'y');

interface MediaType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** A Content-Type taken apart, names in lower case; undefined when it breaks the grammar or names a parameter twice. */
function parseMediaType(text: string): MediaType | undefined {
  const trimmed = text.trim();
  const type = MEDIA_TYPE_PATTERN.exec(trimmed)?.[0];
  if (type === undefined) return undefined;
  const parameters = new Map<string, string>();
  PARAMETER.lastIndex = type.length;
  while (PARAMETER.lastIndex < trimmed.length) {
    const match = PARAMETER.exec(trimmed);
    if (!match) return undefined;
    if (match[1] === undefined) continue;
    const name = match[1].toLowerCase();
    if (parameters.has(name)) return undefined;
    parameters.set(name, match[2] ?? match[3]!.replace(/\\(.)/g, '$1'));
  }
  return { type: type.toLowerCase(), parameters };
}

/**
 * The message version that the headers name. A missing or empty Content-Type is 1.0, a missing or empty Content-Encoding
 * is snappy, as senders of the first days omit both and Prometheus reads them so.
 * Throws AdapterError `content_type_unsupported` or `content_encoding_unsupported`.
 */
export function negotiate(
  contentType: string | undefined,
  contentEncoding: string | undefined,
): MessageVersion {
  const version = versionOf(contentType);
  // A list, of which empty elements do not count (RFC 9110, 5.6.1.2 and 8.4).
  const codings = (contentEncoding ?? '').split(',').map((coding) => coding.trim().toLowerCase());
  const named = codings.filter((coding) => coding !== '').join();
  if (named !== '' && named !== 'snappy') {
    throw new AdapterError(
      'content_encoding_unsupported',
      `Content-Encoding ${JSON.stringify(contentEncoding)} is not supported, send snappy (block format)`,
    );
  }
  return version;
}

function versionOf(contentType: string | undefined): MessageVersion {
  if (contentType === undefined || contentType.trim() === '') return 'v1';
  const media = parseMediaType(contentType);
  const message = media?.parameters.get('proto') ?? MESSAGE_V1;
  if (media?.type === MEDIA_TYPE && message === MESSAGE_V1) return 'v1';
  if (media?.type === MEDIA_TYPE && message === MESSAGE_V2) return 'v2';
  throw new AdapterError(
    'content_type_unsupported',
    `Content-Type ${JSON.stringify(contentType)} is not supported, send ${MEDIA_TYPE} with proto=${MESSAGE_V1} or proto=${MESSAGE_V2}`,
  );
}
