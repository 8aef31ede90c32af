import type { Changes, Work as KitWork } from '@hubgraph/kit/change';
import { checkVersion } from '@hubgraph/kit/entity';
import type { EventData } from '@hubgraph/kit/events';
import { isUuid } from '@hubgraph/kit/ids';
import { notFound, type Refused } from '@hubgraph/kit/refusal';
import type { Sql } from '@hubgraph/kit/sql';
import { metadataProblems } from '../content/metadata.ts';
import type { ArtifactsEvents } from '../events.ts';
import type { PackageFacts } from '../lifecycle/package.ts';
import type { ArtifactPackage } from '../model.ts';
import { packages, type PackageFactRow } from '../store/index.ts';

/** An artifacts command's hands. */
export type Work = KitWork<ArtifactsEvents>;
export type ArtifactsChanges = Changes<ArtifactsEvents>;

/** Locks a package by id, at the version that the caller expects. */
export async function lockedPackage(work: Work, input: { readonly id: string; readonly expectedVersion?: number | null }): Promise<ArtifactPackage | Refused> {
  const found = isUuid(input.id) ? await packages.lockById(work.tx, input.id) : null;
  if (found === null) return notFound('artifact package', input.id);
  return checkVersion(found, input.expectedVersion) ?? found;
}

/** The facts of a package for its guards, with those that the verb brings; in a command, its row is locked. One statement. */
export async function factsOf(sql: Sql, of: ArtifactPackage, now: Date, brought: Partial<PackageFacts> = {}): Promise<PackageFacts> {
  const row = (await packages.factRows(sql, [of.id])).get(of.id);
  if (row === undefined) throw new Error(`artifact package ${of.id} is gone, although packages never go`);
  return factsFrom(of, row, now, brought);
}

/** The same from what {@link packages.factRows} read, for many packages at once. A claimed digest is compared by finalizing only. */
export function factsFrom(of: ArtifactPackage, row: PackageFactRow, now: Date, brought: Partial<PackageFacts> = {}): PackageFacts {
  const { shortenable, incomplete, incompleteCount, holds, schema } = row;
  return {
    now, class: of.retentionClass, shortenable, expiresAt: of.expiresAt, failedAt: of.failedAt, fileCount: of.fileCount, incomplete, incompleteCount, holds, digestMismatch: null, reason: null, until: null,
    // a schema may take its time, so nobody pays for it whose guards do not ask
    get metadataProblems() {
      return schema === null ? [] : metadataProblems(schema, of.metadata);
    },
    ...brought,
  };
}

type PackageData = EventData<ArtifactsEvents, 'package.created'>;
/** Events that are about a package. */
export type PackageEvent = Extract<keyof ArtifactsEvents, `package.${string}` | `retention.${string}` | `hold.${string}`>;
/** What an event of a package tells besides the package. */
type More<Name extends PackageEvent> = Omit<EventData<ArtifactsEvents, Name>, keyof PackageData> & { readonly reason?: string | null };

/** Records an event of a package, as it is after the change; `from` is its state before. */
export function recordPackage<Name extends PackageEvent>(work: Work, name: Name, of: ArtifactPackage, from: ArtifactPackage['status'] | null, ...[more]: Name extends `hold.${string}` ? [more: More<Name>] : [more?: More<Name>]): void {
  const { id, status, version, producer, subject, repo, workstream, task, service, retentionClass, expiresAt, manifestDigest, fileCount, byteCount } = of;
  const data = {
    id, from, to: status, version, producer, subject, repo, workstream, task, service, retentionClass, expiresAt: expiresAt?.toISOString() ?? null, manifestDigest, fileCount, byteCount: Number(byteCount),
    ...more, reason: excerpt(more?.reason),
  };
  // what `more` lacks for `Name`, its type has refused; the catalogue checks it again
  work.record(name, { subject: `artifactpackage/${id}`, domain: of.domain, data: data as unknown as EventData<ArtifactsEvents, Name> });
}

/** In characters: enough to decide whether one cares; history has the whole reason. */
const MAX_REASON = 1_000;

/** The beginning of a reason, without half a character at its end. */
function excerpt(reason: string | null | undefined): string | null {
  return reason == null ? null : reason.length <= MAX_REASON ? reason : `${reason.slice(0, MAX_REASON).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
