/** The one table of what keeps this client from a broker: how it is recognised, the sentence, and the cure. */

import { TokenRefused } from './oauth-login.ts';
import type { Contact } from './sockets.ts';
import { TlsFileError } from './tls-files.ts';
import { TokenError } from './token-source.ts';

/** What is known of a connection that failed. */
export interface Facts {
  /** `host:port`. */
  readonly broker: string;
  readonly stage: Contact['stage'];
  /** Of Node, of OpenSSL, or of Kafka; '' when there is none. */
  readonly code: string;
  /** What was said, by whomever. */
  readonly words: string;
  readonly error: unknown;
  /** The first bytes of an answer that is none of Kafka. */
  readonly strange: string;
  readonly isTls: boolean;
  readonly hasCertificate: boolean;
  readonly mechanism: string;
  /** What the broker offers instead, where it says so. */
  readonly offered: string;
  readonly user: string;
}

export interface ProblemEntry {
  /** How it is recognised, for the documents. */
  readonly sign: string;
  readonly is: (facts: Facts) => boolean;
  /** Goes on from the broker's address. */
  readonly says: (facts: Facts) => string;
  readonly cure: string;
  /** Nobody is there, which a broker that restarts shows too: other problems tell more. */
  readonly isAbsence?: true;
}

const UNKNOWN_AUTHORITY = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
];
/** What TLS says of the certificate of this side, or of none. */
const CERTIFICATE_ALERT =
  /ALERT_(BAD_CERTIFICATE|CERTIFICATE_REQUIRED|UNSUPPORTED_CERTIFICATE|CERTIFICATE_REVOKED|CERTIFICATE_EXPIRED|CERTIFICATE_UNKNOWN|UNKNOWN_CA|ACCESS_DENIED)/;
const WITHOUT_CERTIFICATE = /ALERT_(BAD_CERTIFICATE|CERTIFICATE_REQUIRED)/;
const TLS_ALERT = '\x15\x03';
const CLOSED = /closed|ECONNRESET|EPIPE/i;
const SASL_FAILED = /authentication failed/i;
/** kafkajs, of a request whose answer did not come. */
const TIMED_OUT = /^Request .* timed out$/;

/** In the order in which they are tried: the first that holds is it. */
export const PROBLEMS = {
  tls_file: {
    sign: 'a file of `kafka.tls.*` cannot be used',
    is: ({ error }) => error instanceof TlsFileError,
    says: ({ words }) => `cannot be connected to: ${words}`,
    cure: 'mend the file; it is read again at each try',
  },
  token: {
    sign: 'the token URL or the token file gives no token',
    is: ({ error }) => error instanceof TokenError,
    says: ({ words }) => `wants a token, and there is none: ${words}`,
    cure: 'check kafka.sasl.oauth.*',
  },
  token_refused: {
    sign: 'the broker answers the token with an error',
    is: ({ error }) => error instanceof TokenRefused,
    says: ({ words }) => `refuses the token of kafka.sasl.oauth: ${words}`,
    cure: 'check issuer, audience, scope and life of the token, and kafka.sasl.oauth.extensions, against what the broker expects',
  },
  name_unresolved: {
    sign: '`ENOTFOUND`, `EAI_AGAIN`, or no answer of the name service in time',
    is: ({ code, stage }) =>
      code === 'ENOTFOUND' || code === 'EAI_AGAIN' || (code === 'ETIMEDOUT' && stage === 'resolving'),
    says: ({ code }) => `has a name that cannot be resolved (${code})`,
    cure: 'check the name in kafka.brokers and the name service of this machine',
    isAbsence: true,
  },
  port_closed: {
    sign: '`ECONNREFUSED`',
    is: ({ code }) => code === 'ECONNREFUSED',
    says: () => 'refuses the connection, nothing listens there (ECONNREFUSED)',
    cure: 'check the port in kafka.brokers, and that the broker runs',
    isAbsence: true,
  },
  unreachable: {
    sign: '`EHOSTUNREACH`, `ENETUNREACH`, or no connection in time',
    is: ({ code, stage }) =>
      /^E(HOST|NET)UNREACH$/.test(code) || (code === 'ETIMEDOUT' && stage === 'connecting'),
    says: ({ code }) => `cannot be reached (${code})`,
    cure: 'check the address in kafka.brokers, routes and firewalls',
    isAbsence: true,
  },
  authority_unknown: {
    sign: 'a code of OpenSSL such as `SELF_SIGNED_CERT_IN_CHAIN`',
    is: ({ code }) => UNKNOWN_AUTHORITY.includes(code),
    says: ({ code }) => `has a certificate of an authority that is not trusted here (${code})`,
    cure: 'set kafka.tls.ca_file to the certificate of the authority that signed it',
  },
  certificate_expired: {
    sign: '`CERT_HAS_EXPIRED`, `CERT_NOT_YET_VALID`',
    is: ({ code }) => code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID',
    says: ({ code }) =>
      code === 'CERT_HAS_EXPIRED'
        ? 'has a certificate that has expired (CERT_HAS_EXPIRED)'
        : 'has a certificate that is not valid yet (CERT_NOT_YET_VALID)',
    cure: 'renew the certificate of the broker, and check the clocks',
  },
  name_mismatch: {
    sign: '`ERR_TLS_CERT_ALTNAME_INVALID`',
    is: ({ code }) => code === 'ERR_TLS_CERT_ALTNAME_INVALID',
    says: ({ error }) => {
      const { host, cert } = error as {
        host?: string;
        cert?: { subjectaltname?: string; subject?: { CN?: string } };
      };
      const names = cert?.subjectaltname ?? `CN:${cert?.subject?.CN}`;
      return `has a certificate for ${names}, not for ${host} (ERR_TLS_CERT_ALTNAME_INVALID)`;
    },
    cure: 'reach the broker by a name that its certificate holds, or set kafka.tls.server_name to one',
  },
  client_certificate_missing: {
    sign: 'an alert of TLS about a certificate, and `kafka.tls.cert_file` is not set',
    is: ({ code, hasCertificate, isTls, stage, words }) =>
      !hasCertificate &&
      (WITHOUT_CERTIFICATE.test(code) || (isTls && stage === 'open' && CLOSED.test(words))),
    says: ({ code }) => `wants a client certificate${code === '' ? '' : ` (${code})`}`,
    cure: 'set kafka.tls.cert_file and kafka.tls.key_file',
  },
  client_certificate_refused: {
    sign: 'an alert of TLS about a certificate, and `kafka.tls.cert_file` is set',
    is: ({ code }) => CERTIFICATE_ALERT.test(code),
    says: ({ code }) => `refuses the client certificate (${code})`,
    cure: 'check that kafka.tls.cert_file is still valid and signed by an authority in the truststore of the broker',
  },
  tls_version: {
    sign: 'another alert of TLS',
    is: ({ code }) => /ALERT/.test(code),
    says: ({ code }) => `ends the TLS handshake (${code})`,
    cure: 'check that ssl.enabled.protocols and ssl.cipher.suites of the broker allow TLS 1.2 or 1.3; old brokers that want a client certificate say this too',
  },
  no_tls: {
    sign: 'the connection ends in the TLS handshake, or the answer is none of TLS',
    is: ({ stage, isTls }) => isTls && stage === 'securing',
    says: ({ code }) => `does not speak TLS on this port${code === '' ? '' : ` (${code})`}`,
    cure: 'use the port of a TLS listener (SSL or SASL_SSL), or set kafka.tls.enabled to false',
  },
  http: {
    sign: 'the first bytes of the answer are `HTTP` (taken for a length: 1213486160)',
    is: ({ strange }) => strange.startsWith('HTTP'),
    says: ({ strange }) => `answers in HTTP (${strange}), so it is no Kafka broker`,
    cure: 'use the port of a Kafka listener, mostly 9092 to 9094, in kafka.brokers',
  },
  wants_tls: {
    sign: 'the answer is an alert of TLS, or the connection ends at the first request',
    is: ({ stage, strange, isTls, words }) =>
      !isTls && (strange.startsWith(TLS_ALERT) || (stage === 'open' && CLOSED.test(words))),
    says: ({ strange }) =>
      strange === ''
        ? 'ends the connection at the first request, as a TLS port does'
        : 'speaks TLS on this port',
    cure: 'set kafka.tls.enabled to true, or use the port of a listener without TLS',
  },
  no_kafka: {
    sign: 'the first bytes of the answer cannot be those of Kafka, or there is no answer',
    is: ({ strange, stage }) => strange !== '' || stage === 'open',
    says: ({ strange }) =>
      strange === ''
        ? 'takes the connection and does not answer as Kafka does'
        : `answers ${JSON.stringify(strange)}, so it is no Kafka broker`,
    cure: 'use the port of a Kafka listener in kafka.brokers',
  },
  mechanism_unsupported: {
    sign: '`UNSUPPORTED_SASL_MECHANISM`',
    is: ({ code, words }) =>
      code === 'UNSUPPORTED_SASL_MECHANISM' || /mechanism is not supported by the server/.test(words),
    says: ({ mechanism, offered }) =>
      `does not take the login ${mechanism} on this port${offered === '' ? '' : `, but ${offered}`} (UNSUPPORTED_SASL_MECHANISM)`,
    cure: 'set kafka.sasl.mechanism to one of sasl.enabled.mechanisms of the listener',
  },
  login_unwanted: {
    sign: '`ILLEGAL_SASL_STATE`',
    is: ({ code }) => code === 'ILLEGAL_SASL_STATE',
    says: ({ mechanism }) =>
      `takes no login on this port, and kafka.sasl.mechanism is ${mechanism} (ILLEGAL_SASL_STATE)`,
    cure: 'use the port of a listener with a login (SASL_SSL or SASL_PLAINTEXT), or set kafka.sasl.mechanism to none',
  },
  login_refused: {
    sign: '`SASL_AUTHENTICATION_FAILED`',
    is: ({ code, words }) => code === 'SASL_AUTHENTICATION_FAILED' || SASL_FAILED.test(words),
    says: ({ user, mechanism, words }) => `refuses the login of ${user} by ${mechanism}: ${words}`,
    cure: 'check kafka.sasl.username, kafka.sasl.password and kafka.sasl.mechanism: users of SCRAM are kept for each mechanism apart',
  },
  silent: {
    sign: 'a request is not answered in time by a broker that has answered others, or `ETIMEDOUT`',
    is: ({ code, words }) => code === 'ETIMEDOUT' || TIMED_OUT.test(words),
    says: ({ words }) => `does not answer in time: ${words}`,
    cure: 'look whether that broker hangs or has too much to do, and whether something on the way to it drops packets',
  },
  login_missing: {
    sign: 'the connection ends at the first request after the greeting, and `kafka.sasl.mechanism` is none',
    is: ({ stage, mechanism, words }) => stage === 'greeted' && mechanism === 'none' && CLOSED.test(words),
    says: () =>
      'ends the connection at the first request after the greeting, as a listener with a login does',
    cure: 'set kafka.sasl.mechanism, or use the port of a listener without a login',
  },
} as const satisfies Record<string, ProblemEntry>;

export type ProblemCode = keyof typeof PROBLEMS;
