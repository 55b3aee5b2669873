/** The options of client connections. */

import { duration, integer, ratio } from '../numbers.ts';
import type { Option } from '../option.ts';

export const CONNECTION_OPTIONS = {
  'connection.max_age': {
    kind: duration({ min: '0', max: '7d' }),
    default: '60s',
    doc: 'From this age on, the next answer asks the connection to close, so that the client connects anew and the balancer chooses again. 0 = off: then a replica that is added gets nothing.',
  },
  'connection.max_age_jitter': {
    kind: ratio({ min: 0, max: 0.9 }),
    default: '0.25',
    doc: 'Each connection draws its own age between `max_age * (1 - jitter)` and `max_age * (1 + jitter)`, so that connections opened together do not end together.',
  },
  'connection.max_requests': {
    kind: integer({ min: 0, max: 1_000_000_000 }),
    default: '0',
    doc: 'The answer to this many requests asks the connection to close, with the same jitter. 0 = off.',
  },
  'connection.max_close_rate': {
    kind: integer({ min: 0, max: 100_000 }),
    default: '20',
    doc: 'Most closes by age in a second, which bounds the cost of new connections. With more connections than that allows, all of them live longer. 0 = no bound.',
  },
  'connection.overload_high': {
    kind: ratio({ min: 0, max: 1 }),
    default: '0.85',
    doc: 'Utilisation of the event loop (0 to 1) above which the busiest connections that fit the excess are asked to close. 0 = off.',
  },
  'connection.overload_low': {
    kind: ratio({ min: 0, max: 1 }),
    default: '0.75',
    doc: 'Down to which utilisation connections are asked to close.',
  },
  'connection.overload_min_age': {
    kind: duration({ min: '0', max: '1h' }),
    default: '10s',
    doc: 'Overload leaves connections younger than this alone.',
  },
  'connection.limit': {
    kind: integer({ min: 0, max: 1_000_000 }),
    default: '10000',
    doc: 'Most connections; one more is ended the moment it is accepted, which a balancer sees as a reset. 0 = no limit.',
  },
  'connection.admin_limit': {
    kind: integer({ min: 0, max: 1_000_000 }),
    default: '100',
    doc: 'Most connections on `http.admin_listen_address`. They count apart, so that senders which use up `connection.limit` do not lock operators out. 0 = no limit.',
  },
  'connection.limit_per_peer': {
    kind: integer({ min: 0, max: 1_000_000 }),
    default: '0',
    doc: 'Most connections from one address; behind a balancer that translates addresses all come from few. 0 = no limit.',
  },
  'connection.idle_timeout': {
    kind: duration({ min: '5s', max: '1h' }),
    default: '75s',
    doc: 'A connection without a request for this long is closed. Keep it below the idle timeout of the balancer (BIG-IP: 300 s), so that this side closes first.',
  },
} as const satisfies Record<string, Option<unknown>>;
