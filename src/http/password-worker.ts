/** The thread of `PasswordThread`: takes comparisons one after the other and answers each by its number. */

import { parentPort } from 'node:worker_threads';
import { compareSync } from 'bcryptjs';
import type { Comparison, Verdict } from './password-thread.ts';

parentPort?.on('message', ({ id, password, hash }: Comparison) => {
  const verdict: Verdict = { id, isRight: compareSync(password, hash) };
  parentPort?.postMessage(verdict);
});
