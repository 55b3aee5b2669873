/** Examples of the web configuration file: some that are right, and some that are refused, with who refuses them. */

export interface WebExample {
  readonly title: string;
  readonly text: string;
}

export interface RefusedExample extends WebExample {
  /** What this adapter says of it. */
  readonly problem: string;
  /** What `promtool check web-config` says. */
  readonly isTakenByPromtool: boolean;
}

/** Of a password that nobody knows, so that who copies it lets nobody in. */
const HASH = '$2y$10$fEJhVBvXmK9m46f74vI0W.3EzxD0LRjrNyx7uGZsJlEI2JlrTyAuW';

export const WEB_EXAMPLES: readonly WebExample[] = [
  {
    title: 'TLS and users with hashed passwords, as htpasswd makes them with -nBC 10',
    text: `tls_server_config:
  cert_file: server.pem
  key_file: server.key
basic_auth_users:
  prometheus-a: ${HASH}
  prometheus-b: ${HASH}
`,
  },
  {
    title: 'TLS with client certificates of one authority and nobody else',
    text: `tls_server_config:
  cert_file: server.pem
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: clients-ca.pem
`,
  },
  {
    title: 'TLS 1.2 with chosen suites, and 1.3; who shows a certificate has to show a right one',
    text: `tls_server_config:
  cert_file: server.pem
  key_file: server.key
  client_auth_type: VerifyClientCertIfGiven
  client_ca_file: clients-ca.pem
  min_version: TLS12
  max_version: TLS13
  cipher_suites:
    - TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
    - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
http_server_config:
  http2: false
basic_auth_users:
  prometheus: ${HASH}
`,
  },
];

export const REFUSED_EXAMPLES: readonly RefusedExample[] = [
  {
    title: 'HTTP/2, which would put all shards of a sender on one connection',
    text: `http_server_config:
  http2: true
`,
    problem: 'http_server_config.http2 is true, but HTTP/1.1 is all that is served: set it to false',
    isTakenByPromtool: true,
  },
  {
    title: 'headers for all answers: those of the status page are fixed, the others need none',
    text: `http_server_config:
  headers:
    X-Frame-Options: deny
`,
    problem: 'http_server_config.headers is not supported, expected http2',
    isTakenByPromtool: true,
  },
  {
    title: 'a hash of such a cost that one guess takes hours',
    text: `basic_auth_users:
  prometheus: ${HASH.replace('$10$', '$28$')}
`,
    problem:
      'basic_auth_users.prometheus is a hash of cost 28, expected 4 to 16: 10 takes about a tenth of a second a check, each one more twice as long',
    isTakenByPromtool: true,
  },
  {
    title: 'a password that is not hashed',
    text: `basic_auth_users:
  prometheus: letmein
`,
    problem: `basic_auth_users.prometheus is not a bcrypt hash, make one with: htpasswd -nBC 10 "" | tr -d ':\\n'`,
    isTakenByPromtool: false,
  },
  {
    title: 'an authority that nobody is asked for',
    text: `tls_server_config:
  cert_file: server.pem
  key_file: server.key
  client_ca_file: clients-ca.pem
`,
    problem: 'tls_server_config.client_ca_file is given, but client_auth_type asks for no certificate',
    isTakenByPromtool: false,
  },
  {
    title: 'a key that is misspelt',
    text: `basic_auth_user:
  prometheus: ${HASH}
`,
    problem:
      'basic_auth_user is not supported, expected tls_server_config, http_server_config, basic_auth_users',
    isTakenByPromtool: false,
  },
];
