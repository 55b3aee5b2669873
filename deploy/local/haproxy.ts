/** The text of an HAProxy configuration: a layer-4 balancer on 127.0.0.1, for demonstrations and tests. */

export type BalancePolicy = 'roundrobin' | 'leastconn' | 'source';

/** How HAProxy asks GET /-/ready of each member; times in milliseconds, the others count answers in a row. */
export interface HealthCheck {
  readonly intervalMs?: number;
  readonly fall?: number;
  readonly rise?: number;
}

export interface HaproxyOptions {
  /** Listened on at 127.0.0.1. */
  readonly port: number;
  /** `host:port` each; the servers are called replica1, replica2 and so on. */
  readonly members: readonly string[];
  /** Places for members that are named later, over the stats socket: `set server replicas/replica3 addr ...`. */
  readonly spares?: number;
  /** roundrobin when left out. `source` is the sticky one. */
  readonly balance?: BalancePolicy;
  /** Without one every member counts as up. With one, 404 means draining: no new connections, old ones live. */
  readonly healthCheck?: HealthCheck;
  /** Path of the socket for `show stat` and `set server`. */
  readonly statsSocket?: string;
}

export const HAPROXY_BACKEND = 'replicas';

/** A connection may stay silent that long; longer than the idle timeout of the replicas. */
const IDLE_MS = 330_000;

export function haproxyConfig(options: HaproxyOptions): string {
  const { port, members, spares = 0, balance = 'roundrobin', healthCheck, statsSocket } = options;
  const { intervalMs = 5000, fall = 3, rise = 2 } = healthCheck ?? {};
  const places = [...members, ...Array.from({ length: spares }, () => undefined)];
  const lines = [
    'global',
    '  maxconn 2000',
    '  nbthread 1',
    ...(statsSocket === undefined ? [] : [`  stats socket ${statsSocket} mode 600 level admin`]),
    'defaults',
    '  mode tcp',
    '  timeout connect 3s',
    `  timeout client ${IDLE_MS}ms`,
    `  timeout server ${IDLE_MS}ms`,
    'frontend remote_write',
    `  bind 127.0.0.1:${port}`,
    `  default_backend ${HAPROXY_BACKEND}`,
    `backend ${HAPROXY_BACKEND}`,
    `  balance ${balance}`,
    '  option redispatch',
    ...(healthCheck === undefined
      ? []
      : [
          '  option httpchk',
          '  http-check send meth GET uri /-/ready ver HTTP/1.1 hdr Host adapter',
          '  http-check expect status 200',
          '  http-check disable-on-404',
          `  default-server check inter ${intervalMs}ms fall ${fall} rise ${rise} on-marked-down shutdown-sessions`,
        ]),
    // Port 1 is never asked: a disabled place waits for its address.
    ...places.map((member, index) => `  server replica${index + 1} ${member ?? '127.0.0.1:1 disabled'}`),
  ];
  return `${lines.join('\n')}\n`;
}
