/** Sections of the web configuration file, before their meaning. */

/** A mapping of YAML. */
export type Mapping = Readonly<Record<string, unknown>>;

/** Where problems go, each with the name of the key it is about. */
export type Report = (problem: string) => void;

/** The mapping under a key; undefined when there is none. */
export function sectionOf(content: Mapping, key: string, report: Report): Mapping | undefined {
  const section = content[key] ?? undefined;
  if (section === undefined) return undefined;
  if (typeof section === 'object' && !Array.isArray(section)) return section as Mapping;
  report(key === '' ? 'the file has to be a section with keys below it' : `${key} has to be a section`);
  return undefined;
}

export function refuseUnknown(
  section: Mapping,
  known: readonly string[],
  { prefix, report }: { prefix: string; report: Report },
): void {
  for (const key of Object.keys(section))
    if (!known.includes(key)) report(`${prefix}${key} is not supported, expected ${known.join(', ')}`);
}
