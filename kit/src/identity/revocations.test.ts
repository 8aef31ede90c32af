import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heldClock } from '../clock.ts';
import { identityOf } from '../identity.ts';
import { covers, createRevocationList, REVOCATION_KINDS, type Revocation } from './revocations.ts';

const now = Date.parse('2026-01-01T00:00:00Z') / 1_000;
const name = fc.constantFrom('a', 'b', 'c');
const revocation: fc.Arbitrary<Revocation> = fc.record({
  kind: fc.constantFrom(...REVOCATION_KINDS), name, until: fc.integer({ min: now - 5, max: now + 20 }), at: fc.constant('2026-01-01T00:00:00Z'), by: fc.constant('op'),
  before: fc.option(fc.integer({ min: now - 5, max: now + 5 }), { nil: undefined }), lifted: fc.option(fc.boolean(), { nil: undefined }),
}).map(({ kind, before, ...rest }) => ({ kind, ...rest, ...(kind === 'subject' && { before }) }));
const identity = fc.record({ sub: name, tokenId: fc.option(name, { nil: undefined }), session: fc.option(name, { nil: undefined }), issuedAt: fc.option(fc.integer({ min: now - 10, max: now + 10 }), { nil: undefined }) }).map((facts) => identityOf(facts));

describe('a list of revocations', () => {
  it('knows the last word on each name, and forgets it with its time, whatever came', () => {
    fc.assert(fc.property(fc.array(fc.tuple(revocation, fc.nat(5)), { maxLength: 12 }), fc.array(identity, { maxLength: 6 }), (said, asked) => {
      const clock = heldClock(new Date(now * 1_000));
      const list = createRevocationList(clock);
      const last = new Map<string, Revocation>();
      for (const [one, seconds] of said) {
        list.put(one);
        last.set(JSON.stringify([one.kind, one.name, one.before === undefined]), one);
        clock.advance(seconds * 1_000);
        const at = clock.now().getTime() / 1_000;
        const held = [...last.values()].filter(({ until, lifted }) => !lifted && until > at);
        expect(new Set(list.all())).toEqual(new Set(held));
        for (const who of asked) expect(list.of(who) !== undefined).toBe(held.some((candidate) => covers(candidate, who)));
      }
    }));
  });

  it('covers a token that does not say when it was issued', () => {
    const logout: Revocation = { kind: 'subject', name: 'a', before: now, until: now + 10, at: '2026-01-01T00:00:00Z', by: 'op' };
    expect([undefined, now, now + 1].map((issuedAt) => covers(logout, identityOf({ sub: 'a', issuedAt })))).toEqual([true, true, false]);
  });
});
