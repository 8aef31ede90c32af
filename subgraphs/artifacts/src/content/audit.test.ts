import { createHash } from 'node:crypto';
import { cdeEncodeOptions, encode } from 'cbor2';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AUDIT_GENESIS, auditHash, type AuditLink } from './audit.ts';

const link: AuditLink = { sequence: 1, at: '2026-03-02T09:30:00.000Z', actor: 'ada', action: 'placeHold', packageId: null, data: { b: [1, 2.5, null], a: 'ä' }, previous: AUDIT_GENESIS };

test('the hash of a known event stays what it is, whatever form it comes in', () => {
  const hash = auditHash(link);
  expect(hash).toBe('b7b08b6de7c49e92d0de8cfccc1c6524ff47d4807726256151cbff3b189b89cb');
  expect(auditHash({ ...link, sequence: 1n, at: new Date('2026-03-02T10:30:00+01:00'), data: { a: 'ä', b: [1, 2.5, null] } })).toBe(hash);
});

test('every part of an event changes its hash', () => {
  const others: Partial<AuditLink>[] = [{ sequence: 2 }, { at: '2026-03-02T09:30:00.001Z' }, { actor: 'bob' }, { action: 'releaseHold' }, { packageId: '01980000-0000-7000-8000-000000000000' }, { data: { b: [1, 2.5, null], a: 'a' } }, { data: {} }, { previous: 'f'.repeat(64) }];
  expect(new Set([link, ...others.map((other) => ({ ...link, ...other }))].map(auditHash)).size).toBe(others.length + 1);
});

test('another encoder of canonical CBOR gives the same hash', () => {
  fc.assert(fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), fc.string(), (given, actor) => {
    // what the database and the graph hand on is JSON
    const data = JSON.parse(JSON.stringify(given)) as unknown;
    const bytes = encode([1, '2026-03-02T09:30:00.000Z', actor, link.action, null, data, AUDIT_GENESIS], cdeEncodeOptions);
    expect(auditHash({ ...link, actor, data })).toBe(createHash('sha256').update(bytes).digest('hex'));
  }));
});
