import { randomUUID } from 'node:crypto';
import type { Sql } from '@hubgraph/kit/sql';
import type { ArtifactFile } from '../model.ts';
import { files } from '../store/index.ts';
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
export async function leased<Result>({ sql, now }: LeaseDeps, id: string, work: (lease: Lease) => Promise<Result>, lost: () => void = () => {}): Promise<Result> {
  const token = randomUUID();
  const until = (from: Date) => new Date(from.getTime() + LEASE);
  const at = now();
  const claimed = await files.claim(sql, id, token, at, until(at));
  if (claimed === null) throw await whyNot({ sql, now }, id);
  const { previous, ...file } = claimed;
  const lease: Lease = { id: token, file, previous, ended: false };
  let good = until(at);
  const beat = setInterval(() => {
    const from = now();
    files.extend(sql, id, token, from, until(from)).then(
      (kept) => (kept ? (good = until(from)) : lease.ended || lost()),
      () => now() < good || lost(),
    );
  }, BEAT);
  try {
    return await work(lease);
  } finally {
    clearInterval(beat);
    // when the database does not hear it, it ends by itself
    if (!lease.ended) await files.release(sql, id, token).catch(() => undefined);
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
