/** Rules that Prometheus refuses are refused, with the field that is wrong. */

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to groups look like placeholders
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RelabelAction, RelabelRule } from '../../src/lib/relabel-rule.ts';
import { RELABEL_ACTIONS, RELABEL_DEFAULTS, relabelProblem } from '../../src/lib/relabel-rule.ts';

function problem(rule: Partial<RelabelRule>): string | undefined {
  return relabelProblem({ ...RELABEL_DEFAULTS, ...rule });
}

/** The least that each action needs. */
const LEAST: Readonly<Record<RelabelAction, Partial<RelabelRule>>> = {
  replace: { targetLabel: 'a' },
  keep: {},
  drop: {},
  keepequal: { targetLabel: 'a' },
  dropequal: { targetLabel: 'a' },
  hashmod: { targetLabel: 'a', modulus: 1 },
  labelmap: {},
  labeldrop: {},
  labelkeep: {},
  lowercase: { targetLabel: 'a' },
  uppercase: { targetLabel: 'a' },
};

const OTHER: Partial<RelabelRule> = {
  sourceLabels: ['b'],
  separator: '-',
  regex: 'x',
  modulus: 2,
  targetLabel: 't',
  replacement: 'r',
};

describe('a relabel rule', () => {
  it('is fine with what its action needs, and not without', () => {
    for (const action of RELABEL_ACTIONS) {
      assert.equal(problem({ action, ...LEAST[action] }), undefined, action);
      if (LEAST[action].targetLabel !== undefined) {
        const expected = `target_label is missing: ${action} needs one`;
        assert.equal(problem({ action, ...LEAST[action], targetLabel: '' }), expected);
      }
    }
    assert.equal(
      problem({ action: 'hashmod', targetLabel: 'a' }),
      'modulus is missing: hashmod needs one above 0',
    );
    assert.equal(
      problem({ action: 'labelmap', replacement: '' }),
      'replacement is empty: labelmap makes label names of it',
    );
  });

  it('may have each field but those that Prometheus refuses for its action', () => {
    const equal = ['separator', 'regex', 'modulus', 'replacement'];
    const names = ['sourceLabels', 'separator', 'modulus', 'targetLabel', 'replacement'];
    const refused: Partial<Record<RelabelAction, string[]>> = {
      lowercase: ['replacement'],
      uppercase: ['replacement'],
      keepequal: equal,
      dropequal: equal,
      labeldrop: names,
      labelkeep: names,
    };
    for (const action of RELABEL_ACTIONS) {
      const fields = Object.entries(OTHER).filter(
        ([field, value]) => problem({ action, ...LEAST[action], [field]: value }) !== undefined,
      );
      assert.deepEqual(
        fields.map(([field]) => field),
        refused[action] ?? [],
        action,
      );
    }
    assert.equal(
      problem({ action: 'labeldrop', sourceLabels: ['a'] }),
      'source_labels has no effect with labeldrop, leave it out',
    );
  });

  it('may name any target, with or without references', () => {
    for (const targetLabel of ['${3}', '0${3}', '-$1', 'utf-8.label', '$', '${', 'é'])
      for (const action of ['replace', 'lowercase', 'hashmod'] as const)
        assert.equal(
          problem({ ...LEAST[action], action, targetLabel }),
          undefined,
          `${action} ${targetLabel}`,
        );
  });
});
