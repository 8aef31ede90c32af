import type { Sql } from '@hubgraph/kit/sql';
import { hashStream, type BlobDigests } from '../content/digest.ts';
import type { ArtifactFile, LocationStatus } from '../model.ts';
import { keyOf, type BlobFacts, type StagedUpload, type StorageBackend } from '../storage/backend.ts';
import { blobs, files } from '../store/index.ts';
import type { Lease } from './lease.ts';
import { TransferProblem } from './problem.ts';

/** What completing needs. */
export interface CompletionDeps {
  readonly sql: Sql;
  readonly now: () => Date;
  /** The one that takes uploads. */
  readonly backend: StorageBackend;
}

/** A file as a backend sees it on its way in. */
export function stagedOf(sql: Sql, file: Pick<ArtifactFile, 'id' | 'size' | 'uploadState'>): StagedUpload {
  let state = file.uploadState;
  return {
    id: file.id,
    size: Number(file.size),
    get state() {
      return state;
    },
    async save(next) {
      await files.saveState(sql, file.id, next);
      state = next;
    },
  };
}

/** Makes bytes an object of a backend. */
export type Put = (blob: BlobFacts, options: { readonly replace: boolean }) => Promise<void>;

/** Drops what arrived; the file begins anew. */
export async function dropped(backend: StorageBackend, upload: StagedUpload): Promise<void> {
  await backend.discard(upload);
  if (upload.state !== null) await upload.save(null);
}

/**
 * Ends an upload that has its whole size. The order lets no removal and no crash come between: first the file refers to its
 * content, then the bytes are committed, then it is complete. Whatever step it stops after, the same call again goes on.
 *
 * @param known digests of all staged bytes; without them they are read again
 * @param put makes the bytes an object; commits the staged ones when left out
 * @throws TransferProblem `SHA256_MISMATCH`, `BLAKE3_MISMATCH`: the bytes are dropped; `NOT_FOUND`: file or package went meanwhile
 */
export async function complete({ sql, now, backend }: CompletionDeps, lease: Lease, upload: StagedUpload, known?: BlobDigests, put: Put = (blob, options) => backend.commit(upload, blob, options)): Promise<BlobFacts> {
  const { file } = lease;
  const digests = known ?? (await hashStream(backend.readStaged(upload)));
  const blob = { sha256: digests.sha256, blake3: digests.blake3, size: upload.size };
  const wrong = mismatch(file, blob);
  if (wrong !== null) {
    await dropped(backend, upload);
    throw wrong;
  }
  const held = { id: file.id, lease: lease.id };
  const before = await blobs.refer(sql, held, blob, backend.name, now());
  if (before === undefined) throw gone();
  const replace = damaged(before);
  await put(blob, { replace });
  await finish({ sql, now, backend }, lease, blob.blake3, replace);
  return blob;
}

/** Whether a copy that is known of must not stay as it is. */
export const damaged = (copy: LocationStatus | null): boolean => copy === 'LOST' || copy === 'CHANGED';

/** The last step, for bytes that are stored and referred to. */
export async function finish({ sql, now, backend }: CompletionDeps, lease: Lease, blake3: string, replaced = false): Promise<void> {
  const done = await files.complete(sql, { id: lease.file.id, lease: lease.id, blake3, backend: backend.name, key: keyOf(blake3), replaced, now: now() });
  if (!done) throw gone();
  lease.ended = true;
}

const gone = () => new TransferProblem('NOT_FOUND', 'The file or its package is gone, or is not open any more.');

/** What of a file is not as it was claimed. */
function mismatch(file: ArtifactFile, blob: BlobFacts): TransferProblem | null {
  const dropped = 'The bytes were dropped; upload the right ones, or announce the file again with `replace`.';
  if (file.claimedSha256 !== null && file.claimedSha256 !== blob.sha256) return new TransferProblem('SHA256_MISMATCH', `The SHA-256 of what arrived is ${blob.sha256}; ${file.claimedSha256} was claimed. ${dropped}`);
  if (file.claimedBlake3 !== null && file.claimedBlake3 !== blob.blake3) return new TransferProblem('BLAKE3_MISMATCH', `The BLAKE3 of what arrived is ${blob.blake3}; ${file.claimedBlake3} was claimed. ${dropped}`);
  return null;
}
