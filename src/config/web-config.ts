/** The web configuration file, in the format of Prometheus' exporter toolkit: TLS of the server, and users. */

import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import type { Config } from './options.ts';
import { checkTlsFiles } from './web-files.ts';
import { type Mapping, type Report, refuseUnknown, sectionOf } from './web-section.ts';
import { readTlsSection, type TlsConfig } from './web-tls.ts';

export interface WebConfig {
  /** Undefined means plain HTTP. */
  readonly tls: TlsConfig | undefined;
  /** Names and bcrypt hashes. */
  readonly users: ReadonlyMap<string, string>;
  /** Bearer tokens. */
  readonly tokens: readonly string[];
}

export const PLAIN_WEB: WebConfig = { tls: undefined, users: new Map(), tokens: [] };

const BCRYPT_HASH = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
/** Each of these takes twice as long as the one before: at 10 it is a tenth of a second, at 31 it is days. */
const BCRYPT_COSTS = { least: 4, most: 16 };

/** What this version understands; whatever else the format has is refused by name, not left out in silence. */
const SECTIONS = ['tls_server_config', 'http_server_config', 'basic_auth_users'];

type ReadFile = (path: string) => string;
type WebOptions = Pick<Config, 'web.config_file' | 'http.bearer_tokens_file'>;

interface WebReading {
  readonly web: WebConfig;
  readonly problems: readonly string[];
}

/** Both files that say who may do what and how, with the certificates and keys they name tried too. */
export function readUsableWeb(config: WebOptions, readFile: ReadFile): WebReading {
  const { web, problems } = readWeb(config, readFile);
  const found: string[] = [...problems];
  if (web.tls) checkTlsFiles(web.tls, readFile, reportOf(config['web.config_file'], found));
  return { web, problems: found };
}

/** What both files say; never throws for bad input. */
export function readWeb(config: WebOptions, readFile: ReadFile): WebReading {
  const problems: string[] = [];
  const read = (name: keyof WebOptions): string | undefined => {
    try {
      return config[name] === '' ? undefined : readFile(config[name]);
    } catch (error) {
      problems.push(`${name}: cannot read ${config[name]}: ${(error as Error).message}`);
      return undefined;
    }
  };
  const text = read('web.config_file');
  const tokens = read('http.bearer_tokens_file');
  const found = text === undefined ? undefined : readWebConfig(config['web.config_file'], text);
  const { web = PLAIN_WEB, problems: webProblems = [] } = found ?? {};
  const lines =
    tokens
      ?.split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '') ?? [];
  if (tokens !== undefined && lines.length === 0)
    problems.push('http.bearer_tokens_file: the file has no token, expected one a line');
  return { web: { ...web, tokens: lines }, problems: [...problems, ...webProblems] };
}

/** Paths in the file are relative to its folder, as the toolkit has it. Never throws for bad input. */
export function readWebConfig(path: string, text: string): WebReading {
  const problems: string[] = [];
  const report = reportOf(path, problems);
  const content = sectionOf({ '': contentOf(text, report) }, '', report) ?? {};
  refuseUnknown(content, SECTIONS, { prefix: '', report });
  const tlsSection = sectionOf(content, 'tls_server_config', report);
  const file = (name: string): string => resolve(dirname(path), name);
  const tls = tlsSection && readTlsSection(tlsSection, file, report);
  readHttpSection(sectionOf(content, 'http_server_config', report) ?? {}, report);
  const users = readUsers(sectionOf(content, 'basic_auth_users', report) ?? {}, report);
  return problems.length > 0 ? { web: PLAIN_WEB, problems } : { web: { tls, users, tokens: [] }, problems };
}

function reportOf(path: string, problems: string[]): Report {
  return (problem) => {
    problems.push(`web.config_file ${path}: ${problem}`);
  };
}

/** Undefined, which is nothing to complain about any more, when it cannot be read. */
function contentOf(text: string, report: Report): unknown {
  // The parser only warns about an unknown tag, but `basic_auth_users: !x` would silently mean nobody.
  const document = parseDocument(text, { prettyErrors: false });
  if (document.errors.length > 0 || document.warnings.length > 0) {
    report('not well-formed YAML');
    return undefined;
  }
  try {
    return document.toJS() as unknown;
  } catch (error) {
    // An alias without its anchor, or so many of them that they mean gigabytes.
    report(`not well-formed YAML: ${(error as Error).message}`);
    return undefined;
  }
}

/** HTTP/2 would put all shards of a sender on one connection. */
function readHttpSection(section: Mapping, report: Report): void {
  refuseUnknown(section, ['http2'], { prefix: 'http_server_config.', report });
  if (section['http2'] === true)
    report('http_server_config.http2 is true, but HTTP/1.1 is all that is served: set it to false');
}

function readUsers(section: Mapping, report: Report): Map<string, string> {
  const users = new Map<string, string>();
  for (const [name, hash] of Object.entries(section)) {
    const cost = typeof hash === 'string' ? Number(BCRYPT_HASH.exec(hash)?.[1]) : Number.NaN;
    // Never shown: it is as good as the password to whoever has the time.
    if (Number.isNaN(cost))
      report(
        `basic_auth_users.${name} is not a bcrypt hash, make one with: htpasswd -nBC 10 "" | tr -d ':\\n'`,
      );
    else if (cost < BCRYPT_COSTS.least || cost > BCRYPT_COSTS.most)
      report(
        `basic_auth_users.${name} is a hash of cost ${cost}, expected ${BCRYPT_COSTS.least} to ${BCRYPT_COSTS.most}: 10 takes about a tenth of a second a check, each one more twice as long`,
      );
    else users.set(name, String(hash));
  }
  return users;
}
