import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EVIDENCE_KINDS } from '../model.ts';
import { REPORTS, reportFields, reportProblems } from './report.ts';

const FITTING = {
  SMOKE: { routes: [{ route: 'GET /users/{id}?page&size', status: 200, count: 3, durationMs: 12 }], passed: 3, failed: 0, startedAt: '2026-03-02T09:30:00Z', traceId: 'a'.repeat(32) },
  PROBE: { samples: 60, up: true, p95Ms: 120, routes: [{ route: '/', status: 'OK' }] },
  DUAL_RUN: { compared: 100, equal: 99, differing: 1, differingIds: ['order:17'], routes: [{ route: '/orders', compared: 100, differing: 1, statusLeft: 200, statusRight: 500 }] },
  IMPORT: { countsIn: 10, countsStored: 10, collections: [{ name: 'orders', countIn: 10, countStored: 10, hash: `blake3:${'a'.repeat(64)}` }], keyPrefixes: ['orders/2026…'], dryRun: false },
  BUNDLE_VALIDATION: { bundleDigest: `sha256:${'b'.repeat(64)}`, files: 3, errors: 0, signed: true, schemaVersion: 'v2' },
  READINESS_REPORT: { ready: false, gates: [{ code: 'CUTOVER-1', status: 'PENDING' }], openAlerts: 2 },
  ROLLBACK_REHEARSAL: { fromRelease: 'c'.repeat(40), toRelease: 'd'.repeat(40), dataLost: false, checks: [{ code: 'switch-back', status: 'ok', durationMs: 900 }] },
  BACKUP_RESTORE: { backupId: 'nightly/2026-03-01', sizeBytes: 123_456_789_012, verified: true, recoveryTimeMs: 90_000, restoredAt: '2026-03-02T09:30:00+01:00' },
} as const;

test.each(EVIDENCE_KINDS)('a report of %s says what its kind has to say, and nothing is a must', (kind) => {
  expect(reportProblems(kind, FITTING[kind])).toEqual([]);
  expect(reportProblems(kind, {})).toEqual([]);
  expect(Object.keys(REPORTS)).toEqual([...EVIDENCE_KINDS]);
});

test('no field of any kind takes free text, nor a value that no shape foresees', () => {
  const wrong = fc.oneof(fc.constantFrom('a sentence of words', 'a\nb', 'user@example.org', 'https://u:p@example.org/', '/a?b=c', '', -1, 0.5, Number.MAX_VALUE, null, ['x y'], [{}], {}, [{ note: 'x' }]), fc.string().map((text) => `${text} ${text}.`));
  fc.assert(fc.property(fc.constantFrom(...EVIDENCE_KINDS), fc.nat(100), wrong, (kind, index, value) => {
    const fields = reportFields(kind);
    const field = fields[index % fields.length]!;
    const problems = reportProblems(kind, { [field]: value });
    expect(problems.map(({ path }) => path[0])).toContain(field);
    if (typeof value === 'string' && value.trim().length > 12) expect(JSON.stringify(problems)).not.toContain(value);
  }), { numRuns: 3_000 });
});

test('lists and reports are bounded', () => {
  expect(reportProblems('SMOKE', { ids: Array.from({ length: 201 }, () => 'a') })).toMatchObject([{ path: ['ids'] }]);
  const id = 'word-'.repeat(20);
  expect(reportProblems('DUAL_RUN', { ids: Array.from({ length: 200 }, () => id), differingIds: Array.from({ length: 200 }, () => id) })).toMatchObject([{ path: [], message: expect.stringContaining('at most') }]);
});

test('a route has no host, no user and no value of a query parameter', () => {
  const fits = (route: string) => reportProblems('SMOKE', { routes: [{ route }] }).length === 0;
  for (const route of ['/', '/a/b', '/a/b/', 'POST /a/{id}:cancel', '/a?page&size', '/v1/*/b']) expect([route, fits(route)]).toEqual([route, true]);
  for (const route of ['', 'a', '//host/a', 'https://host/a', '/a?page=1', '/a?x&page=1', '/a b', '/user:pass@host', '/a#b', 'SEND /a', `/${'a'.repeat(200)}`]) expect([route, fits(route)]).toEqual([route, false]);
});
