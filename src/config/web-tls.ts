/** The section `tls_server_config` of the web configuration file. */

import { type Mapping, type Report, refuseUnknown } from './web-section.ts';

/** PEM files by absolute path, and what is asked of clients. */
export interface TlsConfig {
  readonly certFile: string;
  readonly keyFile: string;
  /** Undefined = clients need no certificate of these authorities. */
  readonly clientCaFile: string | undefined;
  readonly clientCertificate: 'none' | 'asked' | 'required';
  /** Whether a certificate that is given has to be of `clientCaFile`. */
  readonly isClientVerified: boolean;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion | undefined;
  /** Names of OpenSSL, with colons between; undefined = those of Node. */
  readonly ciphers: string | undefined;
}

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

const KEYS = [
  'cert_file',
  'key_file',
  'client_auth_type',
  'client_ca_file',
  'min_version',
  'max_version',
  'cipher_suites',
];

const VERSIONS: Readonly<Record<string, TlsVersion>> = {
  TLS10: 'TLSv1',
  TLS11: 'TLSv1.1',
  TLS12: 'TLSv1.2',
  TLS13: 'TLSv1.3',
};

type ClientAuth = Pick<TlsConfig, 'clientCertificate' | 'isClientVerified'>;

/** Names of Go's crypto/tls. */
const CLIENT_AUTH: Readonly<Record<string, ClientAuth>> = {
  NoClientCert: { clientCertificate: 'none', isClientVerified: false },
  RequestClientCert: { clientCertificate: 'asked', isClientVerified: false },
  RequireAnyClientCert: { clientCertificate: 'required', isClientVerified: false },
  VerifyClientCertIfGiven: { clientCertificate: 'asked', isClientVerified: true },
  RequireAndVerifyClientCert: { clientCertificate: 'required', isClientVerified: true },
};

/** Suites of TLS 1.2 by the names of Go; those of TLS 1.3 cannot be chosen, there as here. */
const CIPHERS: Readonly<Record<string, string>> = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
};
const TLS13_CIPHERS = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

/** `file` makes a path absolute. Problems are reported, the result is then of no use. */
export function readTlsSection(section: Mapping, file: (name: string) => string, report: Report): TlsConfig {
  refuseUnknown(section, KEYS, { prefix: 'tls_server_config.', report });
  const pick = <Value>(key: string, values: Readonly<Record<string, Value>>): Value | undefined => {
    const given = section[key];
    if (given === undefined) return undefined;
    const value = Object.hasOwn(values, String(given)) ? values[String(given)] : undefined;
    if (value === undefined)
      report(
        `tls_server_config.${key} is ${JSON.stringify(given)}, expected one of ${Object.keys(values).join(', ')}`,
      );
    return value;
  };
  const path = (key: string): string | undefined => {
    const given = section[key];
    return typeof given === 'string' && given !== '' ? file(given) : undefined;
  };
  for (const key of ['cert_file', 'key_file'])
    if (path(key) === undefined) report(`tls_server_config.${key} has to name a PEM file`);
  const clientAuth = pick('client_auth_type', CLIENT_AUTH) ?? CLIENT_AUTH['NoClientCert']!;
  const clientCaFile = path('client_ca_file');
  if (clientAuth.isClientVerified && clientCaFile === undefined)
    report('tls_server_config.client_ca_file is missing: client_auth_type asks for verified certificates');
  // The toolkit refuses it as well: whoever names authorities believes that they are asked for.
  if (section['client_ca_file'] !== undefined && clientAuth.clientCertificate === 'none')
    report('tls_server_config.client_ca_file is given, but client_auth_type asks for no certificate');
  if (section['client_ca_file'] !== undefined && clientCaFile === undefined)
    report('tls_server_config.client_ca_file has to name a PEM file');
  const minVersion = pick('min_version', VERSIONS) ?? 'TLSv1.2';
  const maxVersion = pick('max_version', VERSIONS);
  if (maxVersion !== undefined && maxVersion < minVersion)
    report(`tls_server_config.max_version is below min_version (${minVersion})`);
  return {
    certFile: path('cert_file') ?? '',
    keyFile: path('key_file') ?? '',
    clientCaFile,
    ...clientAuth,
    minVersion,
    maxVersion,
    ciphers: readCiphers(section['cipher_suites'], report),
  };
}

function readCiphers(given: unknown, report: Report): string | undefined {
  if (given === undefined) return undefined;
  const names = Array.isArray(given) ? given.map(String) : [String(given)];
  const isKnown = (name: string): boolean => Object.hasOwn(CIPHERS, name) || TLS13_CIPHERS.includes(name);
  for (const name of names.filter((name) => !isKnown(name)))
    report(
      `tls_server_config.cipher_suites has ${JSON.stringify(name)}, expected of ${Object.keys(CIPHERS).join(', ')}`,
    );
  const chosen = names.flatMap((name) => CIPHERS[name] ?? []);
  // Those of TLS 1.3 stand in the same list in OpenSSL and have to stay.
  return [...TLS13_CIPHERS, ...chosen].join(':');
}
