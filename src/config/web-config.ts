/** The web configuration file, in the format of Prometheus' exporter toolkit: TLS of the server. */

import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';

/** PEM files; absolute paths. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface WebConfig {
  /** Undefined means plain HTTP. */
  readonly tls: TlsFiles | undefined;
}

export const PLAIN_WEB: WebConfig = { tls: undefined };

/** What this version understands; whatever else the format has is refused by name, not left out in silence. */
const SECTIONS = ['tls_server_config'];
const TLS_KEYS = ['cert_file', 'key_file'];

type Mapping = Readonly<Record<string, unknown>>;

/** Paths in the file are relative to its folder, as the toolkit has it. Never throws for bad input. */
export function readWebConfig(path: string, text: string): { web: WebConfig; problems: readonly string[] } {
  const document = parseDocument(text);
  if (document.errors.length > 0) return refused(path, ['not well-formed YAML']);
  const content = (document.toJS() ?? {}) as unknown;
  if (!isMapping(content)) return refused(path, ['the file has to be a section with keys below it']);
  const unknown = unknownKeys(content, SECTIONS, '');
  const section = content['tls_server_config'];
  if (section === undefined || section === null)
    return unknown.length > 0 ? refused(path, unknown) : { web: PLAIN_WEB, problems: [] };
  if (!isMapping(section)) return refused(path, [...unknown, 'tls_server_config has to be a section']);
  const missing = TLS_KEYS.filter((key) => typeof section[key] !== 'string' || section[key] === '');
  const problems = [
    ...unknown,
    ...unknownKeys(section, TLS_KEYS, 'tls_server_config.'),
    ...missing.map((key) => `tls_server_config.${key} has to name a PEM file`),
  ];
  if (problems.length > 0) return refused(path, problems);
  const file = (key: string): string => resolve(dirname(path), String(section[key]));
  return { web: { tls: { certFile: file('cert_file'), keyFile: file('key_file') } }, problems: [] };
}

function refused(path: string, problems: readonly string[]): { web: WebConfig; problems: readonly string[] } {
  return { web: PLAIN_WEB, problems: problems.map((problem) => `web.config_file ${path}: ${problem}`) };
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unknownKeys(section: Mapping, known: readonly string[], prefix: string): string[] {
  return Object.keys(section)
    .filter((key) => !known.includes(key))
    .map((key) => `${prefix}${key} is not supported, expected ${known.join(', ')}`);
}
