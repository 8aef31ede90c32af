import { setTimeout as delay } from 'node:timers/promises';
import type { Bus } from '../bus/bus.ts';
import { managerOf } from '../bus/jetstream.ts';
import type { Clock } from '../clock.ts';
import type { HubManifest } from '../hub.ts';
import type { Sql } from '../sql.ts';
import type { Reporter } from './report.ts';
import type { Session } from './session.ts';
import type { StreamSettings } from './stream.ts';

const EVERY_MS = 10 * 60_000;
const BATCH = 5_000;
const MIN_AGE_MS = 7 * 24 * 3_600_000;

/**
 * Deletes outbox rows that are old enough and that the stream has let go: those below its first sequence, recorded at
 * least as long ago as the stream keeps its messages and 7 days.
 *
 * @returns how many rows went.
 */
export async function prune(sql: Sql, streamFirst: number, maxAgeMs: number, now: Date): Promise<number> {
  const before = new Date(now.getTime() - Math.max(MIN_AGE_MS, maxAgeMs));
  for (let total = 0; ; ) {
    const rows = await sql.query(
      `DELETE FROM "outbox" WHERE "id" IN (SELECT "id" FROM "outbox" WHERE "pos" < $1 AND "recordedAt" < $2 ORDER BY "pos" LIMIT ${BATCH}) RETURNING 1`,
      [streamFirst, before],
    );
    total += rows.length;
    if (rows.length < BATCH) return total;
  }
}

/** Prunes every ten minutes of a term. @throws only when PostgreSQL is lost. */
export async function runPruner(deps: { session: Session; bus: Bus; manifest: HubManifest; settings: StreamSettings; clock: Clock; report: Reporter; signal: AbortSignal }): Promise<void> {
  const { session, bus, manifest, settings, clock, report, signal } = deps;
  while (!signal.aborted) {
    await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    const first = await firstOf(bus, manifest.stream).catch(() => undefined);
    if (first === undefined) continue;
    const count = await prune(session, first, settings.maxAgeMs, clock.now());
    if (count > 0) report({ kind: 'pruned', count });
  }
}

async function firstOf(bus: Bus, stream: string): Promise<number | undefined> {
  const connection = bus.connection();
  if (connection === undefined) return undefined;
  return (await (await managerOf(connection)).streams.info(stream)).state.first_seq;
}
