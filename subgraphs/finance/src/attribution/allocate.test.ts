import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plain, sum } from '../money/decimal.ts';
import type { AttributionRule, AttributionTarget } from '../model/index.ts';
import { allocate, inOrder, slugOf, type WeightsOf } from './allocate.ts';
import { ruleProblems } from './check.ts';
import { fit, tagOf, type AllocatedRow } from './match.ts';

const row = (more: Partial<AllocatedRow> = {}): AllocatedRow => ({
  id: 'r', month: '2024-09', day: '2024-09-18', billedCost: '10', effectiveCost: '7.000000000000000001', billingCurrency: 'USD', providerName: 'AWS', serviceName: 'Amazon EC2',
  billingAccountId: 'payer', subAccountId: 'team', tags: {}, more: {}, ...more,
});
const rule = (more: Partial<AttributionRule> = {}): AttributionRule => ({
  id: 'a', name: 'a', priority: 10, kind: 'RATIO', match: {}, targets: [{ service: 'core-hub', ratio: '1' }], measure: null, validFrom: null, validTo: null, retiredAt: null,
  createdBy: 'x', createdAt: new Date(0), updatedAt: new Date(0), version: 1, ...more,
});
const none: WeightsOf = () => null;

describe('matching', () => {
  it('takes tags with stray spaces, and in any case when the rule says so', () => {
    expect(tagOf({ tags: { ' org': 'Finance ' }, more: {} }, { tag: 'org' })).toBe('Finance');
    expect(tagOf({ tags: { Env: 'prod' }, more: {} }, { tag: 'env' })).toBeNull();
    expect(tagOf({ tags: { Env: 'PROD' }, more: {} }, { tag: 'env', values: ['prod'], anyCase: true })).toBe('PROD');
    expect(tagOf({ tags: { env: 'test', Env: 'prod' }, more: {} }, { tag: 'ENV', values: ['prod'], anyCase: true })).toBe('prod');
    expect(tagOf({ tags: { env: null }, more: {} }, { tag: 'env' })).toBe('');
  });
  it('takes the tags of a charge that the provider split before those of its origin', () => {
    const split = { tags: { application: 'cluster' }, more: { AllocatedTags: '{"application":"web"}' } };
    expect(tagOf(split, { tag: 'application' })).toBe('web');
    expect(tagOf(split, { tag: 'application', values: ['cluster'] })).toBeNull();
    expect(tagOf({ ...split, more: { AllocatedTags: 'none' } }, { tag: 'application' })).toBe('cluster');
  });
  it('needs every field, and the day', () => {
    expect(fit(rule({ match: { accounts: ['team'], providers: ['AWS'], services: ['Amazon EC2'] } }), row())).not.toBeNull();
    expect(fit(rule({ match: { accounts: ['team'], providers: ['Oracle'] } }), row())).toBeNull();
    expect(fit(rule({ validFrom: '2024-09-18', validTo: '2024-09-19' }), row())).not.toBeNull();
    expect(fit(rule({ validTo: '2024-09-18' }), row())).toBeNull();
    expect(fit(rule({ retiredAt: new Date() }), row())).toBeNull();
  });
});

describe('allocation', () => {
  it('lets the first rule that fits count', () => {
    const rules = inOrder([rule({ id: 'late', priority: 20, targets: [{ service: 'late', ratio: '1' }] }), rule({ id: 'first', priority: 5, targets: [{ service: 'first', ratio: '1' }] })]);
    expect(allocate(row(), rules, none)).toMatchObject([{ ruleId: 'first', service: 'first', ratio: '1', billedCost: '10' }]);
  });
  it('divides to the last digit', () => {
    const thirds = ['0.333333333333333333', '0.333333333333333333', '0.333333333333333334'];
    const parts = allocate(row(), [rule({ targets: thirds.map((ratio, index) => ({ domain: `d${index}`, ratio })) })], none);
    expect(parts.map(({ billedCost }) => billedCost)).toEqual(['3.33333333333333333', '3.33333333333333333', '3.33333333333333334']);
    expect(sum(parts.map(({ effectiveCost }) => effectiveCost))).toBe('7.000000000000000001');
  });
  it('names targets by the value of a tag', () => {
    const byTag = rule({ kind: 'TAG', match: { tag: 'application' }, targets: [{ service: '{value}' }] });
    expect(allocate(row({ tags: { application: 'Bright Path/Matrix' } }), [byTag], none)).toMatchObject([{ service: 'bright-path-matrix' }]);
    expect(allocate(row({ tags: { application: ' -- ' } }), [byTag], none)).toMatchObject([{ ruleId: null, service: null }]);
    expect(slugOf('Ärger & Söhne')).toBe('ärger-söhne');
  });
  it('leaves what nothing takes, and what cannot be shared yet, to nobody', () => {
    const share = rule({ kind: 'SHARE', measure: { of: 'COST' }, targets: [{ service: 'a' }, { service: 'b' }] });
    expect(allocate(row(), [], none)).toMatchObject([{ ruleId: null, ratio: '1', domain: null, service: null, workstream: null }]);
    expect(allocate(row(), [share], none)).toMatchObject([{ ruleId: 'a', service: null }]);
    expect(allocate(row(), [share], () => ['3', '1'])).toMatchObject([{ service: 'a', ratio: '0.75', billedCost: '7.5' }, { service: 'b', ratio: '0.25' }]);
    expect(allocate(row(), [share], () => ['-3', '1'])).toMatchObject([{ part: 0, service: 'b', ratio: '1' }]);
    expect(allocate(row(), [{ ...share, measure: { of: 'NUMBERS', numbers: { a: '1', b: '3' } } }], none)).toMatchObject([{ ratio: '0.25' }, { ratio: '0.75' }]);
  });
});

describe('rules', () => {
  it('says everything that is wrong at once', () => {
    const wrong = ruleProblems(rule({ kind: 'TAG', priority: -1, targets: [{ service: 'a', ratio: '0.5' }, { service: 'b', ratio: '0.4' }], validFrom: '2024-02-30' }));
    expect(wrong.map(({ path }) => path.join('.'))).toEqual(['priority', 'match.tag', 'targets', 'validFrom']);
    expect(ruleProblems(rule({ kind: 'SHARE', measure: { of: 'NUMBERS', numbers: { c: '1' } }, targets: [{ service: 'a' }] })).map(({ path }) => path.join('.'))).toEqual(['measure.numbers.c']);
    expect(ruleProblems(rule())).toEqual([]);
  });
});

const amount = fc.tuple(fc.bigInt(-(10n ** 30n), 10n ** 30n)).map(([scaled]) => {
  const text = (scaled < 0n ? -scaled : scaled).toString().padStart(19, '0');
  return plain(`${scaled < 0n ? '-' : ''}${text.slice(0, -18)}.${text.slice(-18)}`);
});
const target = fc.record({ domain: fc.option(fc.constantFrom('infotech', 'custodian')), service: fc.option(fc.constantFrom('core-hub', '{value}')), workstream: fc.constant(null) }) satisfies fc.Arbitrary<AttributionTarget>;
const weights = fc.array(fc.integer({ min: -5, max: 1_000 }).map(String), { minLength: 1, maxLength: 6 });
const someRule = fc.record({ id: fc.uuid(), priority: fc.integer({ min: 0, max: 3 }), kind: fc.constantFrom('TAG', 'RATIO', 'SHARE', 'ACCOUNT', 'SERVICE'), tag: fc.constantFrom('org', ' org', 'application', null), targets: fc.array(target, { minLength: 6, maxLength: 6 }), weights }).map(({ weights: shares, targets, tag, ...rest }) => {
  const used = targets.slice(0, shares.length);
  // ratios like 1/2, 1/4 and so on, cut at the 18th place; what is cut goes to the first
  const ratios = used.map((_target, index) => 2n ** BigInt(index));
  const total = ratios.reduce((all, one) => all + one, 0n);
  const scaled = ratios.map((one) => (one * 10n ** 18n) / total);
  scaled[0]! += 10n ** 18n - scaled.reduce((all, one) => all + one, 0n);
  const text = (one: bigint) => plain(`${one / 10n ** 18n}.${(one % 10n ** 18n).toString().padStart(18, '0')}`);
  return { rule: rule({ ...rest, match: { tag }, targets: rest.kind === 'SHARE' ? used : used.map((one, index) => ({ ...one, ratio: text(scaled[index]!) })), measure: rest.kind === 'SHARE' ? { of: 'COST' } : null }), shares };
});

describe('for any rules and rows', () => {
  it('sums to the charge and to 1, and does the same again', () => {
    fc.assert(
      fc.property(fc.array(someRule, { maxLength: 5 }), amount, amount, fc.dictionary(fc.constantFrom('org', ' org', 'application'), fc.option(fc.string())), (made, billedCost, effectiveCost, tags) => {
        const shares = new Map(made.map((one) => [one.rule.id, one.shares]));
        const of: WeightsOf = ({ id }) => shares.get(id) ?? null;
        const charge = row({ billedCost, effectiveCost, tags });
        const parts = allocate(charge, inOrder(made.map((one) => one.rule)), of);
        expect(sum(parts.map((part) => part.ratio))).toBe('1');
        expect(sum(parts.map((part) => part.billedCost))).toBe(billedCost);
        expect(sum(parts.map((part) => part.effectiveCost))).toBe(effectiveCost);
        expect(parts.map(({ part }) => part)).toEqual(parts.map((_part, index) => index));
        expect(allocate(charge, inOrder(made.map((one) => one.rule).reverse()), of)).toEqual(parts);
      }),
      { numRuns: 500 },
    );
  });
});
