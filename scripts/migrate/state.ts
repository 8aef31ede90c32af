import { UsageError } from '@hubgraph/kit/errors';
import { exitCodes } from '../exit-codes.ts';
import type { Migration } from './folder.ts';

/** One row of `_prisma_migrations`, as far as we read it. */
export interface AppliedRow {
  readonly name: string;
  readonly checksum: string;
  readonly finished: boolean;
  readonly rolledBack: boolean;
  /** What the database said when it failed. */
  readonly logs: string | null;
}

/**
 * Compares a hub's folder with what its database says, and returns the migrations still to be applied.
 *
 * @throws UsageError (6) in one sentence when nothing may be applied: a migration failed half-way, an applied one was
 * changed afterwards, or the database knows one that the folder does not (a newer version was here).
 */
export function pending(hub: string, folder: readonly Migration[], rows: readonly AppliedRow[]): Migration[] {
  const refuse = (sentence: string): never => {
    throw new UsageError(sentence, exitCodes.migrationFailed.code);
  };
  const live = rows.filter((row) => !row.rolledBack);
  for (const row of live) {
    if (row.finished) continue;
    const why = row.logs ? ` (${firstLine(row.logs)})` : '';
    refuse(
      `Migration ${row.name} of ${hub} failed half-way in this database${why}: look at what it left, then say ` +
      `"npm run hubgraph -- migrate resolve ${row.name} --hub ${hub}" with --rolled-back when nothing of it is there (it is tried again) or --applied when all of it is.`,
    );
  }
  for (const row of live) {
    const file = folder.find((migration) => migration.name === row.name);
    if (file === undefined) refuse(`The database of ${hub} has the migration ${row.name}, which this version does not know: start the version that made it, or a newer one.`);
    else if (file.checksum !== row.checksum) refuse(`Migration ${row.name} of ${hub} was changed after it had been applied to this database: restore prisma/${hub}/migrations/${row.name}/migration.sql and put the change into a new migration.`);
  }
  const applied = new Set(live.map((row) => row.name));
  return folder.filter((migration) => !applied.has(migration.name));
}

/** The database's own words, without the trace that the schema engine adds. */
export function firstLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim()).filter(Boolean);
  const telling = lines.find((line) => line.includes('ERROR')) ?? lines[0] ?? '';
  return telling.replace(/^.*ERROR:\s*/, '').replace(/\.$/, '');
}
