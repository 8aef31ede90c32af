import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Matcher, MatchOperator } from '../model.ts';
import { accepts, fits, isLabelName, matcherProblems, valueOf, type Matchable } from './matchers.ts';

const alert: Matchable = { severity: 'ERROR', service: 'core-hub', workstream: null, repo: null, domain: 'infotech', package: null, source: 'grafana', dedupKey: 'disk/db-1', labels: { host: 'db-1', severity: 'a label of this name is not reached', constructor: 'x' } };
const matcher = (name: string, operator: MatchOperator, value: string): Matcher => ({ name, operator, value });

describe('values', () => {
  it('come from the alert first, then from its labels; what is missing is the empty text', () => {
    expect(['severity', 'service', 'workstream', 'host', 'nothing', 'constructor', 'toString', '__proto__'].map((name) => valueOf(alert, name))).toEqual(['ERROR', 'core-hub', '', 'db-1', '', 'x', '', '']);
  });
});

describe('operators', () => {
  it.each<[Matcher, boolean]>([
    [matcher('host', 'EQUAL', 'db-1'), true], [matcher('host', 'EQUAL', 'DB-1'), false], [matcher('nothing', 'EQUAL', ''), true],
    [matcher('host', 'NOT_EQUAL', 'db-2'), true], [matcher('nothing', 'NOT_EQUAL', 'x'), true], [matcher('nothing', 'NOT_EQUAL', ''), false],
    [matcher('host', 'MATCHES', 'db-.'), true], [matcher('host', 'MATCHES', 'db'), false], [matcher('host', 'MATCHES', '(?i)DB-\\d+'), true], [matcher('host', 'MATCHES', 'web|db-1'), true], [matcher('nothing', 'MATCHES', '.*'), true],
    [matcher('host', 'NOT_MATCHES', 'web.*'), true], [matcher('host', 'NOT_MATCHES', 'db.*'), false], [matcher('nothing', 'NOT_MATCHES', '.+'), true],
  ])('%j is %s', (one, expected) => {
    expect(fits([one], alert)).toBe(expected);
  });

  it('all have to fit', () => {
    expect(fits([matcher('host', 'EQUAL', 'db-1'), matcher('severity', 'EQUAL', 'ERROR')], alert)).toBe(true);
    expect(fits([matcher('host', 'EQUAL', 'db-1'), matcher('severity', 'EQUAL', 'INFO')], alert)).toBe(false);
  });

  it('agree with RegExp, anchored at both ends, where both know the pattern', () => {
    const piece = fc.constantFrom('a', 'b', '-', '.', '[ab]', '(a|b)', 'a*', 'b+', '.?', '(ab){2}');
    fc.assert(fc.property(fc.array(piece, { maxLength: 6 }), fc.string({ unit: fc.constantFrom('a', 'b', '-', 'c'), maxLength: 12 }), (pieces, value) => {
      const pattern = pieces.join('');
      const expected = new RegExp(`^(?:${pattern})$`).test(value);
      expect(accepts(matcher('x', 'MATCHES', pattern), value)).toBe(expected);
      expect(accepts(matcher('x', 'NOT_MATCHES', pattern), value)).toBe(!expected);
    }));
  });

  it('take time linear in the value, whatever the pattern', () => {
    const from = performance.now();
    for (const pattern of ['(a+)+', '(a|a)*b', '(.*)*x', '(a?){500}a{500}'.slice(0, 15)]) accepts(matcher('x', 'MATCHES', pattern), `${'a'.repeat(500)}!`);
    expect(performance.now() - from).toBeLessThan(2_000);
  });
});

describe('problems', () => {
  const wrong = (...matchers: Matcher[]) => matcherProblems(matchers).map(({ index }) => index);
  it('are named by their place', () => {
    expect(wrong()).toEqual([-1]);
    expect(wrong(...Array.from({ length: 11 }, () => matcher('a', 'EQUAL', 'b')))).toEqual([-1]);
    expect(wrong(matcher('1a', 'EQUAL', 'b'), matcher('a', 'MATCHES', '('), matcher('a', 'MATCHES', '(?=a)'), matcher('a', 'MATCHES', '(a)\\1'), matcher('a', 'EQUAL', 'b'.repeat(501)), matcher('a', 'EQUAL', '('))).toEqual([0, 1, 2, 3, 4]);
    expect(wrong(matcher('a', 'MATCHES', 'a{1001}'))).toEqual([0]);
    expect(wrong(matcher('a', 'MATCHES', '((a{100}){100}){100}'))).toEqual([0]);
  });
  it('are there when every alert without these names would fit', () => {
    expect(wrong(matcher('host', 'MATCHES', '.*'))).toEqual([-1]);
    expect(wrong(matcher('host', 'NOT_EQUAL', 'db-1'), matcher('service', 'EQUAL', ''))).toEqual([-1]);
    expect(wrong(matcher('host', 'NOT_EQUAL', 'db-1'), matcher('service', 'MATCHES', '.+'))).toEqual([]);
  });
  it('know names of labels', () => {
    expect(['a', '_x', 'service.name', 'k8s/pod-1', '1a', '', 'a b', 'ä', 'a'.repeat(101)].map(isLabelName)).toEqual([true, true, true, true, false, false, false, false, false]);
  });
});
