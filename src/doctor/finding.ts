/** One thing found: an entry of the table, and what was seen of it. */

import { FINDINGS, type FindingCode, type Level } from './table.ts';

export interface Finding {
  readonly code: FindingCode;
  readonly level: Level;
  readonly meaning: string;
  /** What was counted or measured; may be empty. */
  readonly seen: string;
  readonly advice: readonly string[];
}

export function finding(code: FindingCode, seen = ''): Finding {
  const { level, meaning, advice } = FINDINGS[code];
  return { code, level, meaning, seen, advice };
}
