import { isDeepStrictEqual } from 'node:util';
import { textProblems } from '@hubgraph/kit/fields';
import { newId } from '@hubgraph/kit/ids';
import { invalidField, Refused, transitionRefused, type MutationErrorData } from '@hubgraph/kit/refusal';
import { packageLifecycle, type PackageFacts } from '../lifecycle/package.ts';
import { RETENTION_CLASSES, type ArtifactPackage, type RetentionClass } from '../model.ts';
import { metadataSchemas, packages, retention } from '../store/index.ts';
import { audit } from './audit.ts';
import { factsOf, lockedPackage, recordPackage, type Work } from './common.ts';
import { columnsOf, contentProblems, type PackageContent } from './package-fields.ts';

const DAY = 86_400_000;

export interface CreateArtifactPackageInput extends PackageContent {
  readonly producer: string;
  readonly subject: string;
  /** Slug. */
  readonly retentionClass: string;
}

/** Begins a package: CREATED, without files, kept as long as its retention class says. */
export async function createArtifactPackage(work: Work, input: CreateArtifactPackageInput): Promise<{ package: ArtifactPackage } | Refused> {
  const kept = (await retention.classesBySlug(work.tx, [input.retentionClass])).get(input.retentionClass);
  const wrong = [
    ...contentProblems(input),
    ...(kept === undefined ? [invalidField(['retentionClass'], `A retention class is one of ${RETENTION_CLASSES.join(', ')}.`)] : []),
    ...(await schemaProblems(work, input.metadataSchema)),
  ];
  if (wrong.length > 0 || kept === undefined) return new Refused(wrong);
  const { producer, subject } = input;
  const { caller, now } = work;
  const created = await packages.insert(work.tx, {
    domain: null, repo: null, workstream: null, task: null, service: null, sourceCommits: {}, metadataSchemaKey: null, metadata: {}, claimedManifestDigest: null, ...columnsOf(input),
    id: newId(), status: 'CREATED', producer, subject, retentionClass: kept.slug, expiresAt: expiryOf(kept, now), manifestDigest: null, fileCount: 0, byteCount: 0n, reason: null,
    progressAt: now, createdBy: caller.sub, createdAt: now, updatedAt: now, finalizedAt: null, failedAt: null, deletedAt: null, deletedBy: null, version: 1,
  });
  await noteDefault(work, created, kept, null, 'creation');
  work.note({ noun: 'ArtifactPackage', entityId: created.id, verb: 'createArtifactPackage', from: null, to: 'CREATED' });
  recordPackage(work, 'package.created', created, null);
  const { id, domain, repo, workstream, task, service, sourceCommits, metadataSchemaKey, retentionClass, expiresAt } = created;
  await audit(work, { action: 'createArtifactPackage', packageId: id, data: { producer, subject, domain, repo, workstream, task, service, sourceCommits, metadataSchema: metadataSchemaKey, retentionClass, expiresAt } });
  return { package: created };
}

/** What may change of a package that is not finalized: what is undefined stays, null clears. Its retention class stays. */
export interface UpdateArtifactPackageInput extends PackageContent {
  readonly id: string;
  readonly producer?: string | null;
  readonly subject?: string | null;
  readonly expectedVersion?: number | null;
}

/** Changes what is written of a package before it is finalized. Nothing to change is no change: no new version, no event. */
export async function updateArtifactPackage(work: Work, input: UpdateArtifactPackageInput): Promise<{ package: ArtifactPackage } | Refused> {
  const before = await lockedPackage(work, input);
  if (before instanceof Refused) return before;
  const wrong = [...contentProblems(input), ...(await schemaProblems(work, input.metadataSchema))];
  if (wrong.length > 0) return new Refused(wrong);
  if (before.status === 'FINALIZED' || before.status === 'DELETED') {
    const unmet = [{ code: 'WRONG_STATE', message: `What is written of a package may change until it is finalized; this one is ${before.status}.`, refs: ['CREATED', 'UPLOADING', 'FAILED'] }];
    return transitionRefused({ moved: false, from: before.status, to: null, verb: 'updateArtifactPackage', unmet }, packageLifecycle.allowed(before.status, await factsOf(work.tx, before, work.now), work.caller));
  }
  const given = { producer: input.producer ?? undefined, subject: input.subject ?? undefined, ...columnsOf(input) };
  // the database sorts the keys of JSON, so texts of it do not compare
  const changes = Object.fromEntries(Object.entries(given).filter(([name, value]) => value !== undefined && !isDeepStrictEqual(value, before[name as keyof ArtifactPackage]))) as Partial<ArtifactPackage>;
  if (Object.keys(changes).length === 0) return { package: before };
  const updated = await packages.save(work.tx, before, changes, work.now);
  recordPackage(work, 'package.updated', updated, before.status);
  const { metadata: _long, ...rest } = changes;
  await audit(work, { action: 'updateArtifactPackage', packageId: updated.id, data: { ...rest, changed: Object.keys(changes).sort() } });
  return { package: updated };
}

export interface MoveArtifactPackageInput {
  readonly id: string;
  readonly reason?: string | null;
  readonly expectedVersion?: number | null;
}

/** Says that a package came to no end, for a storage error or because nothing arrived for long; for the system. What is stored of it stays. */
export async function failArtifactPackage(work: Work, input: MoveArtifactPackageInput): Promise<{ package: ArtifactPackage } | Refused> {
  return movePackage(work, 'failArtifactPackage', input, { reason: input.reason ?? null, failedAt: work.now });
}

/** Takes a failed package up again, within a day; finished files are kept. */
export async function resumeArtifactPackage(work: Work, input: MoveArtifactPackageInput): Promise<{ package: ArtifactPackage } | Refused> {
  return movePackage(work, 'resumeArtifactPackage', input, { reason: null, failedAt: null, progressAt: work.now });
}

async function movePackage(work: Work, verb: 'failArtifactPackage' | 'resumeArtifactPackage', input: MoveArtifactPackageInput, changes: Partial<ArtifactPackage>): Promise<{ package: ArtifactPackage } | Refused> {
  const before = await lockedPackage(work, input);
  if (before instanceof Refused) return before;
  const wrong = textProblems({ reason: input.reason });
  if (wrong.length > 0) return new Refused(wrong);
  const reason = input.reason ?? null;
  const decided = decide(work, verb, before, await factsOf(work.tx, before, work.now, { reason }));
  if (decided instanceof Refused) return decided;
  const moved = await packages.save(work.tx, before, { ...changes, status: decided.to }, work.now);
  work.note({ noun: 'ArtifactPackage', entityId: moved.id, verb, from: decided.from, to: decided.to, note: reason });
  recordPackage(work, decided.emits as 'package.failed', moved, decided.from, { reason });
  await audit(work, { action: verb, packageId: moved.id, data: reason === null ? {} : { reason } });
  return { package: moved };
}

/** Decides a verb of a package, or refuses with every reason and all that would be allowed. */
export function decide(work: Work, verb: (typeof packageLifecycle.table.rows)[number]['verb'], before: ArtifactPackage, facts: PackageFacts) {
  const decided = packageLifecycle.decide(verb, before.status, facts, work.caller);
  return decided.moved ? decided : transitionRefused(decided, packageLifecycle.allowed(before.status, facts, work.caller));
}

/** Until when a class keeps what begins now; null: for ever. */
export function expiryOf({ days }: RetentionClass, from: Date): Date | null {
  return days === null ? null : new Date(from.getTime() + days * DAY);
}

/** Writes down that the retention class set the date until which a package is kept. */
export async function noteDefault(work: Work, after: ArtifactPackage, { slug, days }: RetentionClass, fromDate: Date | null, counted: 'creation' | 'finalizing'): Promise<void> {
  const reason = days === null ? `${slug} is kept for ever.` : `${slug} is kept for ${days} days from ${counted}.`;
  await retention.insert(work.tx, { packageId: after.id, kind: 'DEFAULTED', fromDate, toDate: after.expiresAt, holdId: null, reason, actor: work.caller.sub, at: work.now });
}

async function schemaProblems(work: Work, key: string | null | undefined): Promise<MutationErrorData[]> {
  if (key == null || (await metadataSchemas.byKeys(work.tx, [key])).has(key)) return [];
  return [{ type: 'NotFound', code: 'NOT_FOUND', message: `There is no metadata schema ${key.slice(0, 200)}.`, path: ['input', 'metadataSchema'] }];
}
