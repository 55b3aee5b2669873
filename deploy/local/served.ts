/** Tells the user of an adapter with brokers of its own where it is, once it is ready. */

import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { formatListenAddress, type ListenAddress } from '../../src/config/addresses.ts';
import type { LikelyConfig } from '../../src/config/load.ts';
import { healthcheck } from '../../src/healthcheck.ts';
import { formatDuration } from '../../src/lib/units.ts';
import type { ServedFacts } from './banner.ts';

const ASK_AGAIN_MS = 200;

/** Undefined when the port is a free one, which only the log of the adapter tells. */
export function servedFacts({ config, web }: LikelyConfig): ServedFacts | undefined {
  const listen = config['http.listen_address'];
  const admin = config['http.admin_listen_address'] ?? listen;
  if (listen.port === 0 || admin.port === 0) return undefined;
  const scheme = web.tls ? 'https' : 'http';
  return {
    adapterUrl: urlOf(formatListenAddress(listen), scheme),
    statusUrl: urlOf(formatListenAddress(admin), scheme),
    brokers: config.dry_run ? undefined : config['kafka.brokers'].join(','),
    topic: config['kafka.topic'],
    drainDelay: formatDuration(config['shutdown.drain_delay']),
  };
}

/** Undefined when the port is a free one. */
export function statusUrlOf(admin: ListenAddress): string | undefined {
  return admin.port === 0 ? undefined : urlOf(formatListenAddress(admin));
}

/** Resolves to true as soon as it says that it is ready, over TLS too; to false when `signal` is aborted before. */
export async function isReady(likely: LikelyConfig, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if (await healthcheck({ likely, isReadyAsked: true, print: () => {} })) return !signal.aborted;
    await delay(ASK_AGAIN_MS, undefined, { signal }).catch(() => {});
  }
  return false;
}

/** Whether somebody listens at `address` already, as seen from this machine. */
export function isListening({ host, port }: ListenAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const isAny = ['', '0.0.0.0', '::'].includes(host);
    const socket = connect({ host: isAny ? '127.0.0.1' : host, port });
    const settle = (isThere: boolean) => () => {
      socket.destroy();
      resolve(isThere);
    };
    socket.on('connect', settle(true)).on('error', settle(false));
  });
}

/** The URL by which this machine reaches what listens on `address`, `host:port`; an empty host is every interface. */
export function urlOf(address: string, scheme = 'http'): string {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon);
  const isAny = ['', '0.0.0.0', '[::]'].includes(host);
  return `${scheme}://${isAny ? '127.0.0.1' : host}${address.slice(colon)}`;
}
