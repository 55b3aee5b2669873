/** The one table of findings: code, level, what it means in one sentence, and what to change. */

/** `problem` makes the exit status 1, `note` is worth reading, `ok` is as it should be. */
export type Level = 'ok' | 'note' | 'problem';

interface FindingEntry {
  readonly level: Level;
  readonly meaning: string;
  /** One thing to do each. */
  readonly advice: readonly string[];
}

const NOT_STICKY = [
  'BIG-IP: no persistence on the virtual server (tmsh modify ltm virtual NAME persist none). In AS3 write "persistenceMethods": [] since its default for Service_L4 and Service_TCP is source-address. Then tmsh delete ltm persistence persist-records.',
  'HAProxy: balance roundrobin instead of source, no stick-table. nginx: no hash and no ip_hash. Kubernetes: sessionAffinity: None. AWS: stickiness off.',
];
const POOL_MEMBERS = [
  'Look whether all members are in the pool and up: tmsh show ltm pool NAME members; show stat on the stats socket of HAProxy; kubectl get endpointslices. A monitor that asks for another path than /-/ready, or a priority group, leaves members out.',
];
const MAX_AGE = 'Set connection.max_age to 60s, its default, on every replica.';

export const FINDINGS = {
  direct: {
    level: 'note',
    meaning: 'Nothing stands in front: this is the address of one replica itself.',
    advice: ['To learn about the balancer, give the address that the senders use.'],
  },
  layer4: {
    level: 'ok',
    meaning:
      'A layer-4 balancer stands in front (or an address translation): it picks a replica once for each connection.',
    advice: [],
  },
  layer7_kept: {
    level: 'note',
    meaning: 'A layer-7 proxy stands in front and keeps its own connections to the replicas.',
    advice: [],
  },
  layer7_per_request: {
    level: 'note',
    meaning: 'A layer-7 proxy stands in front and opens a new connection to a replica for each request.',
    advice: [
      'It spreads, but each request pays for a connection. nginx: keepalive in the upstream block, proxy_http_version 1.1 and proxy_set_header Connection "". BIG-IP: a OneConnect profile beside the HTTP profile. Or a layer-4 virtual server, which costs less.',
    ],
  },
  several_addresses: {
    level: 'note',
    meaning: 'The name resolves to several addresses, and only the first was examined.',
    advice: ['Run it once for each address. Which one a sender uses is the choice of its resolver.'],
  },
  balances_connections: {
    level: 'ok',
    meaning: 'New connections are spread over the replicas.',
    advice: [],
  },
  balances_requests: {
    level: 'ok',
    meaning: 'The requests of one connection are spread over the replicas.',
    advice: [],
  },
  uneven: {
    level: 'note',
    meaning: 'One replica gets far more of the new connections than chance explains.',
    advice: [
      'Look for weights or ratios, for priority groups, and for least-connections with a replica that has just joined. Round robin is the better choice for the pool.',
      'BIG-IP counts round robin for each CPU by itself: with few connections that is uneven too. With a handful of senders, tmsh modify ltm virtual NAME cmp-enabled no; in any case min_shards of the senders at two to four times the number of replicas.',
    ],
  },
  sticky: {
    level: 'problem',
    meaning:
      'The balancer is sticky by source address: a client comes back to the same replica whatever it does.',
    advice: NOT_STICKY,
  },
  one_replica: {
    level: 'problem',
    meaning: 'There is one replica behind it, and nothing to spread over.',
    advice: [...POOL_MEMBERS, 'If one replica is all there is, say --expect=1.'],
  },
  one_or_sticky: {
    level: 'problem',
    meaning:
      'One replica answered everything. Stickiness and a pool of one member look the same from this machine.',
    advice: [
      'Run it on another machine as well: if another replica answers there, it is stickiness. Or look at the balancer: tmsh show ltm persistence persist-records, tmsh show ltm pool NAME members.',
      ...NOT_STICKY,
      ...POOL_MEMBERS,
      'If one replica is all there is, say --expect=1.',
    ],
  },
  one_expected: {
    level: 'ok',
    meaning: 'One replica answered everything, as --expect=1 says.',
    advice: [],
  },
  fewer_replicas: {
    level: 'problem',
    meaning: 'Fewer replicas answered than --expect says.',
    advice: POOL_MEMBERS,
  },
  more_replicas: {
    level: 'note',
    meaning: 'More replicas answered than --expect says.',
    advice: ['A rolling update would explain it; else somebody runs replicas nobody counts.'],
  },
  age_works: {
    level: 'ok',
    meaning: 'The age limit works through it: held connections are asked to leave, politely, on an answer.',
    advice: [],
  },
  age_off: {
    level: 'problem',
    meaning:
      'The age limit is off: a sender that keeps its connection stays where it is for ever, also after scaling out.',
    advice: [MAX_AGE],
  },
  age_not_needed: {
    level: 'note',
    meaning: 'The age limit is off, and nothing depends on it while a proxy spreads the requests one by one.',
    advice: ['Set connection.max_age all the same when senders come another way as well.'],
  },
  age_hidden: {
    level: 'note',
    meaning:
      'The proxy hides the age limit: Connection: close is meant for one hop, so it ends the connection of the proxy and not that of the client.',
    advice: [
      'Nothing is to be done as long as the proxy spreads requests: they do not depend on the connection of the client.',
    ],
  },
  age_blocked: {
    level: 'problem',
    meaning:
      'The proxy keeps a client at one replica and hides the age limit from it, so nothing ever moves.',
    advice: [
      'Let the proxy choose for each request (BIG-IP: a OneConnect profile beside the HTTP profile; nginx: no hash and no ip_hash).',
      'Or take the proxy away: a layer-4 virtual server without an HTTP profile passes Connection: close on.',
    ],
  },
  age_missing: {
    level: 'problem',
    meaning: 'Connections grew older than the age limit allows and were not asked to leave in time.',
    advice: [
      'With very many connections connection.max_close_rate stretches the age: compare effectiveMaxAgeSeconds in GET /api/v1/status, and kafka_adapter_connection_close_skipped_total{reason="rate_limited"}.',
      'Else something in between takes Connection: close out of the answers: look for a rule or an iRule that rewrites headers.',
    ],
  },
  cut: {
    level: 'problem',
    meaning:
      'Connections in use were ended by something in between, without Connection: close on an answer before.',
    advice: [
      'A sender loses the request it is writing and sends it again. Look for a maximum connection time or a session limit at the balancer, and for members that go up and down (BIG-IP: service-down-action none).',
    ],
  },
  idle_fits: {
    level: 'ok',
    meaning: 'An idle connection is ended by the replica and not by the balancer.',
    advice: [],
  },
  idle_short: {
    level: 'problem',
    meaning:
      'The balancer ends idle connections before the replicas do, which a sender notices only when it writes.',
    advice: [
      'Raise the idle timeout of the balancer (BIG-IP: idle-timeout 300 in the fastl4 or tcp profile; HAProxy: timeout client and timeout server; nginx: proxy_timeout), or set connection.idle_timeout well below it.',
    ],
  },
  idle_dropped: {
    level: 'problem',
    meaning: 'The balancer forgets idle connections without a word: the next request on one is lost.',
    advice: [
      'Set connection.idle_timeout well below the idle timeout of the balancer, and let it send a reset (BIG-IP: reset-on-timeout enabled; Azure: enableTcpReset).',
    ],
  },
  idle_proxy: {
    level: 'note',
    meaning: 'The proxy alone decides how long an idle connection of a client lives.',
    advice: ['Keep it above the period in which the senders send.'],
  },
  idle_kept: {
    level: 'note',
    meaning: 'An idle connection was still open and in working order after the idle timeout of the replica.',
    advice: ['Something in between answers for the replica or keeps the connection busy.'],
  },
  not_waited: {
    level: 'note',
    meaning: 'Not all of age limit and idle timeout was examined.',
    advice: ['Run it without --quick, and without --hold or with a longer one.'],
  },
  http2_off: {
    level: 'ok',
    meaning: 'HTTP/2 is not offered, so each shard of a sender has a connection of its own.',
    advice: [],
  },
  http2_balanced: {
    level: 'note',
    meaning: 'HTTP/2 is offered, and the proxy spreads requests one by one, so it does no harm.',
    advice: [],
  },
  http2_offered: {
    level: 'problem',
    meaning:
      'HTTP/2 is offered: a sender that takes it puts all its shards on one connection, and that is at one replica.',
    advice: [
      'Offer http/1.1 alone in ALPN (BIG-IP: no HTTP/2 profile on the virtual server). In Prometheus: enable_http2: false in remote_write, the default from 3.0 on.',
    ],
  },
  ids_equal: {
    level: 'problem',
    meaning:
      'Different replicas have the same replica.id, so neither metrics nor this report can tell them apart.',
    advice: ['Give each replica its own replica.id, or leave it out: the default is host name and port.'],
  },
  restarted: {
    level: 'note',
    meaning: 'A replica was started anew while this ran.',
    advice: ['Run it again when nothing is being rolled out.'],
  },
  draining: {
    level: 'note',
    meaning: 'A replica was draining.',
    advice: [
      'New connections should not reach it for long. BIG-IP: recv-disable "draining" in the monitor; HAProxy: http-check disable-on-404 and ready.draining_status 404. Run this again afterwards.',
    ],
  },
  not_ready: {
    level: 'note',
    meaning: 'A replica that is not ready got connections.',
    advice: ['Let the balancer ask GET /-/ready and take 200 alone for up.'],
  },
  versions_differ: {
    level: 'note',
    meaning: 'The replicas run different versions.',
    advice: ['Expected during a rolling update only.'],
  },
  settings_differ: {
    level: 'note',
    meaning: 'The replicas have different connection settings.',
    advice: ['Start all of them with the same connection.* options.'],
  },
  requests_failed: {
    level: 'problem',
    meaning: 'Requests failed.',
    advice: [
      'ECONNREFUSED, ECONNRESET or 503 on new connections: the balancer sends to members that are down, so check its monitor. On kept ones: something cuts connections. No answer in time: a firewall, or a replica that hangs.',
    ],
  },
} as const satisfies Record<string, FindingEntry>;

export type FindingCode = keyof typeof FINDINGS;
