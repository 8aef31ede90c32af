import { createChanges } from '@hubgraph/kit/change';
import { heldClock } from '@hubgraph/kit/clock';
import { identityOf } from '@hubgraph/kit/identity';
import { invalidInput } from '@hubgraph/kit/refusal';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase, type FreshDatabase } from '../../../../test/harness/postgres.ts';
import { audit } from '../commands/audit.ts';
import type { ArtifactsChanges } from '../commands/common.ts';
import { AUDIT_GENESIS } from '../content/audit.ts';
import { verifyChain } from '../content/audit-chain.ts';
import { events } from '../events.ts';
import { newId } from '@hubgraph/kit/ids';
import { auditTrail, openDatabase, type Database } from './index.ts';

const clock = heldClock('2026-03-02T10:00:00Z');
let fresh: FreshDatabase;
let store: Database;
let changes: ArtifactsChanges;
beforeAll(async () => {
  fresh = await freshDatabase('artifacts');
  store = openDatabase(fresh.url, 8);
  changes = createChanges({ transactor: store.transactor, catalogue: events, clock, committed: () => {} });
});
afterAll(async () => {
  await store.close();
  await fresh.drop();
});

const caller = (sub: string) => ({ identity: identityOf({ sub, roles: ['system'] }) });

async function everything() {
  const { edges } = await auditTrail.page(store.sql, {}, { first: 200 });
  const last = edges.at(-1);
  const rest = last === undefined ? [] : (await auditTrail.page(store.sql, {}, { first: 200, after: last.cursor })).edges;
  return [...edges, ...rest].map(({ node }) => node);
}

test('before its first event the chain is at zero', async () => {
  expect(await auditTrail.checkpoint(store.sql)).toEqual({ sequence: 0n, hash: AUDIT_GENESIS, at: null });
});

test('200 changes at once, of which every fourth is refused, fails or is a dry run, make a chain without gap', async () => {
  const packageId = newId();
  const answers = await Promise.allSettled(
    Array.from({ length: 200 }, (_, index) =>
      changes.run(caller(`actor ${index % 7}`), { name: 'test', scopes: [], input: { dryRun: index % 16 === 8 } }, async (work) => {
        await audit(work, { action: `test ${index}`, packageId: index % 2 === 0 ? packageId : null, data: { index, when: work.now, nested: { ä: [1.5, null, 'text'], gone: undefined } } });
        if (index % 16 === 0) return invalidInput(['x'], 'refused');
        if (index % 16 === 4) throw new Error('a fault');
        if (index % 16 === 12) await work.tx.query('SELECT 1 / 0');
        return { done: true };
      })),
  );
  expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(25);
  const trail = await everything();
  expect(trail.map(({ sequence }) => Number(sequence))).toEqual(Array.from({ length: 150 }, (_, index) => index + 1));
  const chain = verifyChain();
  for (const event of trail) expect(chain.add(event)).toBeNull();
  const end = await auditTrail.checkpoint(store.sql);
  expect(end).toEqual({ sequence: 150n, hash: trail.at(-1)!.hash, at: clock.now() });
  expect(chain.end({ sequence: 150, hash: end!.hash })).toBeNull();
  expect(trail[0]!.data).toMatchObject({ when: '2026-03-02T10:00:00.000Z', nested: { ä: [1.5, null, 'text'] } });

  const pages = await auditTrail.pagesOf(store.sql, [packageId, newId()], { first: 3 });
  expect(await Promise.all([...pages.values()].map(async (page) => [page.edges.length, await page.totalCount()]))).toEqual([[3, 50], [0, 0]]);
  const of = async (filter: Parameters<typeof auditTrail.page>[1]) => (await auditTrail.page(store.sql, filter, {})).totalCount();
  expect(await Promise.all([of({ actor: 'actor 1' }), of({ action: 'test 3' }), of({ packageId: 'no id' }), of({ from: clock.now() }), of({ to: clock.now() }), of({ fromSequence: 149 })])).toEqual([trail.filter(({ actor }) => actor === 'actor 1').length, 1, 0, 150, 0, 2]);
});
