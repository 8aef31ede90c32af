import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { UsageError } from '@hubgraph/kit/errors';
import { z } from 'zod';
import { exitCodes } from '../exit-codes.ts';
import type { DataDir } from './folder.ts';

const shape = z.object({
  /** Signs the gateway's requests to hubs. */
  serviceKey: z.string().min(32),
  /** Signs event cursors; clients hold on to cursors, so it must outlive restarts. */
  cursorKey: z.string().min(32),
  databasePassword: z.string().min(16),
  natsPassword: z.string().min(16),
});

/** What this installation made up for itself and nobody else needs to know. */
export type Secrets = Readonly<z.output<typeof shape>>;

/**
 * Reads `secrets.json` (0600), or makes it on first use. Call it with the lock held.
 *
 * @throws UsageError (5) when the file is there and damaged: making new ones would lock us out of the database.
 */
export function openSecrets(dir: DataDir): Secrets {
  const path = dir.file('secrets.json');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unreadable(path, error);
    const fresh: Secrets = { serviceKey: key(), cursorKey: key(), databasePassword: key(), natsPassword: key() };
    writeFileSync(`${path}.new`, `${JSON.stringify(fresh, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    return fresh;
  }
  try {
    return shape.parse(JSON.parse(text));
  } catch (error) {
    throw unreadable(path, error);
  }
}

function key(): string {
  return randomBytes(32).toString('base64url');
}

function unreadable(path: string, cause: unknown): UsageError {
  return new UsageError(`${path} cannot be read; restore it from a backup, or delete the whole data folder to begin anew.`, exitCodes.unwritable.code, { cause });
}
