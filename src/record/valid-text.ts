/** Texts that nobody has checked, made valid UTF-8. */

import { isUtf8 } from 'node:buffer';

/** The same bytes where they are UTF-8, else with U+FFFD in the place of what is not. */
export function validText(bytes: Uint8Array): Uint8Array {
  return isUtf8(bytes) ? bytes : new TextEncoder().encode(new TextDecoder().decode(bytes));
}
