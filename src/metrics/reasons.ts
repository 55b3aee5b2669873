/** The values of the labels `reason` of connections and of the fleet, with their meaning. */

/** Why a connection ended; the values of the label `reason` of `connections_closed_total`. */
export const CLOSE_REASONS = {
  max_age: 'older than `connection.max_age`; asked to close on an answer',
  max_requests: 'had `connection.max_requests` requests; asked to close on an answer',
  overload: 'this replica was over `connection.overload_high`; asked to close on an answer',
  balance: 'this replica carried more than its due of the load of the fleet; asked to close on an answer',
  rebalance: 'asked to close on an answer after `POST /-/rebalance`',
  drain: 'this replica was terminating',
  idle_timeout: 'no request for `connection.idle_timeout`',
  headers_timeout: 'the headers did not arrive within `http.headers_timeout`, or nothing at all',
  request_timeout: 'the body did not arrive within `http.request_timeout`',
  client: 'the client or something on the way closed it',
  unread_answer:
    'the client did not take its answers for as long as a request may take, or it was the first to let them lie when they were over `http.max_unread_size`',
  forced: 'a request was still under way at `shutdown.timeout`',
  protocol_error: 'not well-formed HTTP, or headers that are too large or too many',
  pipelined: 'the client sent more than 16 requests ahead of their answers',
  unread_body: 'a refused request whose body was too long to be read to its end, or was not asked for',
} as const;

export type CloseReason = keyof typeof CLOSE_REASONS;

/** Why a connection is ended before its first request; values of `connections_refused_total{reason}`. */
export const REFUSAL_REASONS = {
  limit: 'there were `connection.limit` connections',
  admin_limit: 'there were `connection.admin_limit` connections on `http.admin_listen_address`',
  limit_per_peer: 'there were `connection.limit_per_peer` connections from the same address',
  tls_handshake: 'the TLS handshake failed, or took longer than `http.headers_timeout`',
  client_certificate: 'the client has no certificate, or one that is not of `client_ca_file`',
} as const;

export type RefusalReason = keyof typeof REFUSAL_REASONS;

/** Why an answer does not ask for the close that is due; values of `connection_close_skipped_total{reason}`. */
export const SKIP_REASONS = {
  request_incomplete:
    'the body of the request had not been read to its end: the close would reset the answer',
  pipelined: 'another request of the connection was under way: its answer would be thrown away',
  rate_limited: 'connections kept beyond their age by `connection.max_close_rate`',
} as const;

export type SkipReason = keyof typeof SKIP_REASONS;

/** Why a record of the fleet says nothing of another replica; values of `fleet_records_ignored_total{reason}`. */
export const FLEET_IGNORE_REASONS = {
  too_large: 'more than 2 KiB',
  malformed: 'not of the form that replicas write',
  other_fleet: 'of another `fleet.name`',
  outdated: 'of an instance that has been started anew since',
  limit: 'of one replica more than 1000',
  unreadable: 'a whole batch: compressed, of an old format, or not well-formed',
} as const;

export type FleetIgnoreReason = keyof typeof FLEET_IGNORE_REASONS;
