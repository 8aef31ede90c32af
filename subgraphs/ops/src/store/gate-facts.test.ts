import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase, type FreshDatabase } from '../../../../test/harness/postgres.ts';
import { evaluateGate } from '../gate/evaluate.ts';
import { decisions, HOUR, naiveStatus, observations, RELEASES, requirements, START } from '../gate/random.fixture.ts';
import type { Gate } from '../model.ts';
import { gateEvidence } from './gate-facts.ts';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase('ops');
});
afterAll(() => database.drop());

const base: Gate = {
  id: '00000000-0000-7000-8000-00000000000a', code: 'G', title: 'G', domain: 'infotech', service: null, workstream: null, migrationRunId: null, phase: null, owner: 'mara', requirements: [], releaseDigest: null, decision: 'PENDING', decidedAt: null, decidedBy: null,
  decidedRelease: null, note: null, waiverDecision: null, waiverRisk: null, waiverUntil: null, toldStatus: 'PENDING', toldAt: new Date(START), changesAt: null, createdBy: 'mara', createdAt: new Date(START), updatedAt: new Date(START), version: 1,
};
const MOMENTS = Array.from({ length: 12 }, (_, index) => new Date(START + index * 2 * (HOUR / 4) + ((index % 3) - 1)));

describe('what gates look at, in PostgreSQL', () => {
  it('makes of random evidence what a naive reading of all of it says, at every moment', async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.record({ requirements, all: observations(), decided: decisions, release: fc.constantFrom(null, ...RELEASES), riskOpen: fc.boolean() }), async ({ requirements: asked, all, decided, release, riskOpen }) => {
        const service = `service-${++round}`;
        await database.sql.query(
          `INSERT INTO "Evidence" ("id", "kind", "environment", "service", "releaseDigest", "result", "observedAt", "recordedAt", "recordedBy", "source", "sourceKey", "report")
           SELECT gen_random_uuid(), "kind", "environment", $2, "releaseDigest", "result", "observedAt", "observedAt", 'test', $2, "id", '{}' FROM jsonb_to_recordset($1::jsonb) AS r("id" text, "kind" text, "environment" text, "releaseDigest" text, "result" text, "observedAt" timestamptz)`,
          [JSON.stringify(all), service],
        );
        if (release !== null) await deploy(service, release);
        const gate: Gate = { ...base, ...decided, service, requirements: asked };
        for (const now of MOMENTS) {
          const evidence = { ...(await gateEvidence(database.sql, [gate], now)).get(gate.id)!, riskOpen };
          expect(evidence.release).toBe(release);
          expect(evaluateGate(gate, evidence, now).status, now.toISOString()).toBe(naiveStatus(gate, all, release, riskOpen, now));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('takes four statements, whatever the number of gates', async () => {
    const asked: string[] = [];
    const sql = { query: (text: string, params?: readonly unknown[]) => (asked.push(text), database.sql.query(text, params)) };
    const some = Array.from({ length: 40 }, (_, index): Gate => ({ ...base, id: `00000000-0000-7000-8000-${String(index).padStart(12, '0')}`, service: `service-${index}`, migrationRunId: base.id, decision: 'WAIVED', waiverRisk: base.id, requirements: [{ key: 'a', kind: 'SMOKE', environments: ['STAGING', 'PRODUCTION'], freshnessHours: null, minimum: 1, sameRelease: false }] }));
    expect((await gateEvidence(sql as never, some, new Date(START))).size).toBe(40);
    expect(asked).toHaveLength(4);
  });
});

/** Brought to staging long ago, to production later; locally something else. */
async function deploy(service: string, release: string): Promise<void> {
  const rows = [['LOCAL', 'sha256:local', 9], ['STAGING', release, 1], ['STAGING', 'sha256:before', 0]] as const;
  await database.sql.query(
    `INSERT INTO "Deployment" ("id", "service", "environment", "releaseDigest", "startedAt", "finishedAt", "result", "actor", "source", "sourceKey", "createdAt", "updatedAt")
     SELECT gen_random_uuid(), $2, "environment", "digest", to_timestamp("at"), to_timestamp("at"), 'SUCCEEDED', 'test', $2, "digest", now(), now() FROM jsonb_to_recordset($1::jsonb) AS r("environment" text, "digest" text, "at" int)`,
    [JSON.stringify(rows.map(([environment, digest, at]) => ({ environment, digest, at }))), service],
  );
}
