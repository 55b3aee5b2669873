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
  'BIG-IP: no persistence on the virtual server (tmsh modify ltm virtual NAME persist none). In AS3 write "persistenceMethods": [], since the default of Service_L4 and Service_TCP is source-address. Then tmsh delete ltm persistence persist-records.',
  'HAProxy: balance roundrobin instead of source, no stick-table. nginx: neither hash nor ip_hash. Kubernetes: sessionAffinity: None. AWS: stickiness off.',
];
const POOL_MEMBERS =
  'Are all members in the pool and up? tmsh show ltm pool NAME members; show stat on the stats socket of HAProxy; kubectl get endpointslices. A monitor of another path than /-/ready or a priority group leaves members out.';
const EXPECT_ONE = 'If one replica is all there is, say --expect=1.';
const ONE_CONNECT = 'BIG-IP: a OneConnect profile beside the HTTP profile';

export const FINDINGS = {
  direct: {
    level: 'note',
    meaning: 'Nothing stands in front: this is the address of one replica itself.',
    advice: ['To learn about the balancer, give the address that the senders use.'],
  },
  layer4: {
    level: 'ok',
    meaning: 'A layer-4 balancer stands in front: it picks a replica once for each connection.',
    advice: [],
  },
  layer7_kept: {
    level: 'note',
    meaning: 'A layer-7 proxy stands in front and keeps its own connections to the replicas.',
    advice: [],
  },
  layer7_per_request: {
    level: 'note',
    meaning: 'A layer-7 proxy stands in front and opens a connection to a replica for each request.',
    advice: [
      `That costs a connection each time. nginx: keepalive in the upstream block, proxy_http_version 1.1, proxy_set_header Connection "". ${ONE_CONNECT}. Or a layer-4 virtual server, which costs least.`,
    ],
  },
  several_addresses: {
    level: 'note',
    meaning: 'The name resolves to several addresses, and only one of them was examined.',
    advice: ['Run it for each address. Which one a sender takes is the choice of its resolver.'],
  },
  balances_connections: {
    level: 'ok',
    meaning: 'New connections are spread over the replicas.',
    advice: [
      'A sender needs several connections to be spread itself. Prometheus: min_shards in queue_config at two to four times the number of replicas; its default is 1.',
    ],
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
      'Look for weights, ratios and priority groups, and for least-connections with a replica that has just joined. Round robin is the better choice for the pool.',
      'BIG-IP: each CPU counts round robin by itself, so few connections are uneven too. With a handful of senders: tmsh modify ltm virtual NAME cmp-enabled no.',
    ],
  },
  sticky: {
    level: 'problem',
    meaning: 'Sticky by source address: a client comes back to the same replica whatever it does.',
    advice: NOT_STICKY,
  },
  one_replica: {
    level: 'problem',
    meaning: 'There is one replica behind it, and nothing to spread over.',
    advice: [POOL_MEMBERS, EXPECT_ONE],
  },
  one_or_sticky: {
    level: 'problem',
    meaning: 'One replica answers everything: stickiness or a pool of one, this machine cannot tell.',
    advice: [
      'Run it on another machine: if another replica answers there, it is stickiness. Or ask the balancer: tmsh show ltm persistence persist-records; tmsh show ltm pool NAME members.',
      ...NOT_STICKY,
      POOL_MEMBERS,
      EXPECT_ONE,
    ],
  },
  too_few_answers: {
    level: 'problem',
    meaning: 'Too few new connections were answered to tell stickiness from chance.',
    advice: ['Use more of them (--connections), and mend what makes requests fail.'],
  },
  one_expected: {
    level: 'ok',
    meaning: 'One replica answers everything, as --expect=1 says.',
    advice: [],
  },
  fewer_replicas: {
    level: 'problem',
    meaning: 'Fewer replicas answered than --expect says.',
    advice: [POOL_MEMBERS],
  },
  more_replicas: {
    level: 'note',
    meaning: 'More replicas answered than --expect says.',
    advice: ['A rolling update explains it; else somebody runs replicas that nobody counts.'],
  },
  http2_off: {
    level: 'ok',
    meaning: 'HTTP/2 is not offered, so each shard of a sender has a connection of its own.',
    advice: [],
  },
  http2_balanced: {
    level: 'note',
    meaning: 'HTTP/2 is offered, and the proxy spreads request by request, so it does no harm.',
    advice: [],
  },
  http2_offered: {
    level: 'problem',
    meaning: 'HTTP/2 is offered: a sender that takes it has all its shards on one connection.',
    advice: [
      'Offer http/1.1 alone in ALPN (BIG-IP: no HTTP/2 profile on the virtual server). In Prometheus: enable_http2: false in remote_write, which is the default from 3.0 on.',
    ],
  },
  age_works: {
    level: 'ok',
    meaning: 'The age limit works: connections are asked to leave, politely, on an answer.',
    advice: [],
  },
  age_off: {
    level: 'problem',
    meaning: 'The age limit is off: a kept connection stays where it is for ever, also after scaling out.',
    advice: ['Set connection.max_age to 60s, its default, on every replica.'],
  },
  age_not_needed: {
    level: 'note',
    meaning: 'The age limit is off, and not needed while a proxy spreads request by request.',
    advice: ['Set connection.max_age all the same when senders come another way as well.'],
  },
  age_hidden: {
    level: 'note',
    meaning: 'The proxy hides the age limit: Connection: close ends its connection, not that of a client.',
    advice: ['Nothing to change as long as it spreads request by request.'],
  },
  age_blocked: {
    level: 'problem',
    meaning: 'The proxy keeps a client at one replica and hides the age limit: nothing ever moves.',
    advice: [
      `Let the proxy choose for each request. ${ONE_CONNECT}. nginx: neither hash nor ip_hash.`,
      'Or take the proxy away: a layer-4 virtual server passes Connection: close on.',
    ],
  },
  age_missing: {
    level: 'problem',
    meaning: 'Connections grew older than the age limit allows and were not asked to leave in time.',
    advice: [
      'With very many connections connection.max_close_rate stretches the age: see effectiveMaxAgeSeconds in GET /api/v1/status and kafka_adapter_connection_close_skipped_total{reason="rate_limited"}.',
      'Else something in between takes Connection: close out of answers: look for a rule or an iRule that rewrites headers.',
    ],
  },
  cut: {
    level: 'problem',
    meaning: 'Connections in use were ended by something in between, without a word before.',
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
    meaning: 'The balancer ends idle connections before the replicas do, and a sender may be writing.',
    advice: [
      'Raise the idle timeout of the balancer (BIG-IP: idle-timeout 300 in the fastl4 or tcp profile; HAProxy: timeout client and timeout server; nginx: proxy_timeout), or set connection.idle_timeout well below it.',
    ],
  },
  idle_dropped: {
    level: 'problem',
    meaning: 'Idle connections are forgotten without a word: the next request on one is lost.',
    advice: [
      'Set connection.idle_timeout well below the idle timeout of the balancer, and let it send a reset (BIG-IP: reset-on-timeout enabled; Azure: enableTcpReset).',
    ],
  },
  idle_proxy: {
    level: 'note',
    meaning: 'The proxy alone decides how long an idle connection of a client lives.',
    advice: ['Keep that above the period in which the senders send.'],
  },
  idle_kept: {
    level: 'note',
    meaning: 'An idle connection still worked after the idle timeout of the replica.',
    advice: ['Something in between keeps the connection busy.'],
  },
  not_seen: {
    level: 'note',
    meaning: 'Not everything could be seen.',
    advice: ['Run it again, without --quick, and without --hold or with a longer one.'],
  },
  ids_equal: {
    level: 'problem',
    meaning: 'Different replicas have the same replica.id: neither metrics nor people can tell them apart.',
    advice: ['Give each its own replica.id, or leave it out: the default is host name and port.'],
  },
  restarted: {
    level: 'note',
    meaning: 'A replica was started anew while this ran.',
    advice: ['Run it again when nothing is being rolled out.'],
  },
  draining: {
    level: 'note',
    meaning: 'A replica is draining, and the balancer still gives it connections.',
    advice: [
      'That has to end in seconds. BIG-IP: recv-disable "draining" in the monitor. HAProxy: http-check disable-on-404 and ready.draining_status 404. Run it again afterwards.',
    ],
  },
  not_ready: {
    level: 'note',
    meaning: 'A replica is not ready, and the balancer gives it connections.',
    advice: ['Let the balancer ask GET /-/ready and take nothing but 200 for up.'],
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
      'ECONNRESET, ECONNREFUSED or 503 on new connections: the balancer sends to members that are down, so look at its monitor. On kept ones: something cuts them. No answer in time: a firewall, or a replica that hangs.',
    ],
  },
} as const satisfies Record<string, FindingEntry>;

export type FindingCode = keyof typeof FINDINGS;
