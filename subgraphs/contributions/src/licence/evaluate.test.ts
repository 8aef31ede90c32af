import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { licenceClasses, rankOf } from './classes.ts';
import type { LicenceClass } from './classes.ts';
import { evaluateLicence } from './evaluate.ts';
import { expressionLimits, readExpression, writeExpression } from './expression.ts';

describe('one expression', () => {
  const table: readonly (readonly [declared: string | null, expression: string | null, name: LicenceClass, copyleft: boolean])[] = [
    // words that are no licences
    [null, null, 'UNKNOWN', false],
    ['  ', null, 'UNKNOWN', false],
    ['NONE', null, 'UNKNOWN', false],
    ['NOASSERTION', null, 'UNKNOWN', false],
    ['UNLICENSED', null, 'PROPRIETARY', false],
    ['unlicensed', null, 'PROPRIETARY', false],
    ['SEE LICENSE IN LICENSE.md', null, 'UNKNOWN', false],
    ['see licence in COPYING', null, 'UNKNOWN', false],
    ['Unlicense', 'Unlicense', 'PUBLIC_DOMAIN', false],
    // the two where a search for GPL is wrong
    ['MIT OR GPL-3.0', 'MIT OR GPL-3.0', 'PERMISSIVE', false],
    ['(MIT OR GPL-3.0-or-later)', 'MIT OR GPL-3.0-or-later', 'PERMISSIVE', false],
    ['Apache-2.0 AND LGPL-3.0-or-later', 'Apache-2.0 AND LGPL-3.0-or-later', 'WEAK_COPYLEFT', true],
    // case, plus, parentheses, space
    ['mit', 'MIT', 'PERMISSIVE', false],
    ['apache-2.0', 'Apache-2.0', 'PERMISSIVE', false],
    ['mit or\n gpl-2.0-ONLY', 'MIT OR GPL-2.0-only', 'PERMISSIVE', false],
    ['GPL-2.0+', 'GPL-2.0+', 'STRONG_COPYLEFT', true],
    ['((MIT))', 'MIT', 'PERMISSIVE', false],
    ['MIT AND (BSD-3-Clause OR GPL-2.0-only)', 'MIT AND (BSD-3-Clause OR GPL-2.0-only)', 'PERMISSIVE', false],
    ['MIT OR BSD-3-Clause AND GPL-2.0-only', 'MIT OR BSD-3-Clause AND GPL-2.0-only', 'PERMISSIVE', false],
    // WITH
    ['GPL-2.0-only WITH Classpath-exception-2.0', 'GPL-2.0-only WITH Classpath-exception-2.0', 'WEAK_COPYLEFT', true],
    ['GPL-2.0 with classpath-exception-2.0', 'GPL-2.0 WITH Classpath-exception-2.0', 'WEAK_COPYLEFT', true],
    ['GPL-3.0-only WITH LLVM-exception', 'GPL-3.0-only WITH LLVM-exception', 'WEAK_COPYLEFT', true],
    ['Apache-2.0 WITH LLVM-exception', 'Apache-2.0 WITH LLVM-exception', 'PERMISSIVE', false],
    ['GPL-2.0-only WITH cryptsetup-OpenSSL-exception', 'GPL-2.0-only WITH cryptsetup-OpenSSL-exception', 'STRONG_COPYLEFT', true],
    ['AGPL-3.0-only WITH Classpath-exception-2.0', 'AGPL-3.0-only WITH Classpath-exception-2.0', 'NETWORK_COPYLEFT', true],
    ['GPL-2.0-with-classpath-exception', 'GPL-2.0-with-classpath-exception', 'WEAK_COPYLEFT', true],
    ['MIT WITH AdditionRef-ours', 'MIT WITH AdditionRef-ours', 'UNCLASSIFIED', false],
    ['GPL-2.0+ WITH additionref-ours', 'GPL-2.0+ WITH AdditionRef-ours', 'UNCLASSIFIED', true],
    // classes
    ['MPL-2.0', 'MPL-2.0', 'WEAK_COPYLEFT', true],
    ['AGPL-3.0-or-later', 'AGPL-3.0-or-later', 'NETWORK_COPYLEFT', true],
    ['OSL-3.0', 'OSL-3.0', 'NETWORK_COPYLEFT', true],
    ['SSPL-1.0', 'SSPL-1.0', 'SOURCE_AVAILABLE', false],
    ['BUSL-1.1', 'BUSL-1.1', 'SOURCE_AVAILABLE', false],
    ['CC0-1.0', 'CC0-1.0', 'PUBLIC_DOMAIN', false],
    ['Watcom-1.0', 'Watcom-1.0', 'PROPRIETARY', false],
    ['LicenseRef-ours', 'LicenseRef-ours', 'UNCLASSIFIED', false],
    ['DocumentRef-a:licenseref-b', 'DocumentRef-a:LicenseRef-b', 'UNCLASSIFIED', false],
    ['OpenMDW-1.0', 'OpenMDW-1.0', 'UNCLASSIFIED', false],
    ['MIT OR LicenseRef-commercial', 'MIT OR LicenseRef-commercial', 'PERMISSIVE', false],
    ['GPL-3.0-only OR LicenseRef-commercial', 'GPL-3.0-only OR LicenseRef-commercial', 'STRONG_COPYLEFT', true],
    // copyleft is not hidden by a licence that ranks behind it
    ['GPL-3.0-only AND LicenseRef-ours', 'GPL-3.0-only AND LicenseRef-ours', 'UNCLASSIFIED', true],
    // not on the list
    ['GPL', null, 'STRONG_COPYLEFT', true],
    ['GPL 2.0+', null, 'STRONG_COPYLEFT', true],
    ['BSD', null, 'UNKNOWN', false],
    ['BSD-2', null, 'UNKNOWN', false],
    ['MIT/X11', null, 'UNKNOWN', false],
    ['MIT OR Foo', null, 'UNKNOWN', false],
    ['NONE OR MIT', null, 'UNKNOWN', false],
    ['GNU Lesser General Public Licence', null, 'UNKNOWN', false],
    // broken
    ['MIT MIT', null, 'UNKNOWN', false],
    ['MIT OR', null, 'UNKNOWN', false],
    ['OR MIT', null, 'UNKNOWN', false],
    ['() MIT', null, 'UNKNOWN', false],
    ['(MIT', null, 'UNKNOWN', false],
    ['MIT)', null, 'UNKNOWN', false],
    ['MIT +', null, 'UNKNOWN', false],
    ['MIT WITH', null, 'UNKNOWN', false],
    ['MIT WITH MIT', null, 'UNKNOWN', false],
    ['(MIT) WITH AdditionRef-x', null, 'UNKNOWN', false],
    ['MIT WITH AdditionRef-x WITH AdditionRef-y', null, 'UNKNOWN', false],
    ['Classpath-exception-2.0', null, 'UNKNOWN', false],
    ['@@@MIT', null, 'UNKNOWN', false],
    ['__proto__', null, 'UNKNOWN', false],
    ['constructor', null, 'UNKNOWN', false],
  ];
  it.each(table)('%s', (declared, expression, name, copyleft) => {
    const read = evaluateLicence(declared);
    expect({ expression: read.expression, class: read.class, copyleft: read.copyleft }).toEqual({ expression, class: name, copyleft });
    if (expression === null || name === 'UNCLASSIFIED') expect(read.problem).toMatch(/\.$/);
    else expect(read.problem).toBeUndefined();
  });

  it('lists the choices that OR leaves', () => {
    const list = (text: string) => evaluateLicence(text).branches.map(({ expression, class: name }) => `${expression}: ${name}`);
    expect(list('(MIT OR GPL-3.0-or-later)')).toEqual(['MIT: PERMISSIVE', 'GPL-3.0-or-later: STRONG_COPYLEFT']);
    expect(list('(MIT OR GPL-2.0-only) AND BSD-3-Clause')).toEqual(['MIT AND BSD-3-Clause: PERMISSIVE', 'GPL-2.0-only AND BSD-3-Clause: STRONG_COPYLEFT']);
    expect(list('MIT AND MIT')).toEqual(['MIT: PERMISSIVE']);
    expect(list('GPL')).toEqual([]);
  });

  it('stays within bounds', () => {
    const deep = `${'('.repeat(100_000)}MIT${')'.repeat(100_000)}`;
    const nested = `${'('.repeat(100)}MIT${')'.repeat(100)}`;
    const long = Array.from({ length: 600 }, () => 'GPL-3.0-only').join(' AND ');
    const wide = Array.from({ length: 60 }, (_, n) => `(MIT OR LicenseRef-${n})`).join(' AND ');
    expect(evaluateLicence(deep).problem).toContain(`at most ${expressionLimits.characters}`);
    expect(evaluateLicence(nested).problem).toContain('nested');
    expect(evaluateLicence('('.repeat(8_000)).class).toBe('UNKNOWN');
    expect(evaluateLicence(long.slice(0, 8_190).replace(/ AND [^ ]*$/, '')).class).toBe('STRONG_COPYLEFT');
    const started = performance.now();
    const read = evaluateLicence(wide);
    expect(read).toMatchObject({ class: 'PERMISSIVE', effective: { expression: 'MIT' } });
    expect(read.branches).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

const licence = fc.constantFrom('MIT', 'CC0-1.0', 'LGPL-2.1-only', 'GPL-3.0-or-later', 'AGPL-3.0-only', 'BUSL-1.1', 'Watcom-1.0', 'LicenseRef-x', 'GPL-2.0-only WITH Classpath-exception-2.0', 'Apache-2.0+', 'MIT WITH AdditionRef-y');
const { expression } = fc.letrec<{ expression: string; joined: string }>((tie) => ({
  expression: fc.oneof({ maxDepth: 4 }, licence, tie('joined')),
  joined: fc.tuple(tie('expression'), fc.constantFrom('AND', 'OR'), tie('expression')).map(([a, operator, b]) => `(${a} ${operator} ${b})`),
}));
const judge = (text: string) => {
  const { class: name, copyleft, effective } = evaluateLicence(text);
  return { class: name, copyleft, licences: effective?.licences.map((one) => one.name).toSorted() };
};
const rank = (text: string) => rankOf(evaluateLicence(text).class);

describe('the laws', () => {
  it('OR and AND do not care about order and grouping', () => {
    fc.assert(fc.property(expression, expression, expression, fc.constantFrom('AND', 'OR'), (a, b, c, operator) => {
      expect(judge(`${a} ${operator} (${b})`)).toEqual(judge(`(${b}) ${operator} (${a})`));
      expect(judge(`(${a} ${operator} ${b}) ${operator} ${c}`)).toEqual(judge(`${a} ${operator} (${b} ${operator} ${c})`));
      expect(judge(`(${a}) ${operator} (${a})`)).toEqual(judge(a));
    }), { numRuns: 500 });
  });
  it('OR takes the best, AND the worst', () => {
    fc.assert(fc.property(expression, expression, (a, b) => {
      expect(rank(`(${a}) OR (${b})`)).toBe(Math.min(rank(a), rank(b)));
      expect(rank(`(${a}) AND (${b})`)).toBe(Math.max(rank(a), rank(b)));
    }), { numRuns: 500 });
  });
  it('a branch that may be chosen is listed, and the effective one is the best of them', () => {
    fc.assert(fc.property(expression, (text) => {
      const { branches, effective, class: name } = evaluateLicence(text);
      expect(Math.min(...branches.map((branch) => rankOf(branch.class)))).toBe(rankOf(name));
      expect(effective?.class).toBe(name);
    }), { numRuns: 500 });
  });
  it('what is written reads the same again', () => {
    fc.assert(fc.property(expression, (text) => {
      const read = readExpression(text);
      if ('problem' in read) throw new Error(read.problem);
      expect(readExpression(writeExpression(read.expression))).toEqual(read);
      expect(readExpression(text.toLowerCase())).not.toHaveProperty('problem');
    }), { numRuns: 500 });
  });
  it('nothing is thrown for any text', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.array(fc.constantFrom('MIT', 'AND', 'OR', 'WITH', '(', ')', '+', ':', 'LicenseRef-', 'DocumentRef-', 'AdditionRef-a', 'GPL-2.0', ' ')).map((words) => words.join(' '))), (text) => {
      expect(licenceClasses).toContain(evaluateLicence(text).class);
    }), { numRuns: 2_000 });
  });
});

const lock = new URL('../../../../../shared/data/lockfiles/pypi__warehouse__package-lock.json', import.meta.url);

describe.runIf(existsSync(lock))('the lock of pypi/warehouse', () => {
  interface Entry { readonly license?: string; readonly dev?: boolean; readonly link?: boolean }
  const { packages } = (existsSync(lock) ? JSON.parse(readFileSync(lock, 'utf8')) : { packages: {} }) as { packages: Record<string, Entry & { dependencies?: Record<string, string> }> };
  const all = Object.entries(packages).filter(([path]) => path.includes('node_modules/')).map(([path, entry]) => ({ path, name: path.replace(/^.*node_modules\//, ''), ...entry, read: evaluateLicence(entry.license ?? null) }));
  const gnu = all.filter(({ read }) => read.effective?.licences.some(({ id }) => /^[AL]?GPL-/.test(id)));

  it('has no GNU licence in production', () => {
    expect(gnu.filter(({ dev }) => dev !== true)).toEqual([]);
    expect(gnu.filter(({ name }) => name.startsWith('@img/sharp-libvips-'))).toHaveLength(10);
    expect(gnu.filter(({ name }) => /^@img\/sharp-(?:win32-|wasm32)/.test(name))).toHaveLength(4);
    expect(gnu).toHaveLength(14);
  });
  it('lets one choose MIT', () => {
    for (const name of ['jszip', 'jqvmap-novulnerability']) {
      expect(all.find((one) => one.name === name)?.read).toMatchObject({ class: 'PERMISSIVE', copyleft: false, branches: [{ expression: 'MIT' }, { class: 'STRONG_COPYLEFT' }] });
    }
  });
  it('does not know eleven packages', () => {
    expect(all.filter(({ license }) => license === undefined)).toHaveLength(11);
    expect(all.filter(({ license, read }) => license === undefined && read.class !== 'UNKNOWN')).toEqual([]);
  });
});
