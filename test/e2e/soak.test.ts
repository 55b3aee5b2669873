/** The short form of the soak of the bench: everything goes wrong for a while, nothing grows, nothing is lost. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SoakReport, soak } from '../bench/soak/soak.ts';
import { soakText } from '../bench/soak/text.ts';
import { hasOpenssl } from '../support/authority.ts';

const SECONDS = Number(process.env['TEST_SOAK_SECONDS'] ?? 45);

test(`${SECONDS} s of load while brokers, clients, bodies, configurations and keys go wrong`, {
  skip: !hasOpenssl(),
}, async (t) => {
  const report: SoakReport = await soak(t, {
    seconds: SECONDS,
    warmUpSeconds: SECONDS / 3,
    everySeconds: SECONDS / 18,
    seed: 1,
    mostDelayMs: 500,
  });
  for (const line of soakText(report).trimEnd().split('\n')) t.diagnostic(line);
  assert.deepEqual(report.faults, []);
  for (const kind of ['brokers', 'vanishing', 'malformed', 'reloads', 'certificates', 'users', 'pages'])
    assert.ok((report.faultCounts[kind] ?? 0) > 0, `${kind} went wrong at least once`);
  assert.ok(report.presence.samples > 1000, 'the load was a load');
});
