/** Writes what comes from the tables: pages of docs/, and of the Helm chart the schema and the copy of the rules. */

import { readFileSync, writeFileSync } from 'node:fs';
import { configurationReference } from '../src/config/reference.ts';
import { DROP_REASONS, ERRORS } from '../src/errors.ts';
import {
  CLOSE_REASONS,
  FLEET_IGNORE_REASONS,
  REFUSAL_REASONS,
  SKIP_REASONS,
} from '../src/metrics/reasons.ts';
import { METRICS } from '../src/metrics/table.ts';
import { CHART, chartSchema } from './chart-schema.ts';
import { doctorPage } from './doctor-page.ts';
import { kafkaSecurityPage } from './kafka-security-page.ts';
import { licencesPage } from './licences-page.ts';
import { WITHOUT_PLACE } from './metric-places.ts';
import { securityPage } from './security-page.ts';

const NOTE = '<!-- Made by `npm run docs` from the table in the source; change it there. -->';

/** The pages by file name under docs/. */
export function pages(): Readonly<Record<string, string>> {
  return {
    'configuration.md': configurationReference(),
    'metrics.md': `${NOTE}\n\n${metricsReference()}`,
    'errors.md': `${NOTE}\n\n${errorsReference()}`,
    'doctor.md': `${NOTE}\n\n${doctorPage()}`,
    'kafka-security.md': `${NOTE}\n\n${kafkaSecurityPage()}`,
    [`../${CHART}/values.schema.json`]: chartSchema(),
    // Helm reads no file outside the chart.
    [`../${CHART}/files/rules.yml`]: currentPage('../deploy/prometheus/rules.yml'),
    'security.md': `${NOTE}\n\n${securityPage()}`,
    'licences.md': `${NOTE}\n\n${licencesPage()}`,
  };
}

/** A page as it stands in docs/ now; empty when it is not there. */
export function currentPage(name: string): string {
  try {
    return readFileSync(new URL(name, import.meta.url), 'utf8');
  } catch {
    return '';
  }
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Rows of names with their meaning. */
function meanings(reasons: Readonly<Record<string, string>>): string[][] {
  return Object.entries(reasons).map(([reason, doc]) => [`\`${reason}\``, doc]);
}

function metricsReference(): string {
  const rows = Object.values(METRICS).map((metric) => [
    `\`${metric.name}\``,
    metric.type,
    metric.labels.map((label) => `\`${label}\``).join(', '),
    metric.help,
  ]);
  return `# Metrics

\`GET /metrics\` answers in the text format of Prometheus, or in OpenMetrics when the scraper asks for it. Every
child whose labels can be known exists from the start at 0, so an idle replica is a zero and not a gap.

${table(['metric', 'type', 'labels', 'meaning'], rows)}

## Reasons for the end of a connection

Of \`kafka_adapter_connections_closed_total\`. The ends that are asked for on an answer lose nothing: the client knows
that the connection is over before it sends its next request.

${table(['reason', 'meaning'], meanings(CLOSE_REASONS))}

## Reasons against asking for it

Of \`kafka_adapter_connection_close_skipped_total\`. A later answer of the connection asks again.

${table(['reason', 'meaning'], meanings(SKIP_REASONS))}

## Reasons against taking a connection

Of \`kafka_adapter_connections_refused_total\`.

${table(['reason', 'meaning'], meanings(REFUSAL_REASONS))}

## Reasons for ignoring a record of the fleet

Of \`kafka_adapter_fleet_records_ignored_total\`. What the records are for: [fleet](fleet.md).

${table(['reason', 'meaning'], meanings(FLEET_IGNORE_REASONS))}

## Where they are shown

Every metric has a panel of the [dashboard](../deploy/grafana/dashboard.json) or an [alert](runbooks.md), but for these:

${table(['metric', 'why'], meanings(WITHOUT_PLACE))}

## Processes

Beside these are the process and runtime metrics of prom-client (\`process_*\`, \`nodejs_*\`): CPU, memory, file
descriptors, heap, garbage collection and event-loop lag. Its three gauges named \`nodejs_active_*_total\` are left
out, because \`_total\` is kept for counters.
`;
}

function errorsReference(): string {
  const errors = Object.entries(ERRORS).map(([code, { status, retryable, doc }]) => [
    `\`${code}\``,
    String(status),
    retryable ? 'yes' : 'no',
    doc,
  ]);
  return `# Errors

The body of an error is one line of text: what was seen, the bound, and the option that changes it. Answers that
may work later carry \`Retry-After\`. Prometheus repeats a request after 5xx and drops it after 4xx, so the status
says which of the two is right. 408, 429 and 3xx are never answered on the write paths: Prometheus drops the batch.

${table(['code', 'status', 'repeat helps', 'meaning'], errors)}

## Reasons for leaving something out

One invalid series does not hold up the rest of its request: it is left out, counted in
\`kafka_adapter_samples_dropped_total{reason}\`, and the answer is 400 with how many and why.

${table(['reason', 'meaning'], meanings(DROP_REASONS))}
`;
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(pages())) writeFileSync(new URL(name, import.meta.url), text);
}
