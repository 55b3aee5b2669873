/** Values as they are shown in messages. */

const LONGEST_SHOWN = 80;

/** A value in quotes, on one line, of bounded length. */
export function quoted(value: string): string {
  return JSON.stringify(value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}...` : value);
}
