import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase, type FreshDatabase } from '../../../../test/harness/postgres.ts';
import type { Evidence } from '../model.ts';
import { EVIDENCE_SCOPES, evidences, type NewEvidence, type RequirementAsk } from './evidence.ts';

const NOW = Date.parse('2026-03-02T09:30:00Z');
const HOUR = 3_600_000;
const column = { service: ['core-hub', 'web', null], workstream: ['CUST-WP-0001', null], migrationRun: ['MIG-1', null], domain: ['infotech', 'custodian'] } as const;

const row = fc.record({
  kind: fc.constantFrom('SMOKE', 'PROBE'), environment: fc.constantFrom('LOCAL', 'STAGING', 'PRODUCTION'), result: fc.constantFrom('PASS', 'FAIL'), releaseDigest: fc.constantFrom('a', 'b', null),
  service: fc.constantFrom(...column.service), workstream: fc.constantFrom(...column.workstream), migrationRun: fc.constantFrom(...column.migrationRun), domain: fc.constantFrom(...column.domain),
  observedAt: fc.nat(20).map((hours) => new Date(NOW - hours * HOUR)),
});
const ask = fc.constantFrom(...EVIDENCE_SCOPES).chain((scope) => fc.record({
  scope: fc.constant(scope), of: fc.constantFrom(...column[scope].filter((key) => key !== null)), kind: fc.constantFrom('SMOKE', 'PROBE'), environment: fc.constantFrom('LOCAL', 'STAGING', 'PRODUCTION'),
  since: fc.option(fc.nat(20).map((hours) => new Date(NOW - hours * HOUR))), releaseDigest: fc.option(fc.constantFrom('a', 'b')), take: fc.integer({ min: 1, max: 5 }),
}));

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase('ops');
});
afterAll(() => database.drop());

test('what gates ask is answered as a naive reading of all rows answers it', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 60 }), fc.array(ask, { minLength: 1, maxLength: 30 }), async (given, wanted) => {
      await database.sql.query('DELETE FROM "Evidence"');
      run += 1;
      const batch = given.map((part, index): NewEvidence => ({ ...(part as NewEvidence), source: 'test', sourceKey: `${run}-${index}`, report: {} }));
      const stored = await database.transactor.transaction((tx) => evidences.insert(tx, batch, 'tester', new Date(NOW)));
      expect(stored).toHaveLength(given.length);
      const asks = wanted.map((part, index): RequirementAsk => ({ ...(part as Omit<RequirementAsk, 'key'>), key: String(index) }));
      const found = await evidences.forRequirements(database.sql, asks);
      expect(found.size).toBe(asks.length);
      for (const one of asks) expect(found.get(one.key)).toEqual({ key: one.key, ...naive(stored, one) });
    }),
    { numRuns: 60 },
  );
}, 60_000);

function naive(rows: readonly Evidence[], { scope, of, kind, environment, since, releaseDigest, take }: RequirementAsk) {
  const fitting = rows
    .filter((one) => one[scope] === of && one.kind === kind && one.environment === environment && (since === null || one.observedAt >= since) && (releaseDigest === null || one.releaseDigest === releaseDigest))
    .sort((a, b) => b.observedAt.getTime() - a.observedAt.getTime() || (a.id < b.id ? 1 : -1));
  const seen = ({ id, observedAt }: Evidence) => ({ id, observedAt });
  const failing = fitting.find(({ result }) => result === 'FAIL');
  return { passing: fitting.filter(({ result }) => result === 'PASS').slice(0, take).map(seen), failing: failing === undefined ? null : seen(failing) };
}
