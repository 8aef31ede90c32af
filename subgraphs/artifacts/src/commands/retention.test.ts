import { heldClock } from '@hubgraph/kit/clock';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ArtifactsHub } from '../../../../test/harness/artifacts.ts';
import { author, codesOf, finalizedPackage, maintainer, operator, refusals, startHub, steward, viewer } from './retention.fixture.ts';

const clock = heldClock('2026-03-02T10:00:00Z');
const FIELDS = 'package { id version status retention { class rule { days } expiresAt eligible reasons } retentionEvents { kind from to reason actor at hold { id } } }';
let hub: ArtifactsHub;
beforeAll(async () => {
  hub = await startHub(clock);
});
afterAll(() => hub[Symbol.asyncDispose]());

const extend = (id: string, until: string, more: object = {}, identity = author) => hub.change('extendRetention', { id, until, reason: 'still in use', ...more }, FIELDS, identity);
const shorten = (id: string, until: string, more: object = {}, identity = steward) => hub.change('shortenRetention', { id, until, reason: 'no longer needed', ...more }, FIELDS, identity);
const of = async (id: string) => (await hub.ask(`query ($id: ID!) { artifactPackage(id: $id) { version ${FIELDS.slice(10, -2)} history { verb from to note actor } auditEvents { nodes { action actor data } } } }`, { id })).artifactPackage;

test('the classes are those of the organisation, the shortest first', async () => {
  const { retentionClasses } = await hub.ask('{ retentionClasses { slug days shortenable } }', {}, viewer);
  expect(retentionClasses).toEqual([
    { slug: 'transient', days: 30, shortenable: true }, { slug: 'raw-evidence', days: 365, shortenable: true }, { slug: 'summary-evidence', days: 1095, shortenable: true },
    { slug: 'release-evidence', days: 2555, shortenable: false }, { slug: 'permanent-record', days: null, shortenable: false },
  ]);
});

test('extending changes the date and nothing else, and is written down thrice', async () => {
  const id = await finalizedPackage(hub, 'raw-evidence');
  const before = await of(id);
  expect(before.retention).toEqual({ class: 'raw-evidence', rule: { days: 365 }, expiresAt: '2027-03-02T10:00:00.000Z', eligible: false, reasons: ['It is kept until 2027-03-02T10:00:00.000Z.'] });
  const files = await hub.database.sql.query('SELECT * FROM "ArtifactFile" WHERE "packageId" = $1::uuid', [id]);
  // none of its bytes is anywhere, so nothing can have been asked of the storage
  const answer = await extend(id, '2030-01-01T00:00:00Z');
  expect(answer).toMatchObject({
    errors: [], events: [{ type: 'org.artifactstore.retention.extended' }],
    package: { id, version: before.version + 1, status: 'FINALIZED', retention: { expiresAt: '2030-01-01T00:00:00.000Z', eligible: false }, retentionEvents: [{ kind: 'DEFAULTED' }, { kind: 'DEFAULTED' }, { kind: 'EXTENDED', from: '2027-03-02T10:00:00.000Z', to: '2030-01-01T00:00:00.000Z', reason: 'still in use', actor: 'author', hold: null }] },
  });
  const after = await of(id);
  expect(after.history.at(-1)).toEqual({ verb: 'extendRetention', from: 'FINALIZED', to: 'FINALIZED', note: 'still in use', actor: 'author' });
  expect(after.auditEvents.nodes.at(-1)).toEqual({ action: 'extendRetention', actor: 'author', data: { from: '2027-03-02T10:00:00.000Z', to: '2030-01-01T00:00:00.000Z', reason: 'still in use' } });
  expect(await hub.database.sql.query('SELECT * FROM "ArtifactFile" WHERE "packageId" = $1::uuid', [id])).toEqual(files);
  const [event] = await hub.database.sql.query<{ event: { data: object } }>(`SELECT "event" FROM "outbox" WHERE "type" = 'org.artifactstore.retention.extended' AND "aggregate" = $1`, [`artifactpackage/${id}`]);
  expect(event!.event.data).toMatchObject({ id, from: 'FINALIZED', to: 'FINALIZED', expiresAt: '2030-01-01T00:00:00.000Z', reason: 'still in use' });
});

test('shortening is for stewards, to a date between now and the present one', async () => {
  const id = await finalizedPackage(hub, 'summary-evidence');
  expect(codesOf(await refusals(hub, 'shortenRetention', { id, until: '2026-04-01T00:00:00Z', reason: 'x' }, maintainer))).toEqual(['ROLE_REQUIRED']);
  expect(codesOf(await refusals(hub, 'shortenRetention', { id, until: '2026-03-02T09:59:59.999Z', reason: 'x' }, steward))).toEqual(['EARLIER_DATE_REQUIRED']);
  expect(codesOf(await refusals(hub, 'shortenRetention', { id, until: '2030-04-01T00:00:00Z', reason: 'x' }, steward))).toEqual(['EARLIER_DATE_REQUIRED']);
  expect(await shorten(id, '2026-03-02T10:00:00Z')).toMatchObject({
    errors: [], events: [{ type: 'org.artifactstore.retention.shortened' }], package: { retention: { expiresAt: '2026-03-02T10:00:00.000Z', eligible: true, reasons: [] }, retentionEvents: [{}, {}, { kind: 'SHORTENED', actor: 'stefan' }] },
  });
});

test('release evidence and permanent records are never shortened, a permanent record never extended; every reason comes at once', async () => {
  const [release, permanent] = [await finalizedPackage(hub, 'release-evidence'), await finalizedPackage(hub, 'permanent-record')];
  expect(codesOf(await refusals(hub, 'shortenRetention', { id: release, until: '2027-01-01T00:00:00Z', reason: 'x' }, steward))).toEqual(['CLASS_FIXED']);
  expect(codesOf(await refusals(hub, 'shortenRetention', { id: release, until: '2020-01-01T00:00:00Z', reason: ' ' }, maintainer))).toEqual(['ROLE_REQUIRED', 'REASON_REQUIRED', 'CLASS_FIXED', 'EARLIER_DATE_REQUIRED']);
  expect(codesOf(await refusals(hub, 'shortenRetention', { id: permanent, until: '2027-01-01T00:00:00Z', reason: 'x' }, steward))).toEqual(['CLASS_FIXED']);
  expect(codesOf(await refusals(hub, 'extendRetention', { id: permanent, until: '2099-01-01T00:00:00Z', reason: '' }))).toEqual(['REASON_REQUIRED', 'PERMANENT_RECORD', 'LATER_DATE_REQUIRED']);
  expect((await of(permanent)).retention).toMatchObject({ class: 'permanent-record', rule: { days: null }, expiresAt: null, eligible: false, reasons: [expect.stringContaining('permanent record')] });
  expect(codesOf(await refusals(hub, 'extendRetention', { id: release, until: '9999-12-31T23:59:59-12:00', reason: 'x'.repeat(50_001) }))).toEqual(['reason', 'until']);
});

test('only finalized packages have a retention to change, and only those who may change it', async () => {
  const { package: open } = await hub.change('createArtifactPackage', { producer: 'tests', subject: 's', retentionClass: 'transient' }, 'package { id retention { eligible reasons } }', author);
  expect(open.retention).toEqual({ eligible: false, reasons: [expect.stringContaining('CREATED'), 'It is kept until 2026-04-01T10:00:00.000Z.'] });
  expect(codesOf(await refusals(hub, 'extendRetention', { id: open.id, until: '2030-01-01T00:00:00Z', reason: 'x' }))).toEqual(['WRONG_STATE']);
  expect((await refusals(hub, 'extendRetention', { id: 'nothing', until: '2030-01-01T00:00:00Z', reason: 'x' }))[0]).toMatchObject({ __typename: 'NotFound', path: ['input', 'id'] });
  await expect(extend(open.id, '2030-01-01T00:00:00Z', {}, viewer)).rejects.toThrow('FORBIDDEN');
  await expect(shorten(open.id, '2030-01-01T00:00:00Z', {}, author)).rejects.toThrow('FORBIDDEN');
});

test('a dry run writes nothing, a retry nothing twice, an old version nothing at all', async () => {
  const id = await finalizedPackage(hub, 'transient');
  const before = await of(id);
  expect(await extend(id, '2027-01-01T00:00:00Z', { dryRun: true })).toMatchObject({ errors: [], events: [] });
  expect(await of(id)).toEqual(before);
  expect((await refusals(hub, 'extendRetention', { id, until: '2027-01-01T00:00:00Z', reason: 'x', expectedVersion: before.version + 5 }))[0]).toMatchObject({ __typename: 'VersionConflict' });
  const first = await extend(id, '2027-01-01T00:00:00Z', { idempotencyKey: 'extend once', expectedVersion: before.version });
  const again = await extend(id, '2027-01-01T00:00:00Z', { idempotencyKey: 'extend once', expectedVersion: before.version });
  expect(again).toEqual(first);
  expect((await extend(id, '2028-01-01T00:00:00Z', { idempotencyKey: 'extend once' })).errors).toMatchObject([{ __typename: 'IdempotencyConflict' }]);
  expect(await of(id)).toMatchObject({ version: before.version + 1, retentionEvents: [{}, {}, { kind: 'EXTENDED' }] });
});

test('of thirty who extend from one version at once, one wins', async () => {
  const id = await finalizedPackage(hub, 'transient');
  const { version } = await of(id);
  const answers = await Promise.all(Array.from({ length: 30 }, (_, index) => extend(id, `2027-01-${String(index + 1).padStart(2, '0')}T00:00:00Z`, { expectedVersion: version }, operator)));
  expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
  expect(new Set(answers.flatMap(({ errors }) => errors.map(({ __typename }) => __typename)))).toEqual(new Set(['VersionConflict']));
  expect(await of(id)).toMatchObject({ version: version + 1, retentionEvents: [{}, {}, {}] });
});
