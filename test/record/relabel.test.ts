/** Relabelling does what Prometheus does with the same rules. */

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to groups look like placeholders
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RelabelRule } from '../../src/lib/relabel-rule.ts';
import { RELABEL_DEFAULTS } from '../../src/lib/relabel-rule.ts';
import { createRelabel } from '../../src/record/relabel.ts';
import type { PlainLabels } from './relabelling.ts';
import { labelMap, relabelled, sorted } from './relabelling.ts';

const TAGS = 'path:/metrics,job:shop,team:web=blue';

/** What the rules leave of the labels, or that they drop the series. */
function leaves(labels: PlainLabels, rules: readonly Partial<RelabelRule>[], expected: PlainLabels): void {
  assert.deepEqual(relabelled(labels, ...rules), sorted(expected));
}

function drops(labels: PlainLabels, ...rules: readonly Partial<RelabelRule>[]): void {
  assert.equal(relabelled(labels, ...rules), undefined);
}

describe('replace', () => {
  it('writes the replacement, made of the groups, to the target', () => {
    const rule = { sourceLabels: ['job'], regex: 's(.*)', targetLabel: 'd', replacement: 'x${1}-x${1}' };
    leaves({ job: 'shop', z: '1' }, [rule], { job: 'shop', z: '1', d: 'xhop-xhop' });
  });

  it('joins the source labels, and a missing one is empty', () => {
    const rule = { sourceLabels: ['a', 'none', 'b'], targetLabel: 'd' };
    leaves({ a: '1', b: '2' }, [rule], { a: '1', b: '2', d: '1;;2' });
    leaves({ a: '1', b: '2' }, [{ ...rule, separator: '' }], { a: '1', b: '2', d: '12' });
    leaves({ a: '1', b: '2' }, [{ ...rule, separator: '->' }], { a: '1', b: '2', d: '1->->2' });
  });

  it('sees what the rules before it did', () => {
    const rules = [
      { sourceLabels: ['a', 'b'], regex: 'f(.*);(.*)r', targetLabel: 'a', replacement: 'b${1}${2}m' },
      { sourceLabels: ['c', 'a'], regex: '(b).*b(.*)ba(.*)', targetLabel: 'd', replacement: '$1$2$2$3' },
    ];
    leaves({ a: 'foo', b: 'bar', c: 'baz' }, rules, { a: 'boobam', b: 'bar', c: 'baz', d: 'boooom' });
  });

  it('does nothing where the whole text does not match', () => {
    const rule = { sourceLabels: ['a'], targetLabel: 'b', replacement: 'x' };
    for (const regex of ['f', 'fo', 'oo', 'f|o', ''])
      leaves({ a: 'foo' }, [{ ...rule, regex }], { a: 'foo' });
  });

  it('matches across line ends', () => {
    const rule = { sourceLabels: ['a'], regex: 'one.*two', targetLabel: 'd', replacement: 'match${1}' };
    leaves({ a: 'one\ntwo' }, [rule], { a: 'one\ntwo', d: 'match' });
  });

  it('takes anchors of the user as well', () => {
    const rule = { sourceLabels: ['a'], regex: '^.*_total$', targetLabel: 't', replacement: 'counter' };
    leaves({ a: 'hits_total' }, [rule], { a: 'hits_total', t: 'counter' });
  });

  it('deletes the target when the replacement becomes empty', () => {
    const rule = { sourceLabels: ['a'], regex: '(f).*', targetLabel: '$1', replacement: '$2' };
    leaves({ a: 'foo', f: 'bar' }, [rule], { a: 'foo' });
    leaves({ a: 'foo', b: '1' }, [{ targetLabel: 'b', replacement: '' }], { a: 'foo' });
  });

  it('sets a label whether or not the source is there', () => {
    leaves({ a: '1' }, [{ targetLabel: 'cluster', replacement: 'eu' }], { a: '1', cluster: 'eu' });
    const rule = { sourceLabels: ['none'], targetLabel: 'd', replacement: 'x' };
    leaves({ a: '1' }, [rule], { a: '1', d: 'x' });
    leaves({ a: '1' }, [{ ...rule, regex: '' }], { a: '1', d: 'x' });
    leaves({ a: '1' }, [{ ...rule, regex: '.+' }], { a: '1' });
  });

  it('may take the name of the target from the groups', () => {
    const rule = {
      sourceLabels: ['a'],
      regex: 'some-([^-]+)-([^,]+)',
      targetLabel: '${1}',
      replacement: '$2',
    };
    leaves({ a: 'some-name-value' }, [rule], { a: 'some-name-value', name: 'value' });
    leaves({ a: 'some-name-value' }, [{ ...rule, targetLabel: 'my.$1 é' }], {
      a: 'some-name-value',
      'my.name é': 'value',
    });
  });

  it('does nothing when the name of the target becomes empty', () => {
    const rule = { sourceLabels: ['a'], regex: 'some-(.*)', targetLabel: '$3', replacement: '$1' };
    leaves({ a: 'some-name' }, [rule], { a: 'some-name' });
  });

  it('knows groups by name', () => {
    const rule = {
      sourceLabels: ['instance'],
      regex: '(?P<host>[^:]+):(?<port>\\d+)',
      targetLabel: 'at_$host',
      replacement: 'port ${port}',
    };
    leaves({ instance: 'db:9100' }, [rule], { instance: 'db:9100', at_db: 'port 9100' });
  });

  it('takes tags apart, a rule a tag', () => {
    const tag = (regex: string, targetLabel: string, replacement = '$1'): Partial<RelabelRule> => ({
      sourceLabels: ['tags'],
      regex,
      targetLabel,
      replacement,
    });
    const rules = [
      tag('(?:.+,|^)path:(/[^,]+).*', 'path'),
      tag('(?:.+,|^)job:([^,]+).*', 'job'),
      tag('(?:.+,|^)team:([^=]+)=([^,]+).*', '${1}', '${2}'),
    ];
    leaves({ tags: TAGS }, rules, { tags: TAGS, path: '/metrics', job: 'shop', web: 'blue' });
  });
});

describe('keep and drop', () => {
  it('decide by the whole text of the joined source labels', () => {
    const labels = { a: 'foo', b: 'bar' };
    const match = { sourceLabels: ['a', 'b'], regex: 'f.*;b.*' };
    const half = { sourceLabels: ['a'], regex: 'f|o' };
    leaves(labels, [{ action: 'keep', ...match }], labels);
    drops(labels, { action: 'drop', ...match });
    leaves(labels, [{ action: 'drop', ...half }], labels);
    drops(labels, { action: 'keep', ...half });
  });

  it('match everything by default', () => {
    leaves({ a: '1' }, [{ action: 'keep' }], { a: '1' });
    drops({ a: '1' }, { action: 'drop' });
  });

  it('end the rules', () => {
    const drop = { action: 'drop', sourceLabels: ['a'], regex: '.*o.*' } as const;
    drops({ a: 'foo' }, drop, { targetLabel: 'b', replacement: 'x' });
  });
});

describe('keepequal and dropequal', () => {
  it('compare the joined source labels with the target', () => {
    const labels = { port: '80', same: '80', other: '81', pair: '80;81' };
    const keep = { action: 'keepequal', sourceLabels: ['port'] } as const;
    const drop = { action: 'dropequal', sourceLabels: ['port'] } as const;
    leaves(labels, [{ ...keep, targetLabel: 'same' }], labels);
    leaves(labels, [{ ...drop, targetLabel: 'other' }], labels);
    drops(labels, { ...keep, targetLabel: 'other' });
    drops(labels, { ...drop, targetLabel: 'same' });
    drops(labels, { action: 'dropequal', sourceLabels: ['port', 'other'], targetLabel: 'pair' });
  });

  it('take a missing label for an empty one', () => {
    const both = { sourceLabels: ['none'], targetLabel: 'neither' };
    leaves({ a: '1' }, [{ action: 'keepequal', ...both }], { a: '1' });
    drops({ a: '1' }, { action: 'dropequal', ...both });
  });
});

describe('hashmod', () => {
  const rule = { action: 'hashmod', sourceLabels: ['c'], targetLabel: 'd', modulus: 1000 } as const;

  it('gives the numbers that Prometheus gives', () => {
    leaves({ c: 'baz' }, [rule], { c: 'baz', d: '976' });
    leaves({ c: 'foo\nbar' }, [rule], { c: 'foo\nbar', d: '734' });
    leaves({ c: 'é€' }, [{ ...rule, modulus: 2 ** 53 - 1 }], { c: 'é€', d: '3301763728002697' });
  });

  it('hashes what the source labels are together, the replacement does not matter', () => {
    leaves({ c: 'baz' }, [{ ...rule, sourceLabels: ['c', 'd'], separator: '', replacement: 'x' }], {
      c: 'baz',
      d: '976',
    });
    leaves({ c: 'baz' }, [{ ...rule, modulus: 1 }], { c: 'baz', d: '0' });
  });
});

describe('labelmap', () => {
  it('copies labels to the names that their own names give', () => {
    const labels = { a: '1', b1: '2', b2: '3' };
    leaves(labels, [{ action: 'labelmap', regex: '(b.*)', replacement: 'bar_${1}' }], {
      ...labels,
      bar_b1: '2',
      bar_b2: '3',
    });
    leaves({ kube_app: 'x', kube_tier: 'y', app: 'old' }, [{ action: 'labelmap', regex: 'kube_(.+)' }], {
      kube_app: 'x',
      kube_tier: 'y',
      app: 'x',
      tier: 'y',
    });
  });

  it('does not see the labels that it makes', () => {
    leaves({ a: '1' }, [{ action: 'labelmap', regex: '(a+)', replacement: '${1}a' }], { a: '1', aa: '1' });
  });

  it('lets the last of several win: sent labels in their order, then those that rules have set', () => {
    const map = { action: 'labelmap', regex: '[a-z]', replacement: 'to' } as const;
    leaves({ a: '1', b: '2' }, [map], { a: '1', b: '2', to: '2' });
    leaves({ a: '1', b: '2' }, [{ targetLabel: 'a', replacement: '3' }, map], { a: '3', b: '2', to: '3' });
  });

  it('makes no label without a name', () => {
    leaves({ a: '1' }, [{ action: 'labelmap', replacement: '$2' }], { a: '1' });
  });
});

describe('labeldrop and labelkeep', () => {
  it('go by the whole names of the labels', () => {
    const labels = { a: '1', b1: '2', b2: '3', xb: '4' };
    leaves(labels, [{ action: 'labeldrop', regex: 'b.*' }], { a: '1', xb: '4' });
    leaves(labels, [{ action: 'labelkeep', regex: 'b.*' }], { b1: '2', b2: '3' });
  });

  it('may be followed by a rule that sets the label again', () => {
    const rules: Partial<RelabelRule>[] = [
      { action: 'labeldrop', regex: 'port' },
      { sourceLabels: ['b'], regex: '(.+)', targetLabel: 'port', replacement: 'metrics' },
      { action: 'keep', sourceLabels: ['port'], regex: '^metrics$' },
    ];
    leaves({ port: 'x', b: '1' }, rules, { b: '1', port: 'metrics' });
  });

  it('may leave nothing, not even the name of the metric', () => {
    leaves({ __name__: 'up' }, [{ action: 'labeldrop' }], {});
  });
});

describe('lowercase and uppercase', () => {
  it('write the joined source labels to the target', () => {
    const rules: Partial<RelabelRule>[] = [
      { action: 'uppercase', sourceLabels: ['a'], targetLabel: 'up' },
      { action: 'lowercase', sourceLabels: ['a', 'up'], targetLabel: 'a' },
    ];
    leaves({ a: 'bAr123' }, rules, { a: 'bar123;bar123', up: 'BAR123' });
  });

  it('delete the target when there is nothing to write', () => {
    leaves({ a: '1', b: '2' }, [{ action: 'lowercase', sourceLabels: ['c'], targetLabel: 'b' }], { a: '1' });
  });
});

describe('relabelling', () => {
  it('gives the labels sorted by the bytes of their names', () => {
    const rules = ['\u{1f600}', '\uffe0', 'z', 'A'].map((targetLabel) => ({ targetLabel, replacement: '1' }));
    assert.deepEqual(
      relabelled({ b: '1' }, ...rules)?.map(([name]) => name),
      ['A', 'b', 'z', '\uffe0', '\u{1f600}'],
    );
  });

  it('gives the very map that came when the labels are the same in the end', () => {
    const labels = labelMap({ a: '1', b: '2' });
    const same: Partial<RelabelRule>[][] = [
      [],
      [{ action: 'keep', regex: '.*' }],
      [{ action: 'labeldrop', regex: 'c' }],
      [{ sourceLabels: ['a'], targetLabel: 'a' }],
      [
        { targetLabel: 'c', replacement: 'x' },
        { action: 'labeldrop', regex: 'c' },
      ],
    ];
    for (const rules of same) {
      const relabel = createRelabel(rules.map((rule) => ({ ...RELABEL_DEFAULTS, ...rule })));
      assert.equal(relabel(labels), labels);
    }
    assert.notEqual(createRelabel([{ ...RELABEL_DEFAULTS, targetLabel: 'a' }])(labels), labels);
  });

  it('leaves the map that came as it was', () => {
    const labels = labelMap({ a: '1', b: '2' });
    createRelabel([{ ...RELABEL_DEFAULTS, action: 'labeldrop', regex: 'a' }])(labels);
    assert.deepEqual([...labels.keys()], ['a', 'b']);
  });

  it('throws for a rule that nobody can have checked', () => {
    assert.throws(() => createRelabel([{ ...RELABEL_DEFAULTS, regex: '(' }]), /was not checked before/);
  });
});
