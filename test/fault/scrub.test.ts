import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { startChild } from '../harness/child.ts';
import { startStoredBytes } from '../harness/stored-bytes.ts';
import { until } from '../harness/until.ts';

const never = new AbortController().signal;

it('goes on with a scrub that was killed in the middle, without reading everything again', async () => {
  const clock = heldClock(new Date());
  await using storage = await startStoredBytes({ names: ['first'], clock });
  const COUNT = 250;
  const early = await storage.put('file 0');
  for (let index = 1; index < COUNT; index++) await storage.put(`file ${index}`);
  await rm(storage.pathOf('first', early));

  await using child = startChild('fault/scrub-process.ts', { databaseUrl: storage.databaseUrl, name: 'first', root: storage.roots.first, hangAt: 232 });
  await until('the scrub to hang in its third hundred', () => child.lines.includes('232'), { deadline: 30_000 });
  await child.kill();
  const [killed] = await storage.sql.query<{ id: string; checked: number; finishedAt: Date | null }>(`SELECT * FROM "ScrubRun"`);
  expect(killed).toMatchObject({ finishedAt: null, checked: 200, due: COUNT, lost: 1 });

  // until its minute is over nobody can know that it is dead
  const scrubber = storage.scrubber();
  expect(await scrubber.scrub('first', false, never)).toBeNull();
  clock.advance(3 * 60_000);
  await scrubber.resume(never);
  const runs = await storage.sql.query<{ checked: number }>(`SELECT * FROM "ScrubRun"`);
  expect(runs).toMatchObject([{ id: killed!.id, all: true, due: COUNT, checked: COUNT, lost: 1, error: null }]);
  expect(await storage.sql.query(`SELECT 1 FROM "StorageLocation" WHERE "checkedAt" IS NULL`)).toEqual([]);
  expect((await storage.events()).map(({ type }) => type)).toEqual(['org.artifactstore.scrub.failed']);
}, 60_000);
