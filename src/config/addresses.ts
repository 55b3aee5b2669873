/** The kinds of values that are network addresses: where to listen, and which brokers to reach. */

import { isIPv4, isIPv6 } from 'node:net';
import type { Kind, Reading } from './kind.ts';

export interface ListenAddress {
  /** Empty means every interface. */
  readonly host: string;
  /** 0 means a free port. */
  readonly port: number;
}

const HIGHEST_PORT = 65535;
const HOST_AND_PORT = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/;
const HOST_NAME = /^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?\.?$/;

function isHost(host: string): boolean {
  // Digits and dots alone were meant to be an IPv4 address, so they have to be one.
  if (/^[\d.]+$/.test(host)) return isIPv4(host);
  return host.length <= 253 && HOST_NAME.test(host);
}

function parseListenAddress(text: string): Reading<ListenAddress> {
  const error = 'is not a listen address, expected a form such as `:8080`, `127.0.0.1:8080` or `[::1]:8080`';
  if (/^\d+$/.test(text))
    return { error: `is not a listen address, expected a colon before the port: \`:${text}\`` };
  const match = HOST_AND_PORT.exec(text);
  if (match === null) return { error };
  const [, bracketed, host = '', port] = match;
  if (bracketed !== undefined && !isIPv6(bracketed)) return { error };
  if (bracketed === undefined && host !== '' && !isHost(host)) return { error };
  if (Number(port) > HIGHEST_PORT) return { error: `has a port above the maximum of ${HIGHEST_PORT}` };
  return { value: { host: bracketed ?? host, port: Number(port) } };
}

export function formatListenAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether one of them is taken by listening on the other, as far as their texts tell. */
export function isSamePort(one: ListenAddress, other: ListenAddress): boolean {
  if (one.port !== other.port || one.port === 0) return false;
  return isWithin(one.host, other.host) || isWithin(other.host, one.host);
}

function isWithin(host: string, wide: string): boolean {
  if (wide === '0.0.0.0') return !host.includes(':');
  return host === wide || wide === '' || wide === '::';
}

export function listenAddress(): Kind<ListenAddress> {
  return {
    type: 'address',
    bounds: `ports 0 to ${HIGHEST_PORT}, 0 is a free one`,
    form: 'value',
    schema: { type: 'string', pattern: '^.*:\\d{1,5}$' },
    parse: parseListenAddress,
    fromYaml: (value) =>
      typeof value === 'string' ? parseListenAddress(value) : parseListenAddress(String(value)),
    format: formatListenAddress,
    toYaml: formatListenAddress,
  };
}

/** What container platforms put into `PORT`: the port alone. */
export function parsePort(text: string): Reading<ListenAddress> {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= HIGHEST_PORT) return { value: { host: '', port } };
  return { error: `is not a port, expected one from 0 to ${HIGHEST_PORT}` };
}

function parseBroker(text: string, defaultPort: number): Reading<string> {
  if (text === '') return { error: 'is empty' };
  if (text.includes('://')) return { error: 'has a scheme, expected `host:port` alone' };
  // kafkajs takes everything before the first colon for the host, so an IPv6 literal would never be reached.
  if (text.includes('['))
    return { error: 'is an IPv6 literal, which is not supported, expected a host name' };
  const match = HOST_AND_PORT.exec(text.includes(':') ? text : `${text}:${defaultPort}`);
  const host = match?.[2];
  if (host === undefined || !isHost(host)) return { error: 'is not a broker, expected `host:port`' };
  const port = Number(match![3]);
  if (port < 1 || port > HIGHEST_PORT) return { error: `has a port outside 1 to ${HIGHEST_PORT}` };
  return { value: `${host}:${port}` };
}

/** `host:port`; the port may be left out. */
export function broker(defaultPort: number): Kind<string> {
  const parse = (text: string): Reading<string> => parseBroker(text, defaultPort);
  return {
    type: 'host:port',
    bounds: `ports 1 to ${HIGHEST_PORT}, ${defaultPort} when left out`,
    form: 'value',
    schema: { type: 'string', pattern: '^[A-Za-z0-9._-]+(:\\d{1,5})?$' },
    parse,
    fromYaml: (value) => (typeof value === 'string' ? parse(value) : { error: 'is not text' }),
    format: (value) => value,
    toYaml: (value) => value,
  };
}
