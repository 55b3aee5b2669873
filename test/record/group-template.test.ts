/** References to groups are found and filled in as Go does it. */

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to groups look like placeholders
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checked } from '../../src/lib/parsed.ts';
import { parsePattern } from '../../src/lib/pattern.ts';
import { compileTemplate } from '../../src/record/group-template.ts';

const pattern = checked(parsePattern('(?P<first>a)(b)(c)?(?<last_1>d)'));

function filled(template: string): string {
  return compileTemplate(template, pattern)(pattern.groups('abd')!);
}

describe('a template', () => {
  const cases: [template: string, result: string, why: string][] = [
    ['', '', 'an empty one stays empty'],
    ['plain', 'plain', 'text without references stays'],
    ['$0', 'abd', 'group 0 is the whole text'],
    ['$1', 'a', 'a group by number'],
    ['${2}', 'b', 'a number in braces'],
    ['$first', 'a', 'a group by name'],
    ['${first}', 'a', 'a name in braces'],
    ['$last_1', 'd', 'a name with a digit and an underscore'],
    ['<$2-$1>', '<b-a>', 'text between and around'],
    ['$1$2$4', 'abd', 'one behind the other'],
    ['[$3]', '[]', 'a group that took no part is empty'],
    ['[$9][$none][${none}]', '[][][]', 'a group that is not there is empty'],
    ['$1x', '', 'a name is as long as it can be'],
    ['$1_', '', 'an underscore is part of a name'],
    ['${1}x', 'ax', 'braces end a name'],
    ['$1-', 'a-', 'other characters end a name'],
    ['$é!', '!', 'other letters are part of a name'],
    ['$01 ${01}', ' ', 'a number with a leading zero is a name'],
    ['$99999999999', '', 'a number beyond all groups'],
    ['$$', '$', 'two dollar signs are one'],
    ['$$1', '$1', 'and refer to nothing'],
    ['$$$1', '$a', 'a reference behind them'],
    ['$', '$', 'one alone stays'],
    ['1$', '1$', 'at the end too'],
    ['$-$ $.', '$-$ $.', 'before what is no name too'],
    ['${', '${', 'braces that never close stay'],
    ['${}', '${}', 'braces around nothing stay'],
    ['${ 1}', '${ 1}', 'braces around a space stay'],
    ['${1-2}', '${1-2}', 'braces around more than a name stay'],
    ['${x$1', '${xa', 'a reference behind such braces counts'],
  ];
  for (const [template, result, why] of cases) {
    it(`${JSON.stringify(template)} gives ${JSON.stringify(result)}: ${why}`, () => {
      assert.equal(filled(template), result);
    });
  }
});
