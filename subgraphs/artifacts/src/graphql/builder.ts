import { createHubBuilder, type HubContext } from '@hubgraph/kit/graphql/builder';
import { pageArgs } from '@hubgraph/kit/graphql/connection';
import { sharedTypes, type TransitionRecordRow } from '@hubgraph/kit/graphql/shared';
import type { Changes } from '@hubgraph/kit/change';
import type { Sql } from '@hubgraph/kit/sql';
import { historyOf } from '@hubgraph/kit/store';
import type { Scrubber } from '../commands/scrub/index.ts';
import type { ArtifactsEvents } from '../events.ts';
import { FILE_STATUSES, HOLD_STATUSES, LOCATION_STATUSES, PACKAGE_STATUSES, RETENTION_EVENT_KINDS } from '../model.ts';
import type { StorageBackend } from '../storage/backend.ts';
import type { SignedUrls } from '../transfer/signed-url.ts';

/** What artifacts resolvers have in hand. */
export interface ArtifactsContext extends HubContext {
  /** Reads outside of transactions. */
  readonly sql: Sql;
  readonly changes: Changes<ArtifactsEvents>;
  readonly now: () => Date;
  /** The first takes uploads, the others get copies. */
  readonly backends: readonly StorageBackend[];
  readonly urls: SignedUrls;
  readonly scrubber: Scrubber;
  /** Most files of a package, and most bytes of a file. */
  readonly limits: { readonly files: number; readonly fileBytes: number };
}

/** The hub's schema builder; every file of this folder adds one noun to it. */
export const builder = createHubBuilder<ArtifactsContext>();
export const shared = sharedTypes(builder);
export const paging = pageArgs(builder);

/** Reading needs this scope. */
export const READ: ['hub:read'][] = [['hub:read']];

function words<const Values extends readonly string[]>(name: string, description: string, values: Values, said: Readonly<Record<Values[number], string>>) {
  return builder.enumType(name, { description, values: Object.fromEntries(values.map((value) => [value, { description: said[value as Values[number]] }])) as Record<Values[number], { description: string }> });
}
export const PackageStatus = words('ArtifactPackageStatus', 'State of a package of evidence.', PACKAGE_STATUSES, {
  CREATED: 'Known by its metadata, without files.', UPLOADING: 'Files are announced and arrive.', FINALIZED: 'Complete and immutable.', FAILED: 'Came to no end; can be resumed for 24 hours.', DELETED: 'Deleted by somebody; manifest and record stay.',
});
export const FileStatus = words('ArtifactFileStatus', 'State of a file.', FILE_STATUSES, { PENDING: 'Announced; bytes are missing.', COMPLETE: 'All bytes are stored and their digests known.' });
export const HoldStatus = words('HoldStatus', 'State of a hold.', HOLD_STATUSES, { ACTIVE: 'Stops deletion.', RELEASED: 'Taken off.' });
export const LocationStatus = words('StorageLocationStatus', 'State of one copy of stored bytes.', LOCATION_STATUSES, { STORED: 'There, as far as known.', LOST: 'A scrub did not find it.', CHANGED: 'A scrub read other bytes.', REMOVED: 'Removed, because no package needs it.' });
export const RetentionEventKind = words('RetentionEventKind', 'How the retention of a package changed.', RETENTION_EVENT_KINDS, {
  DEFAULTED: 'Set by the retention class.', EXTENDED: 'Made longer.', SHORTENED: 'Made shorter.', HOLD_PLACED: 'A hold was placed; the date stayed.', HOLD_RELEASED: 'A hold was released; the date stayed.',
});

/** The history of one entity, batched over all that a request asks for. */
export async function loadHistory(context: ArtifactsContext, noun: string, id: string): Promise<TransitionRecordRow[]> {
  const lines = await context.loaders.load(`${noun}.history`, id, (ids) => historyOf<TransitionRecordRow & { entityId: string }>(context.sql, noun, ids));
  return lines ?? [];
}
