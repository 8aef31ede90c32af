import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createChanges } from '@hubgraph/kit/change';
import { systemClock, type Clock } from '@hubgraph/kit/clock';
import { newId } from '@hubgraph/kit/ids';
import type { Sql, Transactor } from '@hubgraph/kit/sql';
import type { ArtifactsChanges } from '../../subgraphs/artifacts/src/commands/common.ts';
import { createScrubber, type Scrubber } from '../../subgraphs/artifacts/src/commands/scrub/index.ts';
import type { Wait } from '../../subgraphs/artifacts/src/commands/scrub/pace.ts';
import { createHasher } from '../../subgraphs/artifacts/src/content/digest.ts';
import { events } from '../../subgraphs/artifacts/src/events.ts';
import type { StorageLocation } from '../../subgraphs/artifacts/src/model.ts';
import { keyOf, type BlobFacts, type StorageBackend } from '../../subgraphs/artifacts/src/storage/backend.ts';
import { openLocal } from '../../subgraphs/artifacts/src/storage/local.ts';
import { openDatabase } from '../../subgraphs/artifacts/src/store/index.ts';
import { quiet } from './outbox.ts';
import { freshDatabase } from './postgres.ts';

/** What {@link StoredBytes.put} stored. */
export interface Stored extends BlobFacts {
  readonly key: string;
  readonly packageId: string;
  readonly fileId: string;
}

/** The hub's storage without the hub: a database, and backends that are folders, each of its own name. */
export interface StoredBytes extends AsyncDisposable {
  readonly databaseUrl: string;
  readonly sql: Sql;
  readonly transactor: Transactor;
  readonly changes: ArtifactsChanges;
  readonly backends: readonly StorageBackend[];
  /** Folder of a backend, by its name. */
  readonly roots: Readonly<Record<string, string>>;
  scrubber(options?: { rate?: number; days?: number; wait?: Wait; backends?: readonly StorageBackend[] }): Scrubber;
  /** Stores bytes in some backends (the first unless told) and makes a package of one file that needs them. */
  put(content: string | Uint8Array, options?: { in?: readonly string[]; workstream?: string; status?: string }): Promise<Stored>;
  /** Path of an object. */
  pathOf(backend: string, stored: Stored): string;
  location(backend: string, stored: Stored): Promise<StorageLocation | undefined>;
  /** Types and data of the events recorded so far. */
  events(): Promise<{ type: string; data: Record<string, unknown> }[]>;
}

/** A backend in a folder, under a name. */
export async function openFolder(name: string, root: string): Promise<StorageBackend> {
  return { ...(await openLocal(root)), name };
}

export async function startStoredBytes({ names = ['first', 'second'], clock = systemClock }: { names?: readonly string[]; clock?: Clock } = {}): Promise<StoredBytes> {
  const base = await mkdtemp(join(tmpdir(), 'stored-bytes-'));
  const database = await freshDatabase('artifacts');
  const { sql, transactor, close } = openDatabase(database.url, 8);
  const changes = createChanges({ transactor, catalogue: events, clock, committed: () => {} });
  const roots = Object.fromEntries(names.map((name) => [name, join(base, name)]));
  const backends = await Promise.all(names.map((name) => openFolder(name, roots[name]!)));
  const scrubbers: Scrubber[] = [];
  return {
    databaseUrl: database.url, sql, transactor, changes, backends, roots,
    scrubber(options = {}) {
      const scrubber = createScrubber({ sql, changes, backends, clock, log: quiet, rate: 100_000, days: 30, ...options });
      scrubbers.push(scrubber);
      return scrubber;
    },
    async put(content, options = {}) {
      const bytes = Buffer.from(content);
      const hasher = createHasher();
      hasher.update(bytes);
      const blob = { ...hasher.digest(), size: bytes.byteLength };
      const at = clock.now();
      const [packageId, fileId] = [newId(), newId()];
      await sql.query(
        `INSERT INTO "ArtifactPackage" ("id", "status", "producer", "subject", "repo", "workstream", "sourceCommits", "metadata", "retentionClass", "progressAt", "createdBy", "createdAt", "updatedAt") VALUES ($1::uuid, $2, 'tests', 'bytes', 'state-hub', $3, '{}', '{}', 'raw-evidence', $4::timestamptz, 'tests', $4::timestamptz, $4::timestamptz)`,
        [packageId, options.status ?? 'FINALIZED', options.workstream ?? null, at],
      );
      await sql.query(`INSERT INTO "Blob" VALUES ($1, $2, $3::bigint, $4::timestamptz) ON CONFLICT DO NOTHING`, [blob.blake3, blob.sha256, blob.size, at]);
      await sql.query(
        `INSERT INTO "ArtifactFile" ("id", "packageId", "path", "mediaType", "status", "size", "sha256", "blake3", "createdAt", "completedAt") VALUES ($1::uuid, $2::uuid, 'a.bin', 'application/octet-stream', 'COMPLETE', $3::bigint, $4, $5, $6::timestamptz, $6::timestamptz)`,
        [fileId, packageId, blob.size, blob.sha256, blob.blake3, at],
      );
      for (const name of options.in ?? [names[0]!]) {
        await backends.find((backend) => backend.name === name)!.store(blob, (async function* () { yield bytes; })());
        await sql.query(`INSERT INTO "StorageLocation" ("id", "blake3", "backend", "key", "status", "createdAt") VALUES ($1::uuid, $2, $3, $4, 'STORED', $5::timestamptz) ON CONFLICT ("blake3", "backend") DO UPDATE SET "status" = 'STORED'`, [newId(), blob.blake3, name, keyOf(blob.blake3), at]);
      }
      return { ...blob, key: keyOf(blob.blake3), packageId, fileId };
    },
    pathOf: (backend, { key }) => join(roots[backend]!, key),
    async location(backend, { blake3 }) {
      const [row] = await sql.query<StorageLocation>(`SELECT * FROM "StorageLocation" WHERE "backend" = $1 AND "blake3" = $2`, [backend, blake3]);
      return row;
    },
    events: () => sql.query(`SELECT "event" ->> 'type' AS "type", "event" -> 'data' AS "data" FROM "outbox" ORDER BY "id"`),
    async [Symbol.asyncDispose]() {
      await Promise.all(scrubbers.map((scrubber) => scrubber.close()));
      await close();
      await database.drop();
      await rm(base, { recursive: true, force: true });
    },
  };
}
