/** What a kind of value is: how it is read, bounded, written and described. */

/**
 * What became of a value. An error goes on from the value (`is not a size, expected ...`) and never repeats it as a
 * whole: only `problemOf` shows values, because it alone knows which of them are secret.
 */
export type Reading<Value> = { readonly value: Value } | { readonly error: string };

export type YamlValue =
  | string
  | number
  | boolean
  | readonly YamlValue[]
  | { readonly [key: string]: YamlValue };

export type JsonSchema = { readonly [keyword: string]: unknown };

export interface Kind<Value> {
  /** Short name for the help and the reference page. */
  readonly type: string;
  /** What limits the values, in words; empty when the type says it all. */
  readonly bounds: string;
  /**
   * `switch`: the flag alone means true. `list`: the flag may be repeated. `secret`: no output may show it.
   * `structure`: it has levels below it, and its errors name the place inside and show the value there.
   */
  readonly form: 'value' | 'switch' | 'list' | 'secret' | 'structure';
  /** What the configuration file may hold. Bounds of durations cannot be said there. */
  readonly schema: JsonSchema;
  /** Reads a flag or a variable. */
  parse(text: string): Reading<Value>;
  /**
   * Reads a value of the configuration file: scalars and sequences of scalars, as YAML types them, text as `parse` does;
   * for a structure what `deepValue` gives.
   */
  fromYaml(value: unknown): Reading<Value>;
  /** Text that `parse` reads back. */
  format(value: Value): string;
  /** A value that `fromYaml` reads back. */
  toYaml(value: Value): YamlValue;
}

/** What `--print-config` shows in the place of a secret. */
export const HIDDEN = '<hidden>';
