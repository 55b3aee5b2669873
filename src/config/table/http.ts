/** The options of the HTTP server, of its end, and of readiness. */

import { listenAddress, parsePort } from '../addresses.ts';
import { duration, integer, size } from '../numbers.ts';
import type { Option } from '../option.ts';
import { boolean, choice, list, optional, secret, text } from '../words.ts';

export const HTTP_OPTIONS = {
  'http.listen_address': {
    kind: listenAddress(),
    default: ':8080',
    needsRestart: true,
    doc: 'Where to listen; without a host on every interface.',
    aliases: [{ variable: 'PORT', doc: 'the port alone', parse: parsePort }],
  },
  'http.max_body_size': {
    kind: size({ min: '1KiB', max: '1GiB' }),
    default: '32MiB',
    doc: 'Largest compressed body of a request; a larger one is answered 413.',
  },
  'http.max_decoded_size': {
    kind: size({ min: '1KiB', max: '1GiB' }),
    default: '32MiB',
    doc: 'Largest decompressed body. The length in the snappy header is checked before anything is allocated.',
  },
  'http.max_inflight_size': {
    kind: size({ min: '1KiB', max: '64GiB' }),
    default: '256MiB',
    doc: 'Bytes of requests admitted and not yet answered; above it a request is answered 503 before its body is read.',
  },
  'http.queue_length': {
    kind: integer({ min: 1, max: 1_000_000 }),
    default: '256',
    doc: 'Most requests that may wait with their body unread: so many for room under `http.max_inflight_size`, and so many for a password to be checked. One more is answered 503.',
  },
  'http.queue_timeout': {
    kind: duration({ min: '0', max: '30s' }),
    default: '1s',
    doc: 'How long a request may wait, its body unread, for room under `http.max_inflight_size` before it is answered 503. First come, first served. 0 = nobody waits.',
  },
  'http.min_body_rate': {
    kind: size({ min: '0', max: '1GiB' }),
    default: '1KiB',
    doc: 'Bytes a second that a body has to bring, measured over 5 s; one that drips is answered 503 and its connection ended. 0 = no limit.',
  },
  'http.max_header_size': {
    kind: size({ min: '1KiB', max: '1MiB' }),
    default: '16KiB',
    needsRestart: true,
    doc: 'Most bytes of the headers of a request; more are answered 431.',
  },
  'http.max_headers': {
    kind: integer({ min: 10, max: 10_000 }),
    default: '100',
    needsRestart: true,
    doc: 'Most headers of a request; more are answered 431.',
  },
  'http.max_unread_size': {
    kind: size({ min: '1MiB', max: '64GiB' }),
    default: '64MiB',
    doc: 'Most bytes of answers that their clients do not take; above it the connection that has let them lie longest is ended.',
  },
  'http.request_timeout': {
    kind: duration({ min: '1s', max: '1h' }),
    default: '60s',
    doc: 'Longest time for a whole request to arrive.',
  },
  'http.headers_timeout': {
    kind: duration({ min: '1s', max: '1h' }),
    default: '10s',
    doc: 'Longest time for the headers of a request to arrive.',
  },
  'http.admin_listen_address': {
    kind: optional(listenAddress()),
    default: '',
    needsRestart: true,
    doc: 'Second address, for operators: metrics, status page and lifecycle are then there alone, and not on the address of the balancer. Empty = all on one.',
  },
  'http.protected': {
    kind: list(choice('write', 'operations', 'status', 'lifecycle')),
    default: 'write,lifecycle',
    doc: 'What asks for a user or a token where there are any: the write paths, `/metrics` and `/-/whoami`, the status page, and what changes a running replica. Probes never ask.',
  },
  'http.bearer_tokens_file': {
    kind: text(),
    default: '',
    doc: 'File with bearer tokens, one a line; each of them passes like a user. Read again when it changes.',
  },
  'http.enable_lifecycle': {
    kind: boolean(),
    default: 'false',
    doc: 'Allow `POST /-/rebalance`, which asks every connection to close once, and `POST /-/reload`, which reads the configuration again.',
  },
  'http.basic_auth.username': {
    kind: text(),
    default: '',
    doc: 'User that senders have to name on the write paths; empty means that nobody is asked.',
    aliases: [{ variable: 'BASIC_AUTH_USERNAME' }],
  },
  'http.basic_auth.password': {
    kind: secret(),
    default: '',
    doc: 'Password of that user.',
    aliases: [{ variable: 'BASIC_AUTH_PASSWORD' }],
  },
  'web.config_file': {
    kind: text(),
    default: '',
    doc: 'Web configuration file in the format of the Prometheus exporter toolkit; `tls_server_config` and `basic_auth_users`. Empty means plain HTTP.',
  },
  'shutdown.drain_delay': {
    kind: duration({ min: '0', max: '1h' }),
    default: '20s',
    doc: 'How long a terminating replica still accepts requests while it reports itself as draining. Keep it above the time the balancer needs to notice.',
  },
  'shutdown.timeout': {
    kind: duration({ min: '1s', max: '1h' }),
    default: '30s',
    doc: 'How long requests under way may take after the drain delay before their connections are cut.',
  },
  'ready.draining_status': {
    kind: choice(503, 404, 200),
    default: '503',
    doc: 'Status of `/-/ready` while draining, for the health check of the balancer. The body has the word `draining` in every case.',
  },
} as const satisfies Record<string, Option<unknown>>;
