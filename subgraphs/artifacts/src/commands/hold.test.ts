import { heldClock } from '@hubgraph/kit/clock';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ArtifactsHub } from '../../../../test/harness/artifacts.ts';
import { as } from '../../../../test/harness/hub.ts';
import { author, codesOf, finalizedPackage, maintainer, operator, refusals, startHub, steward } from './retention.fixture.ts';

const clock = heldClock('2026-03-02T10:00:00Z');
const FIELDS = 'hold { id status active reason authority placedBy placedAt releasedBy releasedAt releaseReason version artifactPackage { id } allowedTransitions { verb to allowed unmet { code } } history { verb from to note actor } } package { id version holds { id } }';
let hub: ArtifactsHub;
beforeAll(async () => {
  hub = await startHub(clock);
});
afterAll(() => hub[Symbol.asyncDispose]());

const place = (id: string, more: object = {}, identity = operator) => hub.change('placeHold', { id, reason: 'a claim', authority: 'District court 7 C 12/26', ...more }, FIELDS, identity);
const release = (id: string, more: object = {}, identity = steward) => hub.change('releaseHold', { id, reason: 'the claim is settled', ...more }, FIELDS, identity);
const of = async (id: string) => (await hub.ask('query ($id: ID!) { artifactPackage(id: $id) { version holds { id active } active: holds(active: true) { id } released: holds(active: false) { id releaseReason } retention { expiresAt eligible reasons } retentionEvents { kind from to hold { id } } auditEvents { nodes { action actor data } } } }', { id })).artifactPackage;

test('any number of holds stop deletion, each until it is released, while the clock goes on', async () => {
  const id = await finalizedPackage(hub, 'transient');
  const before = await of(id);
  const first = await place(id);
  expect(first).toMatchObject({
    errors: [], events: [{ type: 'org.artifactstore.hold.placed' }], package: { id, version: before.version + 1 },
    hold: {
      status: 'ACTIVE', active: true, reason: 'a claim', authority: 'District court 7 C 12/26', placedBy: 'olga', placedAt: '2026-03-02T10:00:00.000Z', releasedBy: null, releaseReason: null, version: 1, artifactPackage: { id },
      allowedTransitions: [{ verb: 'releaseHold', to: 'RELEASED', allowed: false, unmet: [{ code: 'ROLE_REQUIRED' }] }], history: [{ verb: 'placeHold', from: null, to: 'ACTIVE', note: 'a claim', actor: 'olga' }],
    },
  });
  const second = await place(id, { reason: 'an audit', authority: 'Tax office' }, steward);
  expect(second.hold).toMatchObject({ placedBy: 'stefan', allowedTransitions: [{ allowed: true, unmet: [] }] });
  const [one, other] = [first.hold.id, second.hold.id];
  clock.advance(40 * 86_400_000);
  const remove = { id, reason: 'space' };
  expect(await refusals(hub, 'deleteArtifactPackage', remove)).toMatchObject([{ unmet: [{ code: 'HELD', message: '2 holds are active.', refs: [one, other] }] }]);

  const released = await release(one);
  expect(released).toMatchObject({
    errors: [], events: [{ type: 'org.artifactstore.hold.released' }],
    hold: { status: 'RELEASED', active: false, releasedBy: 'stefan', releasedAt: clock.now().toISOString(), releaseReason: 'the claim is settled', version: 2, allowedTransitions: [], history: [{}, { verb: 'releaseHold', from: 'ACTIVE', to: 'RELEASED', actor: 'stefan' }] },
  });
  expect(await of(id)).toMatchObject({ version: before.version + 3, active: [{ id: other }], released: [{ id: one, releaseReason: 'the claim is settled' }], retention: { ...before.retention, reasons: ['A hold is active.'] } });
  expect(codesOf(await refusals(hub, 'deleteArtifactPackage', remove))).toEqual(['HELD']);
  await release(other);
  const after = await of(id);
  expect(after.retention).toEqual({ expiresAt: before.retention.expiresAt, eligible: true, reasons: [] });
  expect(after.retentionEvents.slice(2)).toEqual([['HOLD_PLACED', one], ['HOLD_PLACED', other], ['HOLD_RELEASED', one], ['HOLD_RELEASED', other]].map(([kind, hold]) => ({ kind, from: before.retention.expiresAt, to: before.retention.expiresAt, hold: { id: hold } })));
  expect(after.auditEvents.nodes.slice(-4)).toMatchObject([{ action: 'placeHold', actor: 'olga', data: { hold: one, authority: 'District court 7 C 12/26' } }, { action: 'placeHold' }, { action: 'releaseHold', actor: 'stefan' }, { action: 'releaseHold' }]);
  expect((await hub.change('deleteArtifactPackage', remove, 'package { status }', operator)).package).toEqual({ status: 'DELETED' });
});

test('who may place does not release, and who releases does not delete', async () => {
  const id = await finalizedPackage(hub, 'transient');
  const { hold } = await place(id);
  await expect(release(hold.id, {}, operator)).rejects.toThrow('holds:release');
  await expect(release(hold.id, {}, maintainer)).rejects.toThrow('holds:release');
  await expect(hub.change('deleteArtifactPackage', { id, reason: 'x' }, 'package { id }', steward)).rejects.toThrow('artifacts:write');
  await expect(place(id, {}, author)).rejects.toThrow('FORBIDDEN');
  expect(codesOf(await refusals(hub, 'placeHold', { id, reason: ' ', authority: '' }, maintainer))).toEqual(['reason', 'authority', 'ROLE_REQUIRED']);
  expect((await release(hold.id, {}, as('system'))).errors).toEqual([]);
});

test('released is the end; a new hold is another one', async () => {
  const id = await finalizedPackage(hub, 'permanent-record');
  const { hold } = await place(id);
  expect(codesOf(await refusals(hub, 'releaseHold', { id: hold.id, reason: '' }, steward))).toEqual(['REASON_REQUIRED']);
  expect((await refusals(hub, 'releaseHold', { id: hold.id, reason: 'x', expectedVersion: 2 }, steward))[0]).toMatchObject({ __typename: 'VersionConflict' });
  await release(hold.id, { expectedVersion: 1 });
  expect(codesOf(await refusals(hub, 'releaseHold', { id: hold.id, reason: 'again' }, steward))).toEqual(['WRONG_STATE']);
  expect((await refusals(hub, 'releaseHold', { id, reason: 'x' }, steward))[0]).toMatchObject({ __typename: 'NotFound' });
  expect((await place(id)).hold.id).not.toBe(hold.id);
});

test('every package but a deleted one can be held, and one that never came to its end is not deleted while it is', async () => {
  const { package: open } = await hub.change('createArtifactPackage', { producer: 'tests', subject: 's', retentionClass: 'transient' }, 'package { id }', author);
  const { hold } = await place(open.id);
  expect(codesOf(await refusals(hub, 'deleteArtifactPackage', { id: open.id, reason: 'abandoned' }, author))).toEqual(['HELD']);
  await release(hold.id);
  await hub.change('deleteArtifactPackage', { id: open.id, reason: 'abandoned' }, 'package { id }', author);
  expect(codesOf(await refusals(hub, 'placeHold', { id: open.id, reason: 'x', authority: 'y' }))).toEqual(['WRONG_STATE']);
  expect((await refusals(hub, 'placeHold', { id: 'nothing', reason: 'x', authority: 'y' }))[0]).toMatchObject({ __typename: 'NotFound' });
});

test('a dry run places nothing, a retry nothing twice, an old version nothing at all', async () => {
  const id = await finalizedPackage(hub, 'transient');
  const before = await of(id);
  expect(await place(id, { dryRun: true })).toMatchObject({ errors: [], events: [], hold: { status: 'ACTIVE' } });
  expect(await of(id)).toEqual(before);
  const first = await place(id, { idempotencyKey: 'hold once' });
  expect((await place(id, { idempotencyKey: 'hold once' })).hold.id).toBe(first.hold.id);
  expect((await refusals(hub, 'placeHold', { id, reason: 'x', authority: 'y', expectedVersion: before.version }))[0]).toMatchObject({ __typename: 'VersionConflict' });
  expect((await of(id)).holds).toHaveLength(1);
});

test('holds and releases of one package at once do not wait for each other in a circle', async () => {
  const id = await finalizedPackage(hub, 'transient');
  const placed = await Promise.all(Array.from({ length: 20 }, () => place(id)));
  const answers = await Promise.all(placed.flatMap(({ hold }) => [release(hold.id), release(hold.id), place(id)]));
  expect(answers.filter(({ errors }) => errors.length > 0)).toHaveLength(20);
  expect((await of(id)).active).toHaveLength(20);
});
