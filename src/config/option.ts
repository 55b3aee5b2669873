/** What the entry of an option says. */

import type { Kind, Reading } from './kind.ts';

/** A variable of another name that peers or platforms use. */
interface Alias {
  readonly variable: string;
  /** What it means where that differs from the option's own text. */
  readonly doc?: string;
  readonly parse?: (text: string) => Reading<unknown>;
  /** Counts only where nothing else sets the option, and is then silent: the variable mainly means another one. */
  readonly isImplied?: boolean;
}

export interface Option<Value> {
  readonly kind: Kind<Value>;
  /** As a user would write it. */
  readonly default: string;
  readonly doc: string;
  /** A reload cannot change it. */
  readonly needsRestart?: boolean;
  readonly aliases?: readonly Alias[];
}
