import { heldClock } from '@hubgraph/kit/clock';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ArtifactsHub } from '../../../../test/harness/artifacts.ts';
import { author, codesOf, finalizedPackage, maintainer, operator, refusals, startHub } from './retention.fixture.ts';

const clock = heldClock('2026-03-02T10:00:00Z');
const DAY = 86_400_000;
const FIELDS = 'package { id status reason deletedAt deletedBy version manifestDigest fileCount byteCount history { verb from to note actor } }';
let hub: ArtifactsHub;
beforeAll(async () => {
  hub = await startHub(clock);
});
afterAll(() => hub[Symbol.asyncDispose]());

const remove = (id: string, more: object = {}, identity = operator) => hub.change('deleteArtifactPackage', { id, reason: 'its time is over', ...more }, FIELDS, identity);
const rows = async (id: string) => (await hub.database.sql.query<{ files: number; manifests: number }>('SELECT (SELECT count(*)::int FROM "ArtifactFile" WHERE "packageId" = $1::uuid) AS "files", (SELECT count(*)::int FROM "ArtifactManifest" WHERE "packageId" = $1::uuid) AS "manifests"', [id]))[0];

test('a package goes only by somebody, from the moment on that its retention ends; what it was stays', async () => {
  const id = await finalizedPackage(hub, 'transient');
  const { artifactPackage: before } = await hub.ask('query ($id: ID!) { artifactPackage(id: $id) { manifestDigest version } }', { id });
  clock.advance(30 * DAY - 1);
  expect(await refusals(hub, 'deleteArtifactPackage', { id, reason: 'x' })).toMatchObject([{ unmet: [{ code: 'NOT_EXPIRED', message: 'It is kept until 2026-04-01T10:00:00.000Z.' }] }]);
  clock.advance(1);
  expect(await remove(id, { dryRun: true })).toMatchObject({ errors: [], events: [], package: { status: 'DELETED' } });
  expect((await hub.ask('query ($id: ID!) { artifactPackage(id: $id) { status retention { eligible } } }', { id })).artifactPackage).toEqual({ status: 'FINALIZED', retention: { eligible: true } });
  expect(codesOf(await refusals(hub, 'deleteArtifactPackage', { id, reason: ' ' }, maintainer))).toEqual(['ROLE_REQUIRED', 'REASON_REQUIRED']);
  expect(await remove(id)).toMatchObject({
    errors: [], events: [{ type: 'org.artifactstore.package.deleted' }],
    package: { status: 'DELETED', reason: 'its time is over', deletedAt: '2026-04-01T10:00:00.000Z', deletedBy: 'olga', version: before.version + 1, manifestDigest: before.manifestDigest, fileCount: 1 },
  });
  expect(await rows(id)).toEqual({ files: 1, manifests: 1 });
  const { artifactPackage: after } = await hub.ask('query ($id: ID!) { artifactPackage(id: $id) { retention { eligible reasons } auditEvents(last: 1) { nodes { action actor data } } } }', { id });
  expect(after).toMatchObject({ retention: { eligible: false, reasons: ['It is deleted.'] }, auditEvents: { nodes: [{ action: 'deleteArtifactPackage', actor: 'olga', data: { from: 'FINALIZED', reason: 'its time is over', manifestDigest: before.manifestDigest, fileCount: 1 } }] } });
  expect(codesOf(await refusals(hub, 'deleteArtifactPackage', { id, reason: 'again' }))).toEqual(['WRONG_STATE']);
});

test('every reason comes at once', async () => {
  const [raw, permanent] = [await finalizedPackage(hub, 'raw-evidence'), await finalizedPackage(hub, 'permanent-record')];
  for (const id of [raw, permanent]) await hub.change('placeHold', { id, reason: 'a claim', authority: 'a court' }, 'hold { id }', operator);
  expect(codesOf(await refusals(hub, 'deleteArtifactPackage', { id: raw, reason: '' }, author))).toEqual(['ROLE_REQUIRED', 'REASON_REQUIRED', 'NOT_EXPIRED', 'HELD']);
  const codes = codesOf(await refusals(hub, 'deleteArtifactPackage', { id: permanent, reason: 'x'.repeat(50_001) }));
  expect(codes).toEqual(expect.arrayContaining(['reason', 'PERMANENT_RECORD', 'HELD']));
});

test('a package that never came to its end is abandoned by its producer, in time or not', async () => {
  const { package: open } = await hub.change('createArtifactPackage', { producer: 'tests', subject: 's', retentionClass: 'permanent-record' }, 'package { id }', author);
  expect(codesOf(await refusals(hub, 'deleteArtifactPackage', { id: open.id, reason: '' }, author))).toEqual(['REASON_REQUIRED']);
  expect(await remove(open.id, { reason: 'a wrong start' }, author)).toMatchObject({ package: { status: 'DELETED', reason: 'a wrong start', deletedBy: 'author', manifestDigest: null, history: [{}, { verb: 'deleteArtifactPackage', from: 'CREATED', to: 'DELETED' }] } });
});

test('of fifty who delete at once one does; the same call again gets its first answer', async () => {
  const id = await finalizedPackage(hub, 'transient');
  clock.advance(30 * DAY);
  const answers = await Promise.all(Array.from({ length: 50 }, () => remove(id)));
  expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
  expect(new Set(answers.flatMap(({ errors }) => errors.map(({ code }) => code)))).toEqual(new Set(['TRANSITION_REFUSED']));
  const counts = await hub.database.sql.query(`SELECT (SELECT count(*)::int FROM "outbox" WHERE "aggregate" = $1 AND "type" LIKE '%.deleted') AS "events", (SELECT count(*)::int FROM "AuditEvent" WHERE "packageId" = $2::uuid AND "action" = 'deleteArtifactPackage') AS "audited"`, [`artifactpackage/${id}`, id]);
  expect(counts).toEqual([{ events: 1, audited: 1 }]);

  const other = await finalizedPackage(hub, 'transient');
  clock.advance(30 * DAY);
  const first = await remove(other, { idempotencyKey: 'delete once' });
  expect(await remove(other, { idempotencyKey: 'delete once' })).toEqual(first);
  expect((await remove(id, { idempotencyKey: 'delete once' })).errors).toMatchObject([{ __typename: 'IdempotencyConflict' }]);
  expect((await remove(other, { expectedVersion: 1 })).errors).toMatchObject([{ __typename: 'VersionConflict' }]);
});

test('a hold and a deletion at once: whichever is first refuses the other', async () => {
  for (let round = 0; round < 10; round++) {
    const id = await finalizedPackage(hub, 'transient');
    clock.advance(30 * DAY);
    const [held, gone] = await Promise.all([hub.change('placeHold', { id, reason: 'a claim', authority: 'a court' }, 'hold { id }', operator), remove(id)]);
    expect([held, gone].filter(({ errors }) => errors.length === 0)).toHaveLength(1);
  }
});
