/** The login by OAUTHBEARER, RFC 7628: kafkajs' own takes a refused token for a success. */

import { Buffer } from 'node:buffer';
import type { AuthenticationProviderArgs, Authenticator } from 'kafkajs';
import type { TokenSource } from './token-source.ts';

const SEPARATOR = '\x01';

/** The broker refuses the token; the message is what it says. */
export class TokenRefused extends Error {}

/** The login of one connection, as kafkajs takes it; `extensions` each `name=value`. */
export function oauthLogin(
  tokens: TokenSource,
  extensions: readonly string[],
): (connection: AuthenticationProviderArgs) => Authenticator {
  return ({ saslAuthenticate }) => ({
    async authenticate() {
      const exchange = async (text: string): Promise<string> => {
        const request = { encode: () => withLength(text) };
        const response = { decode: (answer: Buffer) => answer, parse: withoutLength };
        return (await saslAuthenticate<string>({ request, response })) ?? '';
      };
      const token = await tokens.token();
      const fields = [`auth=Bearer ${token}`, ...extensions];
      let refusal = '';
      try {
        // Section 3.2.3: an answer that is not empty says what is wrong, and the broker waits for one more message.
        refusal = await exchange(`n,,${SEPARATOR}${fields.join(SEPARATOR)}${SEPARATOR}${SEPARATOR}`);
        if (refusal === '') return;
        await exchange(SEPARATOR);
      } catch (error) {
        const { name, message } = error as Error;
        if (name !== 'KafkaJSProtocolError') throw error;
        refusal = message;
      }
      tokens.forget();
      throw new TokenRefused(refusal.replaceAll(token, '<token>'));
    },
  });
}

function withLength(text: string): Buffer {
  const bytes = Buffer.alloc(4 + Buffer.byteLength(text));
  bytes.writeInt32BE(bytes.length - 4, 0);
  bytes.write(text, 4);
  return bytes;
}

function withoutLength(answer: Buffer): string {
  return answer.toString('utf8', 4);
}
