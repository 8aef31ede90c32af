import type { Clock } from '@hubgraph/kit/clock';
import type { HubHttp } from '@hubgraph/kit/hub';
import type { Sql, Transactor } from '@hubgraph/kit/sql';
import type { Logger } from 'pino';
import type { ArtifactsChanges } from '../commands/common.ts';
import type { StorageBackend } from '../storage/backend.ts';
import type { SignedUrls } from './signed-url.ts';

/** What the door for bytes needs. */
export interface TransferDeps {
  readonly sql: Sql;
  readonly transactor: Transactor;
  readonly changes: ArtifactsChanges;
  /** The first takes uploads. */
  readonly backends: readonly StorageBackend[];
  readonly urls: SignedUrls;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Serves uploads and downloads by signed URLs. */
export function transferHttp(_deps: TransferDeps): HubHttp {
  return { prefixes: ['/artifacts/'], async handle(_request, response) { response.writeHead(404).end(); } };
}
