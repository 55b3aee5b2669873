/** What became of a text in one of the languages that users write: a value, or why there is none. */

/** An error is one line that says what is wrong, and where in the text when that is not plain. */
export type Parsed<Value> = { readonly value: Value } | { readonly error: string };

/** The value of a text that was checked before: an error is a fault of the caller, and thrown. */
export function checked<Value>(parsed: Parsed<Value>): Value {
  if ('error' in parsed) throw new Error(`was not checked before: ${parsed.error}`);
  return parsed.value;
}
