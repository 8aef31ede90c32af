import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { newId } from '@hubgraph/kit/ids';
import { recordEvents, type EventEntry } from '@hubgraph/kit/outbox';
import { catalogue, manifest } from '../harness/outbox.ts';
import { transactorOf } from '../harness/postgres-pool.ts';

// Writers that behave like mutations: an idempotency row, a locked and moved entity, 1 to 3 outbox rows. Some hold their
// transaction, some roll it back. They stop when stdin ends, and then say how much was committed.
const { databaseUrl, writers, things, perSecond } = JSON.parse(process.argv[2] ?? '{}') as { databaseUrl: string; writers: number; things: number; perSecond: number };

const pool = new pg.Pool({ connectionString: databaseUrl, max: writers, options: `-c search_path="${manifest.name}"` });
pool.on('error', () => undefined);
const transactor = transactorOf(pool);
const counts = { events: 0, transactions: 0, rolledBack: 0, failed: 0 };
let stopping = false;
process.stdin.on('end', () => (stopping = true)).resume();

async function change(): Promise<void> {
  const fate = Math.random();
  const count = 1 + Math.floor(Math.random() * 3);
  const thing = Math.floor(Math.random() * things);
  const rolledBack = new Error('rolled back on purpose');
  try {
    await transactor.transaction(async (tx) => {
      await tx.query(`INSERT INTO "idempotency" VALUES ($1, 'writer', 'change', '', '{}', now())`, [newId()]);
      const [row] = await tx.query<{ version: number }>(`UPDATE "thing" SET "version" = "version" + $2 WHERE "id" = $1 RETURNING "version"`, [thing, count]);
      const entries = Array.from({ length: count }, (_, index): EventEntry => ({
        name: 'thing.changed', subject: `thing/${thing}`, actor: 'writer', time: new Date(), data: { id: String(thing), version: row!.version - count + 1 + index },
      }));
      await recordEvents(tx, catalogue, entries);
      if (fate < 0.05) await delay(Math.random() * 30);
      if (fate > 0.98) throw rolledBack;
    });
    counts.events += count;
    counts.transactions++;
  } catch (error) {
    if (error === rolledBack) counts.rolledBack++;
    // the server went away: whether it was committed is for the database to say
    else counts.failed++;
  }
}

async function writer(): Promise<void> {
  const pause = (1000 * writers) / perSecond;
  while (!stopping) {
    const begun = performance.now();
    await change();
    await delay(Math.max(0, pause * 2 * Math.random() - (performance.now() - begun)));
  }
}

await Promise.all(Array.from({ length: writers }, writer));
await pool.end();
process.stdout.write(`${JSON.stringify(counts)}\n`);
