/** A rule of Prometheus' `write_relabel_configs`: its fields, their defaults, and what must hold between them. */

export const RELABEL_ACTIONS = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const;

export type RelabelAction = (typeof RELABEL_ACTIONS)[number];

export interface RelabelRule {
  readonly action: RelabelAction;
  readonly sourceLabels: readonly string[];
  readonly separator: string;
  /** Source of a pattern, see `parsePattern`. */
  readonly regex: string;
  /** 0 = not given; the hash is counted modulo this. */
  readonly modulus: number;
  readonly targetLabel: string;
  /** May refer to groups: `$1`, `${1}`, `${name}`; `$$` is a dollar sign. */
  readonly replacement: string;
}

export const RELABEL_DEFAULTS: RelabelRule = {
  action: 'replace',
  sourceLabels: [],
  separator: ';',
  regex: '(.*)',
  modulus: 0,
  targetLabel: '',
  replacement: '$1',
};

/** Fields as they are written. */
export const RELABEL_FIELDS = {
  action: 'action',
  sourceLabels: 'source_labels',
  separator: 'separator',
  regex: 'regex',
  modulus: 'modulus',
  targetLabel: 'target_label',
  replacement: 'replacement',
} as const satisfies Record<keyof RelabelRule, string>;

type Field = keyof RelabelRule;

const NEED_TARGET: readonly RelabelAction[] = [
  'replace',
  'hashmod',
  'lowercase',
  'uppercase',
  'keepequal',
  'dropequal',
];

/** Fields that mean nothing to an action, where Prometheus refuses them. */
const REFUSED: Partial<Record<RelabelAction, readonly Field[]>> = {
  lowercase: ['replacement'],
  uppercase: ['replacement'],
  keepequal: ['regex', 'modulus', 'separator', 'replacement'],
  dropequal: ['regex', 'modulus', 'separator', 'replacement'],
  labeldrop: ['sourceLabels', 'targetLabel', 'modulus', 'separator', 'replacement'],
  labelkeep: ['sourceLabels', 'targetLabel', 'modulus', 'separator', 'replacement'],
};

/** What is wrong between the fields of a rule, as in Prometheus 3 with UTF-8 names; undefined when all is well. */
export function relabelProblem(rule: RelabelRule): string | undefined {
  const { action } = rule;
  if (action === 'hashmod' && rule.modulus === 0) return 'modulus is missing: hashmod needs one above 0';
  if (NEED_TARGET.includes(action) && rule.targetLabel === '')
    return `target_label is missing: ${action} needs one`;
  if (action === 'labelmap' && rule.replacement === '')
    return 'replacement is empty: labelmap makes label names of it';
  const field = REFUSED[action]?.find((name) => isGiven(rule, name));
  return field && `${RELABEL_FIELDS[field]} has no effect with ${action}, leave it out`;
}

/** Whether a field differs from its default. */
function isGiven(rule: RelabelRule, field: Field): boolean {
  return field === 'sourceLabels' ? rule.sourceLabels.length > 0 : rule[field] !== RELABEL_DEFAULTS[field];
}
