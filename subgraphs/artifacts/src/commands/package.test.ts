import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { startArtifactsHub, type ArtifactsHub } from '../../../../test/harness/artifacts.ts';
import { as } from '../../../../test/harness/hub.ts';
import { RETENTION_CLASSES } from '../model.ts';
import { putFiles } from './package.fixture.ts';

let hub: ArtifactsHub;
const clock = heldClock('2026-03-02T10:00:00Z');
const [author, system, viewer] = [as('author'), as('system'), as('viewer')];
const FIELDS = `package { id status version producer subject metadata metadataSchema { key } sourceCommits { repo { slug } commit } domain { slug } repo { slug } workstream { code } task { code } service { slug }
  claimedManifestDigest manifestDigest fileCount byteCount reason createdBy createdAt updatedAt failedAt progressAt history { verb from to note actor } allowedTransitions { verb to allowed unmet { code } } }`;
const BASE = { producer: 'guide-board', subject: 'Release 3.1 of the warehouse', retentionClass: 'raw-evidence' };
const SHA = 'a'.repeat(40);
const DIGEST = `blake3:${'d'.repeat(64)}`;

beforeAll(async () => {
  hub = await startArtifactsHub({ clock });
});
afterAll(() => hub[Symbol.asyncDispose]());

async function made(input: object = {}): Promise<string> {
  const answer = await hub.change('createArtifactPackage', { ...BASE, ...input }, 'package { id }', author);
  expect(answer.errors).toEqual([]);
  return answer.package.id;
}
const query = <Row = Record<string, any>>(text: string, ...params: unknown[]) => hub.database.sql.query<Row>(text, params);
const paths = (errors: readonly { path: readonly string[] }[]) => errors.map(({ path }) => path.slice(1).join('.'));
const refusal = (verb: string, input: object, identity = author) =>
  hub.ask(`mutation ($input: ${verb[0]!.toUpperCase()}${verb.slice(1)}Input!) { ${verb}(input: $input) { package { id } errors { __typename code message ... on TransitionRefused { from to verb allowed { verb allowed } unmet { code message refs } } } } }`, { input }, identity).then((data) => data[verb].errors[0]);

describe('creating', () => {
  it('keeps what is given and tells of it', async () => {
    const input = {
      ...BASE, domain: 'infotech', repo: 'warehouse', workstream: 'CUST-WP-0025', task: 'CUST-WP-0025-T03', service: 'shop', metadata: { b: [1, 2.5, null], a: 'ä' }, metadataSchema: 'guide-board.run.v1', claimedManifestDigest: DIGEST,
      sourceCommits: [{ repo: 'warehouse', commit: SHA }, { repo: 'constructor', commit: 'b'.repeat(64) }],
    };
    const answer = await hub.change('createArtifactPackage', input, FIELDS, author);
    expect(answer).toMatchObject({
      errors: [], events: [{ type: 'org.artifactstore.package.created' }],
      package: {
        status: 'CREATED', version: 1, producer: BASE.producer, subject: BASE.subject, domain: { slug: 'infotech' }, repo: { slug: 'warehouse' }, workstream: { code: 'CUST-WP-0025' }, task: { code: 'CUST-WP-0025-T03' }, service: { slug: 'shop' },
        metadata: { a: 'ä', b: [1, 2.5, null] }, metadataSchema: { key: 'guide-board.run.v1' }, claimedManifestDigest: DIGEST, manifestDigest: null, fileCount: 0, byteCount: 0, createdBy: 'author',
        sourceCommits: [{ repo: { slug: 'constructor' }, commit: 'b'.repeat(64) }, { repo: { slug: 'warehouse' }, commit: SHA }],
        history: [{ verb: 'createArtifactPackage', from: null, to: 'CREATED', note: null, actor: 'author' }],
      },
    });
    const { id } = answer.package;
    const [row] = await query(`SELECT "event" FROM "outbox" WHERE "eventId" = $1::uuid`, answer.events[0]!.id);
    expect(row!.event).toMatchObject({ domain: 'infotech', subject: `artifactpackage/${id}`, data: { id, from: null, to: 'CREATED', producer: BASE.producer, repo: 'warehouse', workstream: 'CUST-WP-0025', task: 'CUST-WP-0025-T03', service: 'shop', retentionClass: 'raw-evidence', expiresAt: '2027-03-02T10:00:00.000Z', byteCount: 0 } });
    const [audited] = await query(`SELECT "action", "actor", "data" FROM "AuditEvent" WHERE "packageId" = $1::uuid`, id);
    expect(audited).toMatchObject({ action: 'createArtifactPackage', actor: 'author', data: { retentionClass: 'raw-evidence', expiresAt: '2027-03-02T10:00:00.000Z' } });
  });

  it.each([['transient', '2026-04-01'], ['raw-evidence', '2027-03-02'], ['summary-evidence', '2029-03-01'], ['release-evidence', '2033-02-28'], ['permanent-record', null]])('keeps %s until %s', async (retentionClass, day) => {
    const id = await made({ retentionClass });
    const [row] = await query(`SELECT p."expiresAt", e."kind", e."fromDate", e."toDate", e."reason", e."actor" FROM "ArtifactPackage" p JOIN "RetentionEvent" e ON e."packageId" = p."id" WHERE p."id" = $1::uuid`, id);
    const until = day === null ? null : new Date(`${day}T10:00:00Z`);
    expect(row).toMatchObject({ expiresAt: until, kind: 'DEFAULTED', fromDate: null, toDate: until, actor: 'author', reason: expect.stringContaining(retentionClass) });
  });

  it('refuses every wrong field at once', async () => {
    const answer = await hub.change('createArtifactPackage', {
      producer: ' ', subject: 'x'.repeat(501), retentionClass: 'for-ever', domain: 'No Domain', repo: 'A', service: '../x', workstream: 'x', task: 'CUST-WP-0025', metadata: [], metadataSchema: 'nothing.v1',
      sourceCommits: [{ repo: 'Shop', commit: SHA }, { repo: 'shop', commit: SHA.slice(1) }, { repo: 'shop', commit: SHA.toUpperCase() }],
    }, FIELDS, author);
    expect(answer.package).toBeNull();
    expect(paths(answer.errors)).toEqual(['producer', 'subject', 'domain', 'repo', 'service', 'workstream', 'task', 'sourceCommits.0.repo', 'sourceCommits.1.commit', 'sourceCommits.2.repo', 'sourceCommits.2.commit', 'metadata', 'retentionClass', 'metadataSchema']);
    expect(answer.errors.at(-1)).toMatchObject({ __typename: 'NotFound' });
    expect(answer.errors.at(-2)!.message).toContain(RETENTION_CLASSES.join(', '));
    await expect(hub.change('createArtifactPackage', BASE, FIELDS, viewer)).rejects.toThrow('artifacts:write');
  });

  it.each<[string, unknown, string]>([
    ['too large', { text: 'ä'.repeat(33_000) }, '65536 bytes'], ['too deep', Array.from({ length: 40 }).reduce<object>((inner) => ({ inner }), {}), 'levels deep'], ['with a number that is rounded', { a: [2 ** 53] }, '/a/0'],
    ['a text', 'text', 'an object'],
  ])('refuses metadata that are %s', async (_name, metadata, message) => {
    const answer = await hub.change('createArtifactPackage', { ...BASE, metadata }, FIELDS, author);
    expect(answer.errors).toMatchObject([{ __typename: 'InvalidInput', path: ['input', 'metadata'], message: expect.stringContaining(message) }]);
  });

  it('tries without writing, and once under one key', async () => {
    const count = async () => (await query(`SELECT (SELECT count(*)::int FROM "ArtifactPackage") AS "packages", (SELECT count(*)::int FROM "RetentionEvent") AS "retention", (SELECT count(*)::int FROM "outbox") AS "events", (SELECT "sequence" FROM "AuditHead") AS "audit"`))[0];
    const before = await count();
    expect(await hub.change('createArtifactPackage', { ...BASE, dryRun: true }, FIELDS, author)).toMatchObject({ package: { status: 'CREATED' }, errors: [], events: [] });
    expect(await count()).toEqual(before);
    const keyed = { ...BASE, idempotencyKey: 'once', metadata: { $a: 1 } };
    const answers = await Promise.all([1, 2, 3, 4].map(() => hub.change('createArtifactPackage', keyed, FIELDS, author)));
    expect(new Set(answers.map((answer) => answer.package.id)).size).toBe(1);
    expect(answers.every((answer) => JSON.stringify(answer.package.metadata) === '{"$a":1}')).toBe(true);
    expect((await count())!.packages).toBe(before!.packages + 1);
    expect((await hub.change('createArtifactPackage', { ...keyed, subject: 'other' }, FIELDS, author)).errors).toMatchObject([{ __typename: 'IdempotencyConflict' }]);
  });
});

describe('updating', () => {
  it('changes what is given, clears by null, and does nothing when nothing changes', async () => {
    const id = await made({ repo: 'warehouse', service: 'shop', metadata: { zebra: 1, a: { d: 1, c: -0 } }, sourceCommits: [{ repo: 'zoo', commit: SHA }, { repo: 'ant', commit: SHA }] });
    const same = { id, repo: 'warehouse', metadata: { a: { c: 0, d: 1 }, zebra: 1 }, sourceCommits: [{ repo: 'ant', commit: SHA }, { repo: 'zoo', commit: SHA }], producer: BASE.producer };
    expect(await hub.change('updateArtifactPackage', same, FIELDS, author)).toMatchObject({ package: { version: 1 }, errors: [], events: [] });
    const answer = await hub.change('updateArtifactPackage', { id, service: null, task: 'CUST-WP-0025-T03', metadata: { zebra: 2 }, sourceCommits: null, metadataSchema: 'guide-board.run.v1', subject: 'Other' }, FIELDS, author);
    expect(answer).toMatchObject({ package: { version: 2, service: null, repo: { slug: 'warehouse' }, task: { code: 'CUST-WP-0025-T03' }, metadata: { zebra: 2 }, sourceCommits: [], subject: 'Other', history: [{}] }, events: [{ type: 'org.artifactstore.package.updated' }] });
    expect(paths((await hub.change('updateArtifactPackage', { id, producer: null, repo: 'X', metadataSchema: 'no.v1' }, FIELDS, author)).errors)).toEqual(['producer', 'repo', 'metadataSchema']);
    expect((await hub.change('updateArtifactPackage', { id, subject: 'x', expectedVersion: 1 }, FIELDS, author)).errors).toMatchObject([{ __typename: 'VersionConflict' }]);
    expect((await hub.change('updateArtifactPackage', { id: 'nothing' }, FIELDS, author)).errors).toMatchObject([{ __typename: 'NotFound' }]);
    const actions = await query(`SELECT "action", "data" FROM "AuditEvent" WHERE "packageId" = $1::uuid ORDER BY "sequence"`, id);
    expect(actions).toMatchObject([{ action: 'createArtifactPackage' }, { action: 'updateArtifactPackage', data: { service: null, subject: 'Other', changed: ['metadata', 'metadataSchemaKey', 'service', 'sourceCommits', 'subject', 'task'] } }]);
    expect(actions[1]!.data).not.toHaveProperty('metadata');
  });

  it('is refused once it is finalized, with what is possible then', async () => {
    const id = await made();
    await putFiles(hub, id, { 'a.txt': 'a' });
    await hub.change('finalizeArtifactPackage', { id }, FIELDS, author);
    expect(await refusal('updateArtifactPackage', { id, subject: 'x' })).toMatchObject({ __typename: 'TransitionRefused', from: 'FINALIZED', to: null, unmet: [{ code: 'WRONG_STATE' }], allowed: [{ verb: 'deleteArtifactPackage' }, { verb: 'extendRetention' }, { verb: 'shortenRetention' }] });
  });
});

describe('failing and resuming', () => {
  it('is for the system, with a reason, and resumes within a day', async () => {
    const id = await made();
    expect(await refusal('failArtifactPackage', { id, reason: 'x' })).toMatchObject({ from: 'CREATED', to: 'FAILED', unmet: [{ code: 'ROLE_REQUIRED' }] });
    expect(await refusal('failArtifactPackage', { id, reason: ' ' }, system)).toMatchObject({ unmet: [{ code: 'REASON_REQUIRED' }] });
    const failed = await hub.change('failArtifactPackage', { id, reason: 'The disk is full.' }, FIELDS, system);
    expect(failed).toMatchObject({ package: { status: 'FAILED', version: 2, reason: 'The disk is full.', failedAt: '2026-03-02T10:00:00.000Z', history: [{}, { verb: 'failArtifactPackage', note: 'The disk is full.' }] }, events: [{ type: 'org.artifactstore.package.failed' }] });
    expect(failed.package.allowedTransitions.map((move: any) => [move.verb, move.allowed])).toEqual([['resumeArtifactPackage', true], ['deleteArtifactPackage', true]]);
    expect(await refusal('finalizeArtifactPackage', { id })).toMatchObject({ from: 'FAILED', to: null, unmet: [{ code: 'WRONG_STATE' }] });
    clock.advance(86_400_000 - 1);
    expect(await hub.change('resumeArtifactPackage', { id, reason: 'space was made' }, FIELDS, author)).toMatchObject({ package: { status: 'UPLOADING', reason: null, failedAt: null, progressAt: '2026-03-03T09:59:59.999Z', history: [{}, {}, { from: 'FAILED', to: 'UPLOADING', note: 'space was made' }] }, events: [{ type: 'org.artifactstore.package.uploading' }] });
    await hub.change('failArtifactPackage', { id, reason: 'again' }, FIELDS, system);
    clock.advance(86_400_000);
    expect(await refusal('resumeArtifactPackage', { id })).toMatchObject({ unmet: [{ code: 'RESUME_TOO_LATE' }] });
    expect((await hub.change('resumeArtifactPackage', { id, expectedVersion: 3 }, FIELDS, author)).errors).toMatchObject([{ __typename: 'VersionConflict' }]);
  });
});

it('has no more bytes than numbers can tell', async () => {
  const id = await made();
  const most = 1024 ** 4;
  const announce = (from: number) => hub.change('requestUpload', { packageId: id, files: Array.from({ length: 1_000 }, (_, index) => ({ path: `${from + index}`, size: most })) }, 'package { fileCount byteCount }', author);
  for (let from = 0; from < 8_000; from += 1_000) expect((await announce(from)).errors).toEqual([]);
  expect(await announce(8_000)).toMatchObject({ package: null, errors: [{ path: ['input', 'files'], message: expect.stringContaining('9007199254740991') }] });
});
