import { randomUUID } from 'node:crypto';
import type { Sql } from '@hubgraph/kit/sql';
import type { ArtifactFile, LocationStatus } from '../model.ts';
import type { BlobFacts } from '../storage/backend.ts';
import { blobs, files } from '../store/index.ts';
import { TransferProblem } from './problem.ts';

/** In milliseconds: how long a process may be silent before another may write its file, and how often it says that it lives. */
const LEASE = 15_000;
const BEAT = 5_000;

/** What a lease needs. */
export interface LeaseDeps {
  readonly sql: Sql;
  readonly now: () => Date;
}

/** The right to write one file. */
export interface Lease {
  readonly id: string;
  /** The file when the right was taken. */
  readonly file: ArtifactFile;
  /** Lease of whoever wrote before. */
  readonly previous: string | null;
  /** Completing a file ends its lease by itself. */
  ended: boolean;
}

/**
 * Runs `work` with the right to write the file, which is extended meanwhile and given back afterwards. A crash gives it
 * back after 15 seconds.
 *
 * @param lost is called when somebody else has the right now, because this process was silent for too long or the file is gone
 * @throws TransferProblem `NOT_FOUND`, `ALREADY_COMPLETE`, `PACKAGE_NOT_OPEN`, or `LOCKED` when another process writes
 */
export async function leased<Result>(deps: LeaseDeps, id: string, work: (lease: Lease) => Promise<Result>, lost: () => void = () => {}): Promise<Result> {
  const token = randomUUID();
  const at = deps.now();
  const claimed = await files.claim(deps.sql, id, token, at, until(at));
  if (claimed === null) throw await whyNot(deps, id);
  const { previous, ...file } = claimed;
  return keeping(deps, { id: token, file, previous, ended: false }, at, work, lost);
}

/**
 * The same for a file that nobody wrote before and whose whole content is known: taking the right makes it refer to its
 * content, in one statement. Null, without any change, when it is not such a file or was announced with another size or
 * digest.
 *
 * @param work gets what is known of a copy in `backend`; null when there is none
 */
export async function leasedWhole<Result>(deps: LeaseDeps, id: string, blob: BlobFacts, backend: string, work: (lease: Lease, copy: LocationStatus | null) => Promise<Result>): Promise<Result | null> {
  const token = randomUUID();
  const at = deps.now();
  const taken = await blobs.referNew(deps.sql, { id, lease: token, until: until(at) }, blob, backend, at);
  if (taken === null) return null;
  const { copy, ...file } = taken;
  return keeping(deps, { id: token, file, previous: null, ended: false }, at, (lease) => work(lease, copy), () => {});
}

const until = (from: Date) => new Date(from.getTime() + LEASE);

async function keeping<Result>({ sql, now }: LeaseDeps, lease: Lease, at: Date, work: (lease: Lease) => Promise<Result>, lost: () => void): Promise<Result> {
  let good = until(at);
  const beat = setInterval(() => {
    const from = now();
    files.extend(sql, lease.file.id, lease.id, from, until(from)).then(
      (kept) => (kept ? (good = until(from)) : lease.ended || lost()),
      () => now() < good || lost(),
    );
  }, BEAT);
  try {
    return await work(lease);
  } finally {
    clearInterval(beat);
    // when the database does not hear it, it ends by itself
    if (!lease.ended) await files.release(sql, lease.file.id, lease.id).catch(() => undefined);
  }
}

/** Why nobody may write a file, or not now. */
async function whyNot({ sql, now }: LeaseDeps, id: string): Promise<TransferProblem> {
  const file = await files.forTransfer(sql, id);
  if (file === null || file.packageStatus === 'DELETED') return new TransferProblem('NOT_FOUND', 'There is no such file, or no longer.');
  if (file.status === 'COMPLETE') return new TransferProblem('ALREADY_COMPLETE', 'The file is complete.', { 'upload-offset': String(file.size) });
  if (file.packageStatus !== 'UPLOADING') return new TransferProblem('PACKAGE_NOT_OPEN', `The package is ${file.packageStatus}: files arrive while it is UPLOADING.`);
  const wait = Math.max(1, Math.ceil(((file.leaseUntil ?? now()).getTime() - now().getTime()) / 1_000));
  return new TransferProblem('LOCKED', 'Another request writes this file now.', { 'retry-after': String(wait) });
}
