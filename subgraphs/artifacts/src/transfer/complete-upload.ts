import { requireScopes, type Caller, type ChangeAnswer, type Verb } from '@hubgraph/kit/change';
import { PublicError } from '@hubgraph/kit/errors';
import { isUuid } from '@hubgraph/kit/ids';
import { invalidInput, notFound } from '@hubgraph/kit/refusal';
import type { Sql } from '@hubgraph/kit/sql';
import type { ArtifactsChanges } from '../commands/common.ts';
import type { ArtifactFile } from '../model.ts';
import type { StorageBackend } from '../storage/backend.ts';
import { files } from '../store/index.ts';
import { problemOf, problems } from './problem.ts';
import { createUploads } from './uploads.ts';

export interface CompleteUploadInput {
  readonly fileId: string;
  readonly dryRun?: boolean | null;
}

/** What completing by a mutation needs. */
export interface CompleteUploadContext {
  readonly sql: Sql;
  readonly changes: ArtifactsChanges;
  readonly caller: Caller;
  readonly now: () => Date;
  readonly backends: readonly StorageBackend[];
}

/**
 * Completes a file whose bytes went directly to the storage. Reading them back may take longer than a transaction may, so it
 * happens before; each of its steps is safe by itself.
 */
export async function completeStaged(context: CompleteUploadContext, verb: Verb, input: CompleteUploadInput): Promise<ChangeAnswer<{ file: ArtifactFile }>> {
  requireScopes(context.caller.identity, verb.scopes);
  const id = isUuid(input.fileId) ? input.fileId.toLowerCase() : null;
  const problem = id === null ? null : await completed(context, id, input.dryRun === true);
  return context.changes.run(context.caller, verb, async ({ tx }) => {
    const file = id === null ? undefined : (await files.byIds(tx, [id])).get(id);
    if (file === undefined) return notFound('file', input.fileId, ['fileId']);
    return problem === null ? { file } : invalidInput(['fileId'], problem);
  });
}

/** Completes it unless `dry`; why that cannot be, or null. @throws PublicError `HUB_UNAVAILABLE` when it may be later */
async function completed({ sql, backends, now }: CompleteUploadContext, id: string, dry: boolean): Promise<string | null> {
  const file = await files.forTransfer(sql, id);
  const [backend] = backends;
  if (file === null || backend === undefined || file.status === 'COMPLETE') return null;
  try {
    const size = Number(file.size);
    const uploads = createUploads({ sql, backend, now });
    const { offset } = dry ? { offset: await uploads.received(file) } : await uploads.standing(file);
    return offset < size ? `The storage has ${offset} of the file's ${size} bytes.` : null;
  } catch (error) {
    const problem = problemOf(error);
    if (problem === null) throw error;
    if (problems[problem.code] >= 500) throw new PublicError('HUB_UNAVAILABLE', problem.message, { hub: 'artifacts' }, { cause: error });
    return problem.message;
  }
}
