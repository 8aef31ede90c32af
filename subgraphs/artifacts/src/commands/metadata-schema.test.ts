import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { startArtifactsHub, type ArtifactsHub } from '../../../../test/harness/artifacts.ts';
import { as } from '../../../../test/harness/hub.ts';
import { GUIDE_BOARD_RUN_V1 } from '../content/guide-board.ts';
import { schemaProblems } from '../content/metadata.ts';

let hub: ArtifactsHub;
const [author, operator, viewer] = [as('author'), as('operator'), as('viewer')];
const FIELDS = 'schema { id key name number schema description createdBy createdAt usedAt }';
const register = (key: string, schema: unknown, more: object = {}, identity = author) => hub.change('registerMetadataSchema', { key, schema, ...more }, FIELDS, identity);
const audited = async () => (await hub.database.sql.query<{ data: any }>(`SELECT "data" FROM "AuditEvent" WHERE "action" = 'registerMetadataSchema' ORDER BY "sequence"`)).map(({ data }) => data);

beforeAll(async () => {
  hub = await startArtifactsHub({ clock: heldClock('2026-03-02T10:00:00Z') });
});
afterAll(() => hub[Symbol.asyncDispose]());

describe('registering', () => {
  it('keeps a schema, and the same again is no change', async () => {
    const document = { type: 'object', properties: { zebra: { type: 'string' }, a: { $ref: '#/$defs/a' } }, $defs: { a: { type: 'integer' } } };
    const first = await register('tests.note.v1', document, { description: 'A note' });
    expect(first).toMatchObject({ schema: { key: 'tests.note.v1', name: 'tests.note', number: 1, schema: document, description: 'A note', createdBy: 'author', createdAt: '2026-03-02T10:00:00.000Z', usedAt: null }, errors: [], events: [] });
    const again = await register('tests.note.v1', { $defs: document.$defs, properties: document.properties, type: 'object' }, { description: 'A note' }, operator);
    expect(again.schema).toEqual(first.schema);
    expect(await audited()).toEqual([{ key: 'tests.note.v1', id: first.schema.id, replaced: false }]);
  });

  it('replaces an unused one only when told to', async () => {
    const { schema } = await register('tests.draft.v2', true);
    expect(await register('tests.draft.v2', { type: 'object' })).toMatchObject({ schema: null, errors: [{ __typename: 'Duplicate', message: expect.stringContaining('replace: true'), path: ['input', 'key'] }] });
    expect(await register('tests.draft.v2', { type: 'object' }, { replace: true, dryRun: true })).toMatchObject({ schema: { schema: { type: 'object' } } });
    expect((await hub.ask('{ metadataSchema(key: "tests.draft.v2") { schema } }', {}, viewer)).metadataSchema).toEqual({ schema: true });
    expect(await register('tests.draft.v2', { type: 'object' }, { replace: true }, operator)).toMatchObject({ schema: { id: schema.id, schema: { type: 'object' }, createdBy: 'operator' }, errors: [] });
    expect((await audited()).at(-1)).toEqual({ key: 'tests.draft.v2', id: schema.id, replaced: true });
  });

  it('by many at once keeps one and tells the others', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => register('tests.race.v1', { type: 'object', maxProperties: index % 2 })));
    expect(answers.filter((answer) => answer.errors.length === 0)).toHaveLength(4);
    expect(new Set(answers.flatMap((answer) => answer.errors.map((error) => error.__typename)))).toEqual(new Set(['Duplicate']));
  });

  it.each(['', 'Note.v1', 'note', 'note.v0', 'note.v01', 'note.v', '.v1', 'a..b.v1', 'note.v1234567890', `${'a'.repeat(98)}.v1`, 'note v1', 'note.v1\n'])('refuses the key %j', async (key) => {
    expect((await register(key, true)).errors).toMatchObject([{ __typename: 'InvalidInput', path: ['input', 'key'] }]);
  });

  it('refuses what is wrong of the document, with every place, together with the rest', async () => {
    const { errors } = await register('Note', { properties: { a: { $ref: 'https://example.org/a.json' }, b: { $ref: 'other.json#/b' } } }, { description: 'x'.repeat(2_001) });
    expect(errors.map((error) => error.path[1])).toEqual(['key', 'schema', 'schema', 'description']);
    for (const schema of ['text', 7, [], { type: 'nothing' }, { pattern: '(?<=a)b' }]) expect((await register('tests.bad.v1', schema)).errors, JSON.stringify(schema)).toMatchObject([{ __typename: 'InvalidInput', path: ['input', 'schema'] }]);
    await expect(register('tests.bad.v1', true, {}, viewer)).rejects.toThrow('artifacts:write');
  });
});

describe('guide-board.run.v1', () => {
  it('is in every database as the content says, and stays so', async () => {
    const { metadataSchema } = await hub.ask('{ metadataSchema(key: "guide-board.run.v1") { key name number schema description usedAt } }', {}, viewer);
    expect(metadataSchema).toEqual({ ...GUIDE_BOARD_RUN_V1, usedAt: expect.any(String) });
    expect(schemaProblems(metadataSchema.schema)).toEqual([]);
    expect(await register(GUIDE_BOARD_RUN_V1.key, GUIDE_BOARD_RUN_V1.schema, { description: GUIDE_BOARD_RUN_V1.description })).toMatchObject({ schema: { key: 'guide-board.run.v1' }, errors: [] });
    expect((await register(GUIDE_BOARD_RUN_V1.key, true, { replace: true })).errors).toMatchObject([{ __typename: 'Duplicate', message: expect.stringContaining('guide-board.run.v2') }]);
  });

  it('is listed with the others by name and version', async () => {
    await register('tests.note.v10', true);
    await register('tests.note.v9', true);
    const { metadataSchemas, named } = await hub.ask('{ metadataSchemas { nodes { key } totalCount } named: metadataSchemas(name: "tests.note", last: 2) { nodes { key } } }', {}, viewer);
    expect(metadataSchemas.nodes.map((node: any) => node.key)).toEqual(['guide-board.run.v1', 'tests.draft.v2', 'tests.note.v1', 'tests.note.v9', 'tests.note.v10', 'tests.race.v1']);
    expect(named.nodes.map((node: any) => node.key)).toEqual(['tests.note.v9', 'tests.note.v10']);
  });
});
