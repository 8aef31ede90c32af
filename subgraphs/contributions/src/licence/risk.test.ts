import { expect, it } from 'vitest';
import { defaultPolicy, licencePolicySchema, readPolicy } from './policy.ts';
import { licenceRisk } from './risk.ts';
import type { RiskSubject } from './risk.ts';

const subject = (licence: string | null, more: Partial<RiskSubject> = {}): RiskSubject => ({ purl: 'pkg:npm/%40img/lib@1.2.0', name: '@img/lib', direct: true, dev: false, licence, ...more });
const today = '2026-11-21';
const status = (one: RiskSubject, policy: unknown = {}) => licenceRisk(one, licencePolicySchema.parse(policy), today)?.status ?? null;

it.each([
  ['GPL-3.0-only', 'OPEN'],
  ['GPL', 'OPEN'],
  ['LGPL-2.1+', 'OPEN'],
  ['AGPL-3.0-or-later', 'OPEN'],
  ['Apache-2.0 AND LGPL-3.0-or-later', 'OPEN'],
  ['GPL-3.0-only AND LicenseRef-x', 'OPEN'],
  ['GPL-3.0-only OR LicenseRef-commercial', 'OPEN'],
  ['MIT OR GPL-3.0-or-later', null],
  ['GPL-2.0-only WITH Classpath-exception-2.0', null],
  ['GPL-2.0-with-classpath-exception', null],
  ['AGPL-3.0-only WITH Classpath-exception-2.0', 'OPEN'],
  ['MPL-2.0', null],
  ['LGPLLR', null],
  ['GFDL-1.3-only', null],
  ['UNLICENSED', null],
  [null, null],
] as const)('by default %s', (licence, expected) => {
  expect(status(subject(licence))).toBe(expected);
});

it('looks at direct production dependencies, and elsewhere when told', () => {
  const gpl = (direct: boolean | null, dev: boolean | null) => subject('GPL-3.0-only', { direct, dev });
  for (const [direct, dev, scopes] of [[false, false, { transitive: true }], [true, true, { dev: true }], [null, false, { unknown: true }], [true, null, { unknown: true }]] as const) {
    expect(status(gpl(direct, dev))).toBeNull();
    expect(status(gpl(direct, dev), { scopes })).toBe('OPEN');
  }
  expect(status(gpl(true, false), { scopes: { direct: false } })).toBeNull();
  expect(status(gpl(true, false), { scopes: { prod: false } })).toBeNull();
});

it('also watches classes', () => {
  expect(status(subject(null), { classes: ['UNKNOWN'] })).toBe('OPEN');
  expect(status(subject('MPL-2.0'), { classes: ['WEAK_COPYLEFT'] })).toBe('OPEN');
  expect(status(subject('MPL-2.0 AND LicenseRef-x'), { classes: ['WEAK_COPYLEFT'] })).toBe('OPEN');
  expect(status(subject('GPL-3.0-only'), { families: [] })).toBeNull();
});

it('waives until a day, by purl or name', () => {
  const waive = (waiver: object) => status(subject('LGPL-3.0-or-later'), { waivers: [{ until: '2026-11-21', decision: 'DEC-7', ...waiver }] });
  for (const name of ['pkg:npm/@img/*', 'pkg:npm/%40img/lib', 'pkg:npm/@img/lib@1.2.0', '@img/*', '*lib', '@img/lib', '*']) expect([name, waive({ package: name })]).toEqual([name, 'WAIVED']);
  for (const name of ['pkg:npm/@img/lib@2*', 'lib', '@img', 'pkg:pypi/*', '@img/lib*b']) expect([name, waive({ package: name })]).toEqual([name, 'OPEN']);
  expect(waive({ package: '*', until: '2026-11-20' })).toBe('EXPIRED');
  expect(waive({ package: '*', expression: 'lgpl-3.0-or-later' })).toBe('WAIVED');
  expect(waive({ package: '*', expression: 'GPL-3.0-only' })).toBe('OPEN');
  const both = { waivers: [{ package: '*', until: '2020-01-01', decision: 'A' }, { package: '*', until: '2030-01-01', decision: 'B' }] };
  expect(licenceRisk(subject('GPL-3.0-only'), licencePolicySchema.parse(both), today)).toMatchObject({ status: 'WAIVED', waiver: { decision: 'B' } });
});

it('reads a policy from YAML and JSON', () => {
  const yaml = 'classes: [SOURCE_AVAILABLE]\nscopes: { transitive: true }\nwaivers:\n  - package: pkg:npm/@img/*\n    until: 2027-01-31\n    decision: DEC-12\n';
  const read = readPolicy('policy.yaml', yaml);
  expect(read).toMatchObject({ policy: { families: ['GPL', 'LGPL', 'AGPL'], classes: ['SOURCE_AVAILABLE'], scopes: { direct: true, transitive: true, dev: false }, waivers: [{ until: '2027-01-31', decision: 'DEC-12' }] } });
  expect(readPolicy('policy.json', JSON.stringify((read as { policy: unknown }).policy))).toEqual(read);
  expect(readPolicy('empty.yaml', '')).toEqual({ policy: defaultPolicy });
});

it.each([
  ['clases: []', 1, 'clases'],
  ['classes:\n  - PERMISIVE', 2, 'classes.0'],
  ['waivers:\n  - package: x\n    until: soon\n    decision: D', 3, 'waivers.0.until'],
  ['waivers:\n  - package: x\n    until: 2027-01-01', 2, 'waivers.0.decision'],
  ['waivers:\n  - package: x\n    until: 2027-01-01\n    decision: D\n    expression: Foo', 5, 'waivers.0.expression'],
  ['families: [GPL', 1, 'Not valid YAML'],
  ['a: &a [GPL]\nfamilies: *a', 2, 'Aliases'],
  ['__proto__: { families: [] }', 1, '__proto__'],
  [`a: ${'['.repeat(1_000)}`, undefined, 'nested too deep'],
  ['just words', 1, 'policy'],
])('refuses %j', (text, line, words) => {
  const read = readPolicy('p.yaml', text);
  const problems = 'problems' in read ? read.problems : [];
  expect(problems.some((one) => one.reason.includes(words) && (line === undefined || one.line === line || one.line === undefined)), JSON.stringify(problems)).toBe(true);
});
