/** The thread of `PasswordThread`: takes comparisons one after the other and answers each by its number. */

import { parentPort } from 'node:worker_threads';
import { compareSync } from 'bcryptjs';
import type { Comparison, Verdict } from './password-thread.ts';

parentPort?.on('message', ({ id, password, hashes }: Comparison) => {
  // The others are only for the time that they take; none of them is of any password.
  const isRight = hashes.findIndex((hash) => compareSync(password, hash)) === 0;
  const verdict: Verdict = { id, isRight };
  parentPort?.postMessage(verdict);
});
