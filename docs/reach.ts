/** What is reachable with which credentials: told from the table of routes, as a test asks it of a running adapter. */

import { type Group, type Path, ROUTES, type Route } from '../src/http/routes.ts';

export type Credentials = 'no' | 'wrong' | 'right';
/** Of a client, against `client_ca_file`. */
export type Certificate = 'no' | 'wrong' | 'right';

/** A way to set the adapter up. */
export interface Setup {
  readonly name: string;
  /** As a reader would write it. */
  readonly words: string;
  readonly hasUsers: boolean;
  /** The option, where it is set. */
  readonly protected?: readonly Group[];
  readonly hasAdminAddress?: boolean;
  /** Of `tls_server_config`; without one there is no TLS. */
  readonly clientAuth?: 'RequireAndVerifyClientCert' | 'VerifyClientCertIfGiven';
}

const ALL: readonly Group[] = ['write', 'operations', 'status', 'lifecycle'];
const PRESET: readonly Group[] = ['write', 'lifecycle'];

export const SETUPS: readonly Setup[] = [
  { name: 'open', words: 'no users, no tokens', hasUsers: false },
  { name: 'users', words: 'users or tokens', hasUsers: true },
  { name: 'all', words: `\`http.protected: [${ALL.join(', ')}]\``, hasUsers: true, protected: ALL },
  {
    name: 'watching',
    words: '`http.protected: [operations, status]`',
    hasUsers: true,
    protected: ['operations', 'status'],
  },
  { name: 'admin', words: 'users or tokens', hasUsers: true, hasAdminAddress: true },
  {
    name: 'required',
    words: '`client_auth_type: RequireAndVerifyClientCert`',
    hasUsers: true,
    clientAuth: 'RequireAndVerifyClientCert',
  },
  {
    name: 'given',
    words: '`client_auth_type: VerifyClientCertIfGiven`',
    hasUsers: true,
    clientAuth: 'VerifyClientCertIfGiven',
  },
];

/** One request, beside the setup. */
export interface Attempt {
  readonly path: Path;
  readonly isLifecycleOn: boolean;
  readonly credentials: Credentials;
  readonly certificate: Certificate;
  /** Which address is asked; the one address there is counts as that of senders. */
  readonly address: 'senders' | 'operators';
}

/** The status of the answer; undefined when the connection ends without one. */
export function expectedStatus(setup: Setup, attempt: Attempt): number | undefined {
  const { path, isLifecycleOn, credentials, certificate, address } = attempt;
  const route: Route = ROUTES[path];
  if (setup.clientAuth !== undefined && certificate === 'wrong') return undefined;
  if (setup.clientAuth === 'RequireAndVerifyClientCert' && certificate === 'no') return undefined;
  if (setup.hasAdminAddress && route.address !== 'both' && route.address !== address) return 404;
  const isAsked =
    setup.hasUsers && route.group !== undefined && (setup.protected ?? PRESET).includes(route.group);
  if (isAsked && credentials !== 'right') return 401;
  if (route.isLifecycle && !isLifecycleOn) return 403;
  return GOOD[route.handler] ?? 200;
}

const GOOD: Readonly<Partial<Record<Route['handler'], number>>> = { write: 204, reload: 204, rebalance: 202 };

export const PATHS = Object.keys(ROUTES) as readonly Path[];

interface Column extends Partial<Attempt> {
  readonly head: string;
  readonly setup: Setup;
}

/** Three tables: by who is asked, by address, by certificate. */
export function reachTables(): string {
  const [open, users, all, watching, admin, required, given] = SETUPS as readonly [
    Setup,
    Setup,
    Setup,
    Setup,
    Setup,
    Setup,
    Setup,
  ];
  const certificates = (setup: Setup): Column[] =>
    (['no', 'wrong', 'right'] as const).map((certificate) => ({
      setup,
      head: `${setup.words}, ${certificate} certificate`,
      certificate,
    }));
  return [
    'One address:',
    table([open, users, all, watching].map((setup) => ({ setup, head: setup.words }))),
    'With `http.admin_listen_address`, and users or tokens:',
    table([
      { setup: admin, head: 'address of senders', address: 'senders' },
      { setup: admin, head: '`http.admin_listen_address`', address: 'operators' },
    ]),
    'With TLS and certificates of clients, and users or tokens; a wrong certificate is one that is not of `client_ca_file`:',
    table([...certificates(required), ...certificates(given)]),
  ].join('\n\n');
}

function table(columns: readonly Column[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rows = PATHS.flatMap((path) => {
    const { method, isLifecycle }: Route = ROUTES[path];
    const lifecycles = isLifecycle ? [false, true] : [false];
    return lifecycles.map((isLifecycleOn) => {
      const name = `\`${method} ${path}\`${isLifecycleOn ? ', with `http.enable_lifecycle`' : ''}`;
      return [name, ...columns.map((column) => cell({ ...column, path, isLifecycleOn }))];
    });
  });
  const heads = columns.map(({ head }) => head);
  return [line(['', ...heads]), line(['---', ...heads.map(() => '---')]), ...rows.map(line)].join('\n');
}

/** Without, with wrong, with right credentials; once when it is the same for all. */
function cell({ setup, ...attempt }: Column & Pick<Attempt, 'path' | 'isLifecycleOn'>): string {
  const statuses = (['no', 'wrong', 'right'] as const).map((credentials) =>
    expectedStatus(setup, { certificate: 'right', address: 'senders', ...attempt, credentials }),
  );
  const shown = statuses.map((status) => (status === undefined ? 'ended' : String(status)));
  return new Set(shown).size === 1 ? shown[0]! : shown.join(' / ');
}
