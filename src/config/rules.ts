/** What must hold between options: contradictions, which are problems, and dangerous pairs, which are warnings. */

import { formatDuration, formatSize } from '../lib/units.ts';
import { OPTION_NAMES, optionOf } from './options.ts';
import { type Rule, when } from './rule.ts';
import { FLEET_RULES } from './rules/fleet.ts';
import { FORMAT_RULES } from './rules/formats.ts';
import { KAFKA_RULES } from './rules/kafka.ts';
import { WEB_RULES } from './rules/web.ts';

/** A BIG-IP ends an idle connection at 300 s; some seconds are for timers and the way there. */
const BALANCER_IDLE_MS = 290_000;

const SECRETS = OPTION_NAMES.filter((name) => optionOf(name).kind.form === 'secret');

export const RULES: readonly Rule[] = [
  {
    name: 'inflight_below_body',
    level: 'problem',
    doc: 'The largest allowed body has to fit in what may be under way, compressed and decompressed.',
    reads: ['http.max_inflight_size', 'http.max_body_size', 'http.max_decoded_size'],
    check(config) {
      const inflight = config['http.max_inflight_size'];
      const body = config['http.max_body_size'];
      const decoded = config['http.max_decoded_size'];
      return when(
        inflight < body + decoded,
        `http.max_inflight_size of ${formatSize(inflight)} is below http.max_body_size of ${formatSize(body)} and http.max_decoded_size of ${formatSize(decoded)} together: the largest allowed request would be answered 503 for ever`,
      );
    },
  },
  {
    name: 'headers_after_request',
    level: 'problem',
    doc: 'The time for the headers is part of the time for the request.',
    reads: ['http.headers_timeout', 'http.request_timeout'],
    check(config) {
      const headers = config['http.headers_timeout'];
      const request = config['http.request_timeout'];
      return when(
        headers > request,
        `http.headers_timeout of ${formatDuration(headers)} is above http.request_timeout of ${formatDuration(request)}, which covers the headers too`,
      );
    },
  },
  {
    name: 'overload_low_above_high',
    level: 'problem',
    doc: 'Overload is relieved down to less than where it begins.',
    reads: ['connection.overload_high', 'connection.overload_low'],
    check(config) {
      const { 'connection.overload_high': high, 'connection.overload_low': low } = config;
      return when(
        high > 0 && low >= high,
        `connection.overload_low of ${low} is not below connection.overload_high of ${high}`,
      );
    },
  },
  {
    name: 'age_off',
    level: 'warning',
    doc: 'Without an age, senders that keep their connections never reach a replica that is added.',
    reads: ['connection.max_age', 'connection.max_requests'],
    check: (config) =>
      when(
        config['connection.max_age'] === 0 && config['connection.max_requests'] === 0,
        'connection.max_age is 0: senders keep their connections for ever, so a replica that is added behind a TCP balancer gets nothing',
      ),
  },
  {
    name: 'partition_by_no_key',
    level: 'problem',
    doc: 'Partitions by key need a key.',
    reads: ['record.key', 'record.partition_by'],
    check: (config) =>
      when(
        config['record.partition_by'] === 'key' && config['record.key'] === 'none',
        'record.partition_by is key, but record.key is none: set a key, or partition by series',
      ),
  },
  {
    name: 'round_robin_loses_order',
    level: 'warning',
    doc: 'With partitions in turn the samples of a series lose their order.',
    reads: ['record.partition_by'],
    check: (config) =>
      when(
        config['record.partition_by'] === 'round-robin',
        'record.partition_by is round-robin: the samples of a series go to all partitions, so consumers get them out of order',
      ),
  },
  {
    name: 'basic_auth_incomplete',
    level: 'problem',
    doc: 'Basic authentication needs a user name and a password.',
    reads: ['http.basic_auth.username', 'http.basic_auth.password'],
    check(config) {
      const isNamed = config['http.basic_auth.username'] !== '';
      if (isNamed === (config['http.basic_auth.password'] !== '')) return undefined;
      const [given, missing] = isNamed ? ['username', 'password'] : ['password', 'username'];
      return `http.basic_auth.${given} is set without http.basic_auth.${missing}, expected both or neither`;
    },
  },
  {
    name: 'idle_beyond_balancer',
    level: 'warning',
    doc: 'From 290s on a BIG-IP ends idle connections first, at 300s, and a request on such a connection is lost.',
    reads: ['connection.idle_timeout'],
    check(config) {
      const idle = config['connection.idle_timeout'];
      return when(
        idle >= BALANCER_IDLE_MS,
        `connection.idle_timeout of ${formatDuration(idle)}: a BIG-IP forgets an idle connection at 300s, and a request on it is lost; stay below ${formatDuration(BALANCER_IDLE_MS)}`,
      );
    },
  },
  {
    name: 'secret_on_command_line',
    level: 'warning',
    doc: 'Flags can be seen by every user of the machine.',
    reads: SECRETS,
    check(_config, origins) {
      const shown = SECRETS.filter((name) => origins[name].source === 'flag');
      return when(
        shown.length > 0,
        `${shown.join(' and ')} is given as a flag, which every user of the machine can see: use the variable or its _FILE form`,
      );
    },
  },
  ...FLEET_RULES,
  ...WEB_RULES,
  ...FORMAT_RULES,
  ...KAFKA_RULES,
];
