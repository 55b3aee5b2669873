/** Rewrites the text format of Prometheus as OpenMetrics 1.0. */

/**
 * prom-client writes one format a registry and renames its counters for the other, so a scrape that asks for
 * OpenMetrics is answered by rewriting: families of counters lose `_total`, blank lines go, `# EOF` ends it.
 */
export function toOpenMetrics(text: string): string {
  const lines = text.split('\n').filter((line) => line !== '');
  const counters = new Set<string>();
  for (const line of lines) {
    const type = /^# TYPE (\S+)_total counter$/.exec(line);
    if (type) counters.add(type[1]!);
  }
  const rewritten = lines.map((line) => {
    const head = /^# (TYPE|HELP) (\S+)_total (.*)$/.exec(line);
    if (!head || !counters.has(head[2]!)) return line;
    return `# ${head[1]} ${head[2]} ${head[3]}`;
  });
  return `${rewritten.join('\n')}\n# EOF\n`;
}
