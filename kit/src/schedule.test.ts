import { pino } from 'pino';
import { expect, it } from 'vitest';
import { freshDatabase } from '../../test/harness/postgres.ts';
import { systemClock } from './clock.ts';
import { startSchedule, type Job } from './schedule.ts';

const log = pino({ level: 'silent' });

it('lets one replica do a job and the others skip it, and frees it afterwards', async () => {
  await using database = await freshDatabase();
  const runs: string[] = [];
  const gates = new Map<string, () => void>();
  const replica = (name: string) => {
    const job: Job = { name: 'tidy', cron: '0 0 1 1 *', run: () => new Promise<void>((resolve) => { runs.push(name); gates.set(name, resolve); }) };
    return startSchedule([job], { databaseUrl: database.url, schema: 'kit', clock: systemClock, log });
  };
  const [first, second] = [replica('first'), replica('second')];
  const running = first.runNow('tidy');
  await expect.poll(() => runs).toEqual(['first']);
  expect(await second.runNow('tidy')).toBe(false);
  gates.get('first')!();
  expect(await running).toBe(true);
  const again = second.runNow('tidy');
  await expect.poll(() => runs).toEqual(['first', 'second']);
  gates.get('second')!();
  expect(await again).toBe(true);
  await Promise.all([first.stop(), second.stop()]);
});

it('runs by its cron expression, survives a job that throws, and waits for the one under way when it stops', async () => {
  await using database = await freshDatabase();
  let runs = 0;
  let finish: () => void = () => {};
  const schedule = startSchedule([{ name: 'often', cron: '* * * * * *', run: async () => {
    runs++;
    if (runs === 1) throw new Error('the first time it fails');
    await new Promise<void>((resolve) => (finish = resolve));
  } }], { databaseUrl: database.url, schema: 'kit', clock: systemClock, log });
  await expect.poll(() => runs, { timeout: 5_000 }).toBe(2);
  let stopped = false;
  const stopping = schedule.stop().then(() => (stopped = true));
  await database.sql.query('SELECT 1');
  expect(stopped).toBe(false);
  finish();
  await stopping;
  expect(runs).toBe(2);
});

it('tells the job under way that it stops', async () => {
  await using database = await freshDatabase();
  let began = () => {};
  let told: unknown;
  const beginning = new Promise<void>((resolve) => (began = resolve));
  const job: Job = {
    name: 'long',
    cron: '0 0 1 1 *',
    run: (signal) => new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        told = signal.reason;
        resolve();
      });
      began();
    }),
  };
  const schedule = startSchedule([job], { databaseUrl: database.url, schema: 'kit', clock: systemClock, log });
  const running = schedule.runNow('long');
  await beginning;
  await schedule.stop();
  expect(await running).toBe(true);
  expect(told).toMatchObject({ message: 'the hub stops' });
});
