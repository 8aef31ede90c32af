import { heldClock } from '@hubgraph/kit/clock';
import { newId } from '@hubgraph/kit/ids';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase, type FreshDatabase } from '../../../../test/harness/postgres.ts';
import type { ArtifactsHub } from '../../../../test/harness/artifacts.ts';
import { PACKAGE_STATUSES, RETENTION_CLASSES, type ArtifactPackage } from '../model.ts';
import { openDatabase, packages, retention, type Database } from '../store/index.ts';
import { factsFrom } from './common.ts';
import { eligibilityOf } from './eligibility.ts';
import { finalizedPackage, operator, startHub, viewer } from './retention.fixture.ts';

const DAY = 86_400_000;
const clock = heldClock('2026-03-02T10:00:00Z');
let hub: ArtifactsHub;
let database: FreshDatabase;
let store: Database;
beforeAll(async () => {
  [hub, database] = await Promise.all([startHub(clock), freshDatabase('artifacts')]);
  store = openDatabase(database.url, 2);
});
afterAll(async () => {
  await store.close();
  await Promise.all([hub[Symbol.asyncDispose](), database[Symbol.asyncDispose]()]);
});

const report = async (filter: object, page: object = {}) =>
  (await hub.ask(`query ($filter: DeletionEligibilityFilter, $first: Int, $after: String) { deletionEligibility(filter: $filter, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } totals { packageCount eligibleCount notExpiredCount heldCount permanentCount byteCount eligibleByteCount }
    nodes { artifactPackage { id } eligible eligibleFrom reasons { code message refs } } } }`, { filter, ...page }, viewer)).deletionEligibility;

test('the report says of every finalized package whether it may go, why not, and from when on', async () => {
  const short = await finalizedPackage(hub, 'transient', { repo: 'one' });
  const held = await finalizedPackage(hub, 'transient', { repo: 'one' });
  const long = await finalizedPackage(hub, 'raw-evidence', { repo: 'two' });
  const permanent = await finalizedPackage(hub, 'permanent-record', { repo: 'two' });
  await hub.change('createArtifactPackage', { producer: 'tests', subject: 's', retentionClass: 'transient' }, 'package { id }');
  const { hold } = await hub.change('placeHold', { id: held, reason: 'a claim', authority: 'a court' }, 'hold { id }', operator);
  expect((await report({})).totals).toMatchObject({ packageCount: 4, eligibleCount: 0, notExpiredCount: expect.any(Number), heldCount: 1, permanentCount: 1, eligibleByteCount: 0 });

  clock.advance(30 * DAY);
  const all = await report({});
  expect(all).toMatchObject({ totalCount: 4, totals: { packageCount: 4, eligibleCount: 1, heldCount: 1, permanentCount: 1 } });
  expect(all.totals.byteCount).toBe(all.totals.eligibleByteCount * 4);
  expect(all.nodes).toMatchObject([
    { artifactPackage: { id: short }, eligible: true, eligibleFrom: '2026-04-01T10:00:00.000Z', reasons: [] },
    { artifactPackage: { id: held }, eligible: false, eligibleFrom: '2026-04-01T10:00:00.000Z', reasons: [{ code: 'HELD', message: 'A hold is active.', refs: [hold.id] }] },
    { artifactPackage: { id: long }, eligible: false, eligibleFrom: '2027-03-02T10:00:00.000Z', reasons: [{ code: 'NOT_EXPIRED', message: 'It is kept until 2027-03-02T10:00:00.000Z.', refs: [] }] },
    { artifactPackage: { id: permanent }, eligible: false, eligibleFrom: null, reasons: [{ code: 'PERMANENT_RECORD' }, ...all.nodes[3].reasons.slice(1)] },
  ]);
  const ids = (page: { nodes: { artifactPackage: { id: string } }[] }) => page.nodes.map(({ artifactPackage }) => artifactPackage.id);
  expect(await report({ eligible: true }).then((page) => [ids(page), page.totalCount, page.totals.packageCount])).toEqual([[short], 1, 4]);
  expect(ids(await report({ eligible: false }))).toEqual([held, long, permanent]);
  expect(ids(await report({ eligible: false, repo: 'one' }))).toEqual([held]);
  expect(ids(await report({ retentionClasses: ['raw-evidence', 'permanent-record'], text: 'RELEASE' }))).toEqual([long, permanent]);
  const first = await report({ eligible: false }, { first: 2 });
  expect([first.pageInfo.hasNextPage, ids(await report({ eligible: false }, { first: 2, after: first.pageInfo.endCursor }))]).toEqual([true, [permanent]]);
});

test('a page of the report takes as many statements as one entry', async () => {
  for (let index = 0; index < 5; index++) await finalizedPackage(hub, 'summary-evidence');
  hub.counted();
  await hub.ask('{ deletionEligibility { totalCount totals { heldCount } nodes { eligible eligibleFrom reasons { code } artifactPackage { retention { class rule { days } eligible reasons } holds { history { at } } active: holds(active: true) { id } retentionEvents { kind hold { id } } auditEvents(first: 2) { totalCount nodes { action artifactPackage { id } } } } } } }');
  // page, count, totals, facts, classes, holds, history, retention events, their holds, audit events, their count, their packages
  expect(hub.counted().length).toBeLessThanOrEqual(12);
});

test('what SQL filters and counts by is what the guards of the deletion say', async () => {
  const at = (days: number) => new Date(clock.now().getTime() + days * DAY);
  const some = fc.record({
    status: fc.constantFrom('FINALIZED' as const, 'FINALIZED' as const, ...PACKAGE_STATUSES),
    retentionClass: fc.constantFrom(...RETENTION_CLASSES),
    // a tenth of a day apart at most, so that moments fall on each other too
    expiresAt: fc.option(fc.integer({ min: -20, max: 20 }).map((tenths) => at(tenths / 10)), { freq: 6 }),
    holds: fc.array(fc.constantFrom('ACTIVE', 'RELEASED'), { maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(some, { maxLength: 12 }), fc.integer({ min: -20, max: 20 }), async (given, tenths) => {
      const { sql } = store;
      const now = at(tenths / 10);
      const rows = given.map((one) => ({ ...one, id: newId() }));
      await database.sql.query('TRUNCATE "ArtifactPackage", "Hold" CASCADE');
      await database.sql.query(
        `WITH made AS (INSERT INTO "ArtifactPackage" ("id", "status", "producer", "subject", "sourceCommits", "metadata", "retentionClass", "expiresAt", "byteCount", "progressAt", "createdBy", "createdAt", "updatedAt")
           SELECT "id", "status", 'p', 's', '{}', '{}', "retentionClass", "expiresAt", 7, now(), 'x', now(), now() FROM jsonb_to_recordset($1::jsonb) AS r("id" uuid, "status" text, "retentionClass" text, "expiresAt" timestamptz) RETURNING "id")
         INSERT INTO "Hold" ("id", "packageId", "status", "reason", "authority", "placedBy", "placedAt")
           SELECT gen_random_uuid(), r."id", h, 'r', 'a', 'x', now() FROM jsonb_to_recordset($1::jsonb) AS r("id" uuid, "holds" jsonb), jsonb_array_elements_text(r."holds") h`,
        [JSON.stringify(rows)],
      );
      const ids = rows.map(({ id }) => id);
      const [stored, facts] = await Promise.all([packages.byIds(sql, ids), packages.factRows(sql, ids)]);
      const judged = [...stored.values()].filter(({ status }) => status === 'FINALIZED').map((of) => ({ of, ...eligibilityOf(of, factsFrom(of, facts.get(of.id)!, now)) }));
      const listed = async (eligible: boolean | null) => (await retention.eligibility(sql, { eligible }, now, { first: 200 })).edges.map(({ node }: { node: ArtifactPackage }) => node.id).sort();
      const wanted = (keep: (one: (typeof judged)[number]) => boolean) => judged.filter(keep).map(({ of }) => of.id).sort();
      expect(await listed(true)).toEqual(wanted(({ eligible }) => eligible));
      expect(await listed(false)).toEqual(wanted(({ eligible }) => !eligible));
      expect(await listed(null)).toEqual(wanted(() => true));
      const because = (code: string) => judged.filter(({ reasons }) => reasons.some((reason) => reason.code === code)).length;
      const eligibleCount = wanted(({ eligible }) => eligible).length;
      expect(await retention.eligibilityTotals(sql, {}, now)).toEqual({
        packageCount: judged.length, eligibleCount, notExpiredCount: because('NOT_EXPIRED'), heldCount: because('HELD'), permanentCount: because('PERMANENT_RECORD'), byteCount: BigInt(7 * judged.length), eligibleByteCount: BigInt(7 * eligibleCount),
      });
    }),
    { numRuns: 150 },
  );
}, 60_000);
