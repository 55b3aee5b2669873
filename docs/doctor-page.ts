/** The page docs/doctor.md: how the doctor works, and every finding from its table. */

import { FINDINGS } from '../src/doctor/table.ts';

export function doctorPage(): string {
  const findings = Object.entries(FINDINGS).map(([code, { level, meaning, advice }]) =>
    [
      `### \`${code}\` (${level})`,
      '',
      meaning,
      ...(advice.length > 0 ? [''] : []),
      ...advice.map((text) => `- ${text}`),
    ].join('\n'),
  );
  return `${INTRODUCTION}\n## Findings\n\n${findings.join('\n\n')}\n`;
}

const INTRODUCTION = `# The doctor

Prometheus keeps its connections open, and a layer-4 balancer picks a replica once for each connection. So all traffic
may stay on one replica while every \`curl\` looks fine. What is the cause? One command, from any machine that reaches
the balancer, best from one where a sender runs:

\`\`\`sh
kafka-adapter doctor http://vip:8080          # about 80 s with the default settings of the replicas
kafka-adapter doctor --quick --expect=3 vip   # a few seconds: age limit and idle timeout are left out
\`\`\`

It writes nothing: all it sends is \`GET /-/whoami\`. The exit status is 0 when no finding is a problem, 1 when one
is or when nothing answers as a replica does, and 2 for wrong arguments. \`--json\` gives findings, facts and every
single observation to a program, or \`problem\` when nothing answers, \`--help\` lists the flags.

## What it does

| experiment | shows |
| --- | --- |
| 100 requests over one connection | whether something in front takes requests apart (layer 7) |
| 40 new connections, open together, one request each | whether new connections reach different replicas |
| connections from other addresses of this machine | whether the address decides where they go |
| 3 connections with a request a second until past the age limit | whether \`Connection: close\` of a replica arrives, and where the client lands then |
| 1 connection left alone until past the idle timeout | who ends it: the replica, in order, or something in between |

The last two run at the same time, and as long as the settings of the replicas need: that is why \`/-/whoami\` tells
them. For a name with several addresses only the first that answers is examined.

## How it can tell

- **Nothing in front**: address and port of both ends are the same for the doctor and for the replica.
- **Layer 7**: one connection of the doctor is several at the replicas, or several are one; a request count that does
  not go in step; \`Via\` or \`X-Forwarded-*\`; HTTP/1.0 or a changed \`Connection\` header arrives. Everything else is
  **layer 4**.
- **Chance**: when chance picks among two replicas, 40 connections all reach the same one once in 5e11 times. Nothing
  is concluded from what happens by chance more often than once in 1000 times. Lopsided is not sticky: BIG-IP counts
  round robin for each CPU by itself, so a few connections may well fall 30 to 10.
- **Sticky or a pool of one** look the same from one address. Other addresses of the machine tell them apart: of
  127.0.0.0/8 there are enough; of a real network mostly not, and then the doctor says so instead of guessing.
  \`--expect\` says how many replicas there should be.
`;
