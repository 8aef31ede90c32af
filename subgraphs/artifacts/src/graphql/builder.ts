import { words } from '@hubgraph/kit/graphql/words';
import { createHubBuilder, type HubContext } from '@hubgraph/kit/graphql/builder';
import { pageArgs } from '@hubgraph/kit/graphql/connection';
import { sharedTypes } from '@hubgraph/kit/graphql/shared';
import type { Changes } from '@hubgraph/kit/change';
import type { Sql } from '@hubgraph/kit/sql';
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

export const PackageStatus = words(builder, 'ArtifactPackageStatus', 'State of a package of evidence.', PACKAGE_STATUSES, {
  CREATED: 'Known by its metadata, without files.', UPLOADING: 'Files are announced and arrive.', FINALIZED: 'Complete and immutable.', FAILED: 'Came to no end; can be resumed for 24 hours.', DELETED: 'Deleted by somebody; manifest and record stay.',
});
export const FileStatus = words(builder, 'ArtifactFileStatus', 'State of a file.', FILE_STATUSES, { PENDING: 'Announced; bytes are missing.', COMPLETE: 'All bytes are stored and their digests known.' });
export const HoldStatus = words(builder, 'HoldStatus', 'State of a hold.', HOLD_STATUSES, { ACTIVE: 'Stops deletion.', RELEASED: 'Taken off.' });
export const LocationStatus = words(builder, 'StorageLocationStatus', 'State of one copy of stored bytes.', LOCATION_STATUSES, { STORED: 'There, as far as known.', LOST: 'A scrub did not find it.', CHANGED: 'A scrub read other bytes.', REMOVED: 'Removed, because no package needs it.' });
export const RetentionEventKind = words(builder, 'RetentionEventKind', 'How the retention of a package changed.', RETENTION_EVENT_KINDS, {
  DEFAULTED: 'Set by the retention class.', EXTENDED: 'Made longer.', SHORTENED: 'Made shorter.', HOLD_PLACED: 'A hold was placed; the date stayed.', HOLD_RELEASED: 'A hold was released; the date stayed.',
});

export { loadHistory } from '@hubgraph/kit/graphql/history';
