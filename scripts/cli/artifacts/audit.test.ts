import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definition } from '@hubgraph/artifacts';
import { auditHash, type AuditLink } from '@hubgraph/artifacts/content/audit';
import { UsageError } from '@hubgraph/kit/errors';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { as } from '../../../test/harness/hub.ts';
import { startTestGraph, type TestGraph } from '../../../test/harness/hubs.ts';
import { addAuditCommand } from './audit.ts';

// The command through a gateway, on a hub whose database is tampered with from below.
const EVENTS = 450;
let graph: TestGraph;
let root: string;
let token: string;
/** The chain as it was before anybody touched it. */
let checkpoint: string;

const sql = <Row = Record<string, unknown>>(text: string, ...params: unknown[]) => graph.hubs.artifacts!.database.sql.query<Row>(text, params);

async function audit(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const spies = [vi.spyOn(console, 'log').mockImplementation((text: string) => void (said.out += text)), vi.spyOn(console, 'error').mockImplementation((text: string) => void (said.err += text))];
  const { exitCode } = process;
  try {
    const program = new Command();
    addAuditCommand(program);
    await program.parseAsync(['audit', '--endpoint', graph.url, '--token', token, ...args], { from: 'user' });
    return { code: Number(process.exitCode ?? 0), ...said };
  } catch (error) {
    if (error instanceof UsageError) return { code: error.exitCode, out: said.out, err: error.message };
    throw error;
  } finally {
    process.exitCode = exitCode;
    for (const spy of spies) spy.mockRestore();
  }
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hubgraph-audit-'));
  graph = await startTestGraph([definition], { env: { HUBGRAPH_ARTIFACTS_ROOT: root } });
  token = await graph.token('viewer');
  const hub = graph.hubs.artifacts!;
  const { package: held } = await hub.change('createArtifactPackage', { producer: 'tests', subject: 'ä', retentionClass: 'transient', metadata: { pi: 3.14, tiny: 1e-7, list: [null, true, ''] } }, 'package { id }');
  for (let sequence = 2; sequence <= EVENTS; sequence++) await hub.change('placeHold', { id: held.id, reason: `claim ${sequence}`, authority: 'a court' }, 'hold { id }', as('operator'));
  checkpoint = (await audit()).out;
  await sql('CREATE TABLE "Kept" AS SELECT * FROM "AuditEvent"');
  await sql('CREATE TABLE "KeptHead" AS SELECT * FROM "AuditHead"');
}, 60_000);
afterEach(async () => {
  await sql('TRUNCATE "AuditEvent", "AuditHead"');
  await sql('INSERT INTO "AuditEvent" SELECT * FROM "Kept"');
  await sql('INSERT INTO "AuditHead" SELECT * FROM "KeptHead"');
});
afterAll(async () => {
  await graph[Symbol.asyncDispose]();
  await rm(root, { recursive: true });
});

test('a whole chain is right and gives a checkpoint to keep', async () => {
  expect(checkpoint).toMatch(new RegExp(`^${EVENTS}:[0-9a-f]{64}$`));
  expect(await audit('--verify')).toEqual({ code: 0, err: '', out: `Events 1 to ${EVENTS} are right.\nCheckpoint: ${checkpoint}` });
  expect(await audit('--verify', '--checkpoint', checkpoint, '--from', '449')).toMatchObject({ code: 0, out: expect.stringContaining('Events 449 to 450 are right. The chain goes on from the checkpoint of event 450.') });
  expect(await audit('--verify', '--from', '451', '--checkpoint', checkpoint)).toMatchObject({ code: 0, out: expect.stringContaining('No event to verify.') });
  const { break: none, checked, checkpoint: end } = JSON.parse((await audit('--verify', '--json')).out);
  expect([none, checked, `${end.sequence}:${end.hash}`]).toEqual([null, EVENTS, checkpoint]);
});

test.each<[string, string, number]>([
  ['the data of one row', `UPDATE "AuditEvent" SET "data" = "data" || '{"reason":"none"}' WHERE "sequence" = 300`, 300],
  ['one word in the data of the first row', `UPDATE "AuditEvent" SET "data" = "data" || '{"producer":"test"}' WHERE "sequence" = 1`, 1],
  ['a millisecond of one row', `UPDATE "AuditEvent" SET "at" = "at" + interval '1 ms' WHERE "sequence" = 7`, 7],
  ['the actor of one row', `UPDATE "AuditEvent" SET "actor" = 'nobody' WHERE "sequence" = ${EVENTS}`, EVENTS],
  ['the verb of one row', `UPDATE "AuditEvent" SET "action" = 'releaseHold' WHERE "sequence" = 2`, 2],
  ['the package of one row', `UPDATE "AuditEvent" SET "packageId" = NULL WHERE "sequence" = 200`, 200],
  ['a hash', `UPDATE "AuditEvent" SET "hash" = repeat('a', 64) WHERE "sequence" = 201`, 201],
  ['what an event follows', `UPDATE "AuditEvent" SET "previous" = repeat('a', 64) WHERE "sequence" = 400`, 400],
  ['a number', `UPDATE "AuditEvent" SET "sequence" = 1000 WHERE "sequence" = 5`, 5],
  ['a row that is gone', `DELETE FROM "AuditEvent" WHERE "sequence" = 200`, 200],
  ['the first row, gone', `DELETE FROM "AuditEvent" WHERE "sequence" = 1`, 1],
  ['two rows in each other\'s place', `UPDATE "AuditEvent" a SET "data" = b."data", "at" = b."at", "actor" = b."actor", "action" = b."action", "hash" = b."hash", "previous" = b."previous" FROM "Kept" b WHERE (a."sequence", b."sequence") IN ((10, 11), (11, 10))`, 10],
  ['a tail that is gone', `DELETE FROM "AuditEvent" WHERE "sequence" > 420`, 421],
  ['an end that is gone', `DELETE FROM "AuditHead"`, EVENTS + 1],
])('finds %s', async (_what, tampering, sequence) => {
  await sql(tampering);
  const { code, out, err } = await audit('--verify');
  expect([code, out]).toEqual([1, '']);
  expect(JSON.parse((await audit('--verify', '--json')).out)).toMatchObject({ break: { sequence }, checked: sequence - 1, checkpoint: null });
  expect(err).toContain(sequence === 1 ? 'No event before it was read.' : `Events 1 to ${sequence - 1} are right.`);
});

test('finds a row that was changed and sealed anew by the one behind it, or by the end', async () => {
  for (const [sequence, found] of [[17, 18], [EVENTS, EVENTS]] as const) {
    await sql(`UPDATE "AuditEvent" SET "actor" = 'mallory' WHERE "sequence" = $1`, sequence);
    await seal(sequence);
    expect(JSON.parse((await audit('--verify', '--json')).out)).toMatchObject({ break: { sequence: found } });
    await sql('DELETE FROM "AuditEvent" WHERE "sequence" = $1', sequence);
    await sql('INSERT INTO "AuditEvent" SELECT * FROM "Kept" WHERE "sequence" = $1', sequence);
  }
});

test('finds a tail that was cut off with care, or written anew, by a checkpoint only', async () => {
  await sql('DELETE FROM "AuditEvent" WHERE "sequence" > 440');
  await sql('UPDATE "AuditHead" SET "sequence" = 440, "hash" = (SELECT "hash" FROM "AuditEvent" WHERE "sequence" = 440)');
  expect(await audit('--verify')).toMatchObject({ code: 0, err: '' });
  expect(await audit('--verify', '--checkpoint', checkpoint)).toEqual({ code: 1, out: '', err: 'Event 441 is missing: the chain ends with event 440, and the checkpoint is of event 450. Events 1 to 440 are right.' });
  expect((await audit('--verify', '--from', '451', '--checkpoint', checkpoint)).code).toBe(1);

  await sql('INSERT INTO "AuditEvent" SELECT * FROM "Kept" WHERE "sequence" > 440');
  await sql(`UPDATE "AuditEvent" SET "actor" = 'mallory' WHERE "sequence" = 441`);
  for (let sequence = 441; sequence <= EVENTS; sequence++) await seal(sequence);
  await sql(`UPDATE "AuditHead" SET "sequence" = ${EVENTS}, "hash" = (SELECT "hash" FROM "AuditEvent" WHERE "sequence" = ${EVENTS})`);
  expect((await audit('--verify')).code).toBe(0);
  expect(await audit('--verify', '--checkpoint', checkpoint)).toMatchObject({ code: 1, err: expect.stringContaining(`Event ${EVENTS} is not the one of the checkpoint`) });
});

test('an argument that means nothing is refused with a sentence', async () => {
  for (const args of [['--verify', '--checkpoint', '5'], ['--verify', '--from', '0'], ['--from', '3'], ['--checkpoint', checkpoint], ['--verify', '--from', '452'], ['--verify', '--from', '9', '--checkpoint', `7:${'0'.repeat(64)}`]]) {
    expect(await audit(...args), args.join(' ')).toMatchObject({ code: 2, err: expect.stringMatching(/^\S.*\.$/) });
  }
});

/** Gives a row the hash that its content has now, and lets it follow the row before, as somebody would who knows how. */
async function seal(sequence: number): Promise<void> {
  const [row] = await sql<AuditLink & { before: string }>(`SELECT e.*, e."sequence"::int AS "sequence", b."hash" AS "before" FROM "AuditEvent" e JOIN "AuditEvent" b ON b."sequence" = e."sequence" - 1 WHERE e."sequence" = $1`, sequence);
  const { before: previous, ...event } = row!;
  await sql('UPDATE "AuditEvent" SET "previous" = $2, "hash" = $3 WHERE "sequence" = $1', sequence, previous, auditHash({ ...event, previous }));
}
