/** What must hold between who may do what, by which way they come, and what they can reach. */

import { formatListenAddress, isSamePort } from '../addresses.ts';
import type { Config } from '../options.ts';
import { type Rule, when } from '../rule.ts';
import { HTTP_OPTIONS } from '../table/http.ts';
import type { WebConfig } from '../web-config.ts';

function isAnybodyAsked(config: Config, { users, tokens }: WebConfig): boolean {
  return users.size > 0 || tokens.length > 0 || config['http.basic_auth.username'] !== '';
}

const CREDENTIALS = ['http.basic_auth.username', 'http.bearer_tokens_file', 'web.config_file'] as const;

/** Whoever leaves it as it is has no wish about it. */
const PROTECTED = HTTP_OPTIONS['http.protected'].default;

export const WEB_RULES: readonly Rule[] = [
  {
    name: 'admin_address_taken',
    level: 'problem',
    doc: 'The address of operators has a port of its own.',
    reads: ['http.listen_address', 'http.admin_listen_address'],
    check(config) {
      const { 'http.listen_address': senders, 'http.admin_listen_address': operators } = config;
      return when(
        operators !== undefined && isSamePort(senders, operators),
        `http.admin_listen_address of ${operators && formatListenAddress(operators)} is the port of http.listen_address of ${formatListenAddress(senders)}, which can be listened on once: give it another one`,
      );
    },
  },
  {
    name: 'credentials_without_tls',
    level: 'warning',
    doc: 'Passwords and tokens go readable by all unless `tls_server_config` is in the web configuration file.',
    reads: CREDENTIALS,
    check: (config, _origins, web) =>
      when(
        isAnybodyAsked(config, web) && web.tls === undefined,
        'users or tokens are asked for, but web.config_file has no tls_server_config: whoever is on the way reads them',
      ),
  },
  {
    name: 'protected_from_nobody',
    level: 'warning',
    doc: 'What `http.protected` names is open unless there are users or tokens.',
    reads: ['http.protected', ...CREDENTIALS],
    check: (config, _origins, web) =>
      when(
        config['http.protected'].join() !== PROTECTED && !isAnybodyAsked(config, web),
        'http.protected is set, but there are neither users nor tokens: all of it is open',
      ),
  },
  {
    name: 'lifecycle_open',
    level: 'warning',
    doc: 'What `http.enable_lifecycle` allows is for operators alone: by users or tokens, or by an address that senders do not reach.',
    reads: ['http.enable_lifecycle', 'http.protected', 'http.admin_listen_address', ...CREDENTIALS],
    check: (config, _origins, web) => {
      const isAsked = isAnybodyAsked(config, web) && config['http.protected'].includes('lifecycle');
      return when(
        config['http.enable_lifecycle'] && !isAsked && config['http.admin_listen_address'] === undefined,
        'http.enable_lifecycle is on and nobody is asked who they are: whoever reaches the address of senders can reload and rebalance',
      );
    },
  },
];
