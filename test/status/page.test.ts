/** The status page as it is served: whole in itself, under a strict policy, and in step with the status it shows. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { CLOSE_REASONS } from '../../src/metrics/reasons.ts';
import { readStatusPage } from '../../src/status/page.ts';
import { busyStatus } from '../support/scripted-status.ts';

type Format = (value: unknown) => string;

const folder = new URL('../../src/status/page/', import.meta.url);
const { FORMATS } = (await import(new URL('format.js', folder).href)) as { FORMATS: Record<string, Format> };
const { html, contentSecurityPolicy } = readStatusPage();
const scripts = [...html.matchAll(/<script\b[^>]*>(.*?)<\/script>/gs)].map((match) => match[1]!);
const styles = [...html.matchAll(/<style\b[^>]*>(.*?)<\/style>/gs)].map((match) => match[1]!);
const markup = html.replaceAll(/<(script|style)\b.*?<\/\1>/gs, '');

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64');

describe('the page', () => {
  test('is allowed to run its one script and its one style, and nothing else', () => {
    const directives = new Map(
      contentSecurityPolicy.split('; ').map((directive) => {
        const [name, ...values] = directive.split(' ');
        return [name, values.join(' ')];
      }),
    );
    assert.deepEqual([scripts.length, styles.length], [1, 1]);
    assert.deepEqual(Object.fromEntries(directives), {
      'default-src': `'none'`,
      'script-src': `'sha256-${sha256(scripts[0]!)}'`,
      'style-src': `'sha256-${sha256(styles[0]!)}'`,
      'connect-src': `'self'`,
      'img-src': 'data:',
      'base-uri': `'none'`,
      'form-action': `'none'`,
      'frame-ancestors': `'none'`,
      'require-trusted-types-for': `'script'`,
      'trusted-types': `'none'`,
    });
  });

  test('has every file of its folder inside', () => {
    const inside = `${scripts}${styles}`;
    for (const name of readdirSync(folder).filter((name) => name !== 'index.html')) {
      const { firstLine } = /^\/\*+ (?<firstLine>.+) \*\/$/m.exec(
        readFileSync(new URL(name, folder), 'utf8'),
      )!.groups!;
      assert.ok(inside.includes(firstLine!), `${name} is not in the page`);
    }
  });

  test('refers to nothing outside, and to its own paths only in relation to where it is', () => {
    const references = [...markup.matchAll(/\b(?:href|src|action|srcset)="([^"]*)"/g)].map(
      (match) => match[1],
    );
    assert.deepEqual(references, ['data:,', 'api/v1/status', 'metrics', '-/whoami']);
    const addresses = [...html.matchAll(/\b[a-z]+:\/\/[^\s"'`]*/g)].map((match) => match[0]);
    assert.deepEqual(
      addresses,
      ['http://www.w3.org/2000/svg'],
      'the name of a language, which nobody fetches',
    );
    assert.doesNotMatch(styles[0]!, /@import|url\(/);
    assert.doesNotMatch(scripts[0]!, /^\s*(import|export)\b|\bimport\(/m);
  });

  test('has no attribute that the policy would refuse', () => {
    assert.doesNotMatch(markup, /\s(style|on[a-z]+)=/);
  });

  test('never makes HTML or code of a text', () => {
    const sinks =
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|setHTML|parseFromString|createContextualFragment|\beval\b|new Function/;
    assert.doesNotMatch(scripts[0]!, sinks);
  });

  test('names fields that a status has, and formats that there are', () => {
    const bindings = [...markup.matchAll(/data-text="([^"]+)"(?:\s+data-as="([^"]+)")?/g)];
    assert.ok(bindings.length > 20);
    for (const [, path, format = 'text'] of bindings) {
      const value = path!.split('.').reduce<unknown>((part, key) => {
        assert.ok(Object.hasOwn(part as object, key), `a status has no ${path}`);
        return (part as Record<string, unknown>)[key];
      }, busyStatus());
      assert.ok(['string', 'number'].includes(typeof value), path);
      assert.ok(Object.hasOwn(FORMATS, format), `there is no format ${format}`);
    }
  });

  test('says over which time each rate is', () => {
    const isRate = /data-as="(rate|byteRate|latency)"/;
    const groups = [...markup.matchAll(/<div\b[^>]*>(?:(?!<\/?div\b).)*<\/div>/gs)].map(([group]) => group);
    const rates = groups.filter((group) => isRate.test(group));
    assert.equal(rates.length, 6);
    for (const rate of rates) assert.match(rate, /data-as="window"/, rate);
  });

  test('has words for every reason why a connection ends', () => {
    for (const reason of Object.keys(CLOSE_REASONS))
      assert.match(scripts[0]!, new RegExp(`^  ${reason}: '`, 'm'));
  });
});

describe('numbers are written', () => {
  const cases: Record<string, readonly (readonly [unknown, string])[]> = {
    count: [
      [0, '0'],
      [999, '999'],
      [1204, '1 204'],
      [9999, '9 999'],
      [10_000, '10.0 k'],
      [148_234, '148 k'],
      [999_960, '1.00 M'],
      [9_007_199_254_740_991, '9.01 P'],
    ],
    rate: [
      [0, '0 /s'],
      [0.314, '0.31 /s'],
      [20.64, '20.6 /s'],
      [41_230, '41.2 k/s'],
    ],
    bytes: [
      [512, '512 B'],
      [1023.9, '1.00 KiB'],
      [268_435_456, '256 MiB'],
    ],
    byteRate: [[1_153_434, '1.10 MiB/s']],
    duration: [
      [0, '0s'],
      [0.31, '0.3s'],
      [0.97, '1s'],
      [51.9, '51s'],
      [72, '1m12s'],
      [3600, '1h00m'],
      [11_045, '3h04m'],
      [1_058_400, '12d6h'],
      [-3, '-3s'],
    ],
    setting: [
      [60, '1m'],
      [75, '1m15s'],
      [600, '10m'],
      [3600, '1h'],
    ],
    latency: [
      [0.000_62, '0.62 ms'],
      [0.0383, '38.3 ms'],
      [0.9996, '1.00 s'],
      [12.04, '12.0 s'],
      [12_345, '3h25m'],
    ],
    share: [
      [0, '0 %'],
      [0.031, '3.1 %'],
      [0.314, '31 %'],
      [1, '100 %'],
    ],
    ago: [[0.21, '0.2s ago']],
    window: [
      [0, 'over 0 s'],
      [7.4, 'over 7 s'],
      [18.2, 'over 20 s'],
      [20, 'over 20 s'],
    ],
    times: [[1.034, '1.03 ×']],
    limit: [
      [0, 'no limit'],
      [1000, '1 000'],
    ],
    closeRate: [
      [0, 'no limit'],
      [20, 'at most 20/s'],
    ],
  };
  for (const [format, values] of Object.entries(cases)) {
    test(`as a ${format}`, () => {
      const written = values.map(([value]) => FORMATS[format]!(value).replaceAll('\u202f', ' '));
      assert.deepEqual(
        written,
        values.map(([, text]) => text),
      );
    });
  }

  test('as a dash when there is none', () => {
    for (const [name, format] of Object.entries(FORMATS)) {
      assert.equal(format(null), '–', name);
      assert.equal(format(undefined), '–', name);
      if (name !== 'text') assert.equal(format('41'), '–', name);
    }
  });
});
