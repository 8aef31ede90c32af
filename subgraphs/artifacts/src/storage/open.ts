import type { ConfigOf } from '@hubgraph/kit/config';
import { UsageError } from '@hubgraph/kit/errors';
import type { Logger } from 'pino';
import type { config } from '../config.ts';
import { StorageError, type StorageBackend } from './backend.ts';
import { fileFault } from './fault.ts';
import { openLocal } from './local.ts';

export interface OpenOptions {
  /** Where the local storage lies unless the settings say otherwise; see `HubDeps`. */
  readonly filesDir?: string | undefined;
  readonly log: Logger;
}

/**
 * Opens the backends that the settings name, in that order: the first takes uploads, the others get copies.
 *
 * @throws UsageError when the settings name no folder or bucket for one, or its folder cannot be made.
 */
export function openBackends(settings: ConfigOf<typeof config>, { filesDir, log }: OpenOptions): Promise<readonly StorageBackend[]> {
  return Promise.all(settings.HUBGRAPH_ARTIFACTS_STORAGE.map(async (name) => {
    // the SDK costs 100 ms and 20 MB, which those without S3 need not pay
    if (name === 's3') {
      log.info({ storage: name, bucket: settings.HUBGRAPH_S3_BUCKET, prefix: settings.HUBGRAPH_S3_PREFIX }, 'storage');
      return (await import('./s3.ts')).openS3(settings);
    }
    const root = settings.HUBGRAPH_ARTIFACTS_ROOT ?? filesDir;
    if (!root) throw new UsageError('Set HUBGRAPH_ARTIFACTS_ROOT to the folder of the local storage.');
    log.info({ storage: name, root }, 'storage');
    return openLocal(root).catch((error: unknown) => {
      const fault = fileFault(error);
      throw fault instanceof StorageError ? new UsageError(`HUBGRAPH_ARTIFACTS_ROOT=${root}: ${fault.message}.`, undefined, { cause: error }) : error;
    });
  }));
}
