import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { startArtifactsHub, type ArtifactsHub } from '../../../../test/harness/artifacts.ts';
import { as } from '../../../../test/harness/hub.ts';
import { decodeManifest, encodeManifest, manifestDigest } from '../content/manifest.ts';
import { putFiles } from './package.fixture.ts';

let hub: ArtifactsHub;
const clock = heldClock('2026-03-02T10:00:00Z');
const author = as('author');
const FIELDS = 'package { id status version manifestDigest fileCount byteCount finalizedAt history { verb to evidence } }';
const BASE = { producer: 'guide-board', subject: 'Release 3.1', retentionClass: 'raw-evidence' };
const RUN = {
  run_id: 'r-1', target_profile_ref: 'warehouse', assessment_profile_ref: 'release-gate', result_status: 'passed', source_commits: { warehouse: 'a'.repeat(40) }, report_paths: ['reports/a.json'], evidence_counts: { log: 2 }, finding_counts: {},
};
const CONTENTS = { 'reports/a.json': '{}', 'a.txt': 'a', 'ä.txt': 'ä', 'b/Z.txt': '', 'z.txt': 'the end' };

beforeAll(async () => {
  hub = await startArtifactsHub({ clock });
});
afterAll(() => hub[Symbol.asyncDispose]());

async function made(input: object = {}, on = hub): Promise<string> {
  const answer = await on.change('createArtifactPackage', { ...BASE, ...input }, 'package { id }', author);
  expect(answer.errors).toEqual([]);
  return answer.package.id;
}
const finalize = (id: string, more: object = {}, on = hub) => on.change('finalizeArtifactPackage', { id, ...more }, FIELDS, author);
const unmet = async (id: string) => {
  const answer = await hub.ask('mutation ($input: FinalizeArtifactPackageInput!) { finalizeArtifactPackage(input: $input) { errors { ... on TransitionRefused { from to unmet { code message refs } } } } }', { input: { id } }, author);
  return answer.finalizeArtifactPackage.errors[0].unmet;
};
const query = <Row = Record<string, any>>(text: string, ...params: unknown[]) => hub.database.sql.query<Row>(text, params);

describe('a package that lacks something', () => {
  it('is told everything at once', async () => {
    const id = await made({ metadataSchema: 'guide-board.run.v1', metadata: { run_id: 7, more: 1 } });
    expect((await unmet(id)).map((rule: any) => rule.code)).toEqual(['FILES_REQUIRED', ...Array.from({ length: 9 }, () => 'METADATA_INVALID')]);
    await putFiles(hub, id, { 'a.txt': 'a' });
    await putFiles(hub, id, Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`late/${String(index).padStart(3, '0')}`, 'x'])), 'PENDING');
    const rules = await unmet(id);
    expect(rules[0]).toMatchObject({ code: 'FILES_INCOMPLETE', message: '120 of 121 files are not complete.' });
    expect(rules[0].refs).toHaveLength(100);
    expect(rules[0].refs[0]).toBe('late/000');
    expect(rules.slice(1).some((rule: any) => rule.message.includes('/run_id'))).toBe(true);
    const { artifactPackage } = await hub.ask('query ($id: ID!) { artifactPackage(id: $id) { allowedTransitions { verb allowed unmet { code } } } }', { id }, as('viewer'));
    expect(artifactPackage.allowedTransitions.find((move: any) => move.verb === 'finalizeArtifactPackage').unmet.map((rule: any) => rule.code)).toEqual(['ROLE_REQUIRED', 'FILES_INCOMPLETE', ...rules.slice(1).map((rule: any) => rule.code)]);
  });

  it('of another content than was claimed names both digests, beside what else is wrong, and may be corrected', async () => {
    const claimed = `blake3:${'c'.repeat(64)}`;
    const id = await made({ claimedManifestDigest: claimed, metadataSchema: 'guide-board.run.v1', metadata: {} });
    await putFiles(hub, id, CONTENTS);
    expect((await unmet(id)).map((rule: any) => rule.code)).toEqual([...Array.from({ length: 8 }, () => 'METADATA_INVALID'), 'DIGEST_MISMATCH']);
    await hub.change('updateArtifactPackage', { id, metadata: RUN }, 'package { id }', author);
    const [rule] = await unmet(id);
    const actual = /blake3:[0-9a-f]{64}/.exec(rule.message)![0];
    expect(rule.message).toBe(`The manifest digest is ${actual}; ${claimed} was claimed.`);
    await hub.change('updateArtifactPackage', { id, claimedManifestDigest: actual }, 'package { id }', author);
    expect(await finalize(id)).toMatchObject({ package: { manifestDigest: actual }, errors: [] });
  });
});

describe('a complete package', () => {
  it('is finalized with its manifest, dates and records', async () => {
    const id = await made({ metadata: { note: 'x' }, repo: 'warehouse' });
    await putFiles(hub, id, CONTENTS);
    clock.advance(3_600_000);
    expect(await finalize(id, { dryRun: true })).toMatchObject({ package: { status: 'FINALIZED' }, events: [] });
    expect(await query(`SELECT 1 FROM "ArtifactManifest" WHERE "packageId" = $1::uuid`, id)).toEqual([]);
    const answer = await finalize(id, { idempotencyKey: 'f' });
    expect(answer).toMatchObject({ package: { status: 'FINALIZED', version: 2, fileCount: 5, byteCount: 12, finalizedAt: clock.now().toISOString(), history: [{}, { to: 'FINALIZED', evidence: [answer.package.manifestDigest] }] }, errors: [], events: [{ type: 'org.artifactstore.package.finalized' }] });
    expect(await finalize(id, { idempotencyKey: 'f' })).toMatchObject({ package: answer.package, events: answer.events });

    const [{ bytes }] = (await query(`SELECT "bytes" FROM "ArtifactManifest" WHERE "packageId" = $1::uuid`, id)) as [{ bytes: Uint8Array }];
    expect(manifestDigest(bytes)).toBe(answer.package.manifestDigest);
    const manifest = decodeManifest(bytes);
    expect(manifest).toMatchObject({ schema: null, metadata: { note: 'x' } });
    expect(manifest.files.map((file) => file.path)).toEqual(['a.txt', 'b/Z.txt', 'reports/a.json', 'z.txt', 'ä.txt']);
    expect(manifestDigest(encodeManifest(manifest))).toBe(answer.package.manifestDigest);

    const events = await query(`SELECT "kind", "fromDate", "toDate", "reason" FROM "RetentionEvent" WHERE "packageId" = $1::uuid ORDER BY "at", "id"`, id);
    expect(events).toMatchObject([{ kind: 'DEFAULTED' }, { kind: 'DEFAULTED', fromDate: events[0]!.toDate, toDate: new Date(clock.now().getTime() + 365 * 86_400_000), reason: expect.stringContaining('finalizing') }]);
    const [event] = await query(`SELECT "event" FROM "outbox" WHERE "eventId" = $1::uuid`, answer.events[0]!.id);
    expect(event!.event.data).toMatchObject({ from: 'UPLOADING', to: 'FINALIZED', manifestDigest: answer.package.manifestDigest, fileCount: 5, byteCount: 12, repo: 'warehouse', expiresAt: events[1]!.toDate.toISOString() });
    const [audited] = await query(`SELECT "data" FROM "AuditEvent" WHERE "packageId" = $1::uuid ORDER BY "sequence" DESC LIMIT 1`, id);
    expect(audited!.data).toMatchObject({ manifestDigest: answer.package.manifestDigest, fileCount: 5, byteCount: 12 });
  });

  it('is finalized once, whoever else tries at the same time', async () => {
    const id = await made();
    await putFiles(hub, id, CONTENTS);
    const answers = await Promise.all(Array.from({ length: 12 }, () => finalize(id)));
    expect(answers.flatMap((answer) => answer.events)).toHaveLength(1);
    expect(answers.flatMap((answer) => answer.errors.map((error) => error.__typename))).toEqual(Array.from({ length: 11 }, () => 'TransitionRefused'));
    const other = await made();
    await putFiles(hub, other, CONTENTS);
    const versioned = await Promise.all(Array.from({ length: 12 }, () => finalize(other, { expectedVersion: 1 })));
    expect(versioned.flatMap((answer) => answer.errors.map((error) => error.__typename))).toEqual(Array.from({ length: 11 }, () => 'VersionConflict'));
  });

  it('uses its schema, which cannot change from then on', async () => {
    const register = (schema: object, more: object = {}) => hub.change('registerMetadataSchema', { key: 'tests.note.v1', schema, ...more }, 'schema { usedAt }', author);
    expect((await register({ type: 'object' })).schema).toEqual({ usedAt: null });
    const id = await made({ metadataSchema: 'tests.note.v1' });
    await putFiles(hub, id, { 'a.txt': 'a' });
    expect((await register({ type: 'object', required: ['note'] }, { replace: true })).errors).toEqual([]);
    expect(await unmet(id)).toMatchObject([{ code: 'METADATA_INVALID' }]);
    await hub.change('updateArtifactPackage', { id, metadata: { note: 'x' } }, 'package { id }', author);
    // whichever comes first, what the package was judged by is what stays
    const [finalized, replaced] = await Promise.all([finalize(id), register({ type: 'object', maxProperties: 9 }, { replace: true })]);
    expect(finalized.errors).toEqual([]);
    const [row] = await query(`SELECT "schema", "usedAt" FROM "MetadataSchema" WHERE "key" = 'tests.note.v1'`);
    expect(row).toMatchObject({ usedAt: clock.now(), schema: replaced.errors.length === 0 ? { maxProperties: 9 } : { required: ['note'] } });
    expect((await register({ type: 'object' }, { replace: true })).errors).toMatchObject([{ __typename: 'Duplicate', message: expect.stringContaining('tests.note.v2') }]);
  });
});

it('gives the same digest for the same content in another database, whatever the order of files and keys', async () => {
  const [one, other] = await Promise.all([startArtifactsHub({ clock }), startArtifactsHub({ clock: heldClock('2027-01-01T00:00:00Z') })]);
  try {
    const reversed = <Value>(of: Readonly<Record<string, Value>>) => Object.fromEntries(Object.entries(of).reverse());
    await made({}, other);
    const ids = [await made({ metadataSchema: 'guide-board.run.v1', metadata: RUN }, one), await made({ metadataSchema: 'guide-board.run.v1', metadata: reversed(RUN), producer: 'someone else', retentionClass: 'transient', workstream: 'CUST-WP-0025' }, other)] as const;
    await putFiles(one, ids[0], CONTENTS);
    await putFiles(other, ids[1], reversed(CONTENTS));
    const [first, second] = await Promise.all([finalize(ids[0], {}, one), finalize(ids[1], {}, other)]);
    expect(first.package.manifestDigest).toMatch(/^blake3:[0-9a-f]{64}$/);
    expect(second.package.manifestDigest).toBe(first.package.manifestDigest);
  } finally {
    await Promise.all([one[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
  }
});

it('finalizes 20,000 files well within the 30 seconds of a transaction', async () => {
  const id = await made();
  await putFiles(hub, id, Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`raw/${index % 100}/observation-${index}.json`, `{"n":${index}}`])));
  const began = performance.now();
  const answer = await finalize(id);
  expect(answer).toMatchObject({ package: { fileCount: 20_000 }, errors: [] });
  expect(performance.now() - began).toBeLessThan(25_000);
});
