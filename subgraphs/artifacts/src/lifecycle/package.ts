import { defineLifecycle, type Guard } from '@hubgraph/kit/lifecycle';
import type { ArtifactsCode } from '../errors.ts';
import type { PackageStatus, RetentionClassSlug } from '../model.ts';

/** In milliseconds: without progress for this long a package fails, and for this long it can be resumed. */
export const PATIENCE = 24 * 3_600_000;

/** What the guards of a package look at; gathered with the row locked. */
export interface PackageFacts {
  readonly now: Date;
  readonly class: RetentionClassSlug;
  readonly shortenable: boolean;
  readonly expiresAt: Date | null;
  readonly failedAt: Date | null;
  readonly fileCount: number;
  /** Paths of files whose bytes are not all there; at most a hundred are named, `incompleteCount` counts all. */
  readonly incomplete: readonly string[];
  readonly incompleteCount: number;
  /** What is wrong with the metadata by its schema, one sentence each. */
  readonly metadataProblems: readonly string[];
  /** Set when the producer claimed another manifest digest than these files have. */
  readonly digestMismatch: { readonly claimed: string; readonly actual: string } | null;
  /** Ids of active holds. */
  readonly holds: readonly string[];
  /** What the verb gives. */
  readonly reason: string | null;
  readonly until: Date | null;
}

type PackageGuard = Guard<PackageFacts> & { readonly code: ArtifactsCode };

const met: readonly [] = [];
const hasFiles: PackageGuard = { code: 'FILES_REQUIRED', about: 'there is at least one file', unmet: (facts) => (facts.fileCount > 0 ? met : [{ message: 'The package has no file.' }]) };
const filesComplete: PackageGuard = {
  code: 'FILES_INCOMPLETE',
  about: 'every file is complete, with size and digests as computed by the hub and as claimed',
  unmet: (facts) => (facts.incompleteCount === 0 ? met : [{ message: `${facts.incompleteCount} of ${facts.fileCount} files are not complete.`, refs: facts.incomplete }]),
};
const metadataValid: PackageGuard = { code: 'METADATA_INVALID', about: 'the metadata is valid by its JSON Schema', unmet: (facts) => facts.metadataProblems.map((message) => ({ message })) };
const digestAsClaimed: PackageGuard = {
  code: 'DIGEST_MISMATCH',
  about: 'the manifest digest is the claimed one, if one was claimed',
  unmet: ({ digestMismatch }) => (digestMismatch === null ? met : [{ message: `The manifest digest is ${digestMismatch.actual}; ${digestMismatch.claimed} was claimed.` }]),
};
const inTime: PackageGuard = { code: 'RESUME_TOO_LATE', about: 'it failed less than 24 hours ago', unmet: (facts) => (facts.failedAt !== null && facts.now.getTime() - facts.failedAt.getTime() < PATIENCE ? met : [{ message: 'It failed more than 24 hours ago.' }]) };
const hasReason: PackageGuard = { code: 'REASON_REQUIRED', input: true, about: 'a reason is given', unmet: (facts) => (facts.reason?.trim() ? met : [{ message: 'A reason is needed.' }]) };
const notPermanent: PackageGuard = { code: 'PERMANENT_RECORD', about: 'it is not a permanent record', unmet: (facts) => (facts.class === 'permanent-record' ? [{ message: 'A permanent record stays.' }] : met) };
const expired: PackageGuard = {
  code: 'NOT_EXPIRED',
  about: 'its retention has ended',
  unmet: (facts) => (facts.class !== 'permanent-record' && (facts.expiresAt === null || facts.expiresAt > facts.now) ? [{ message: facts.expiresAt === null ? 'It is kept without an end.' : `It is kept until ${facts.expiresAt.toISOString()}.` }] : met),
};
const notHeld: PackageGuard = { code: 'HELD', about: 'no hold is active', unmet: (facts) => (facts.holds.length === 0 ? met : [{ message: `${facts.holds.length === 1 ? 'A hold is' : `${facts.holds.length} holds are`} active.`, refs: facts.holds }]) };
const later: PackageGuard = {
  code: 'LATER_DATE_REQUIRED',
  input: true,
  about: 'the new date is later than the present one',
  unmet: (facts) => (facts.until !== null && facts.expiresAt !== null && facts.until > facts.expiresAt ? met : [{ message: facts.expiresAt === null ? 'It is kept without an end already.' : `The new date must be after ${facts.expiresAt.toISOString()}.` }]),
};
const earlier: PackageGuard = {
  code: 'EARLIER_DATE_REQUIRED',
  input: true,
  about: 'the new date is earlier than the present one and not past',
  unmet: (facts) => (facts.until !== null && facts.until >= facts.now && (facts.expiresAt === null || facts.until < facts.expiresAt) ? met : [{ message: `The new date must be between ${facts.now.toISOString()} and ${facts.expiresAt?.toISOString() ?? 'any day'}.` }]),
};
const shortenable: PackageGuard = { code: 'CLASS_FIXED', about: 'its class may be shortened', unmet: (facts) => (facts.shortenable ? met : [{ message: `The retention of ${facts.class} is never shortened.` }]) };

/** What stands between a finalized package and its deletion; the deletion and the eligibility report share it. */
export const deletionGuards: readonly PackageGuard[] = [notPermanent, expired, notHeld];

const PRODUCERS = ['author', 'maintainer', 'operator'] as const;

/** The package lifecycle. A finalized package is immutable but for retention and holds. */
export const packageLifecycle = defineLifecycle({
  noun: 'ArtifactPackage',
  states: {
    CREATED: { about: 'known by its metadata, without files' },
    UPLOADING: { about: 'files are announced and their bytes arrive' },
    FINALIZED: { about: 'complete, its manifest digest is fixed; only retention and holds change' },
    FAILED: { about: 'a storage error, or no progress for 24 hours' },
    DELETED: { about: 'bytes are gone unless others share them; manifest and record stay', terminal: true },
  },
  births: [{ verb: 'createArtifactPackage', to: 'CREATED', who: PRODUCERS, emits: 'package.created' }],
  rows: [
    { verb: 'requestUpload', from: ['CREATED', 'UPLOADING'], to: 'UPLOADING', who: PRODUCERS, emits: 'package.uploading' },
    { verb: 'finalizeArtifactPackage', from: ['CREATED', 'UPLOADING'], to: 'FINALIZED', who: PRODUCERS, when: [hasFiles, filesComplete, metadataValid, digestAsClaimed], emits: 'package.finalized' },
    { verb: 'failArtifactPackage', from: ['CREATED', 'UPLOADING'], to: 'FAILED', who: ['system'], when: [hasReason], emits: 'package.failed', about: 'a storage error, or no progress for 24 hours' },
    { verb: 'resumeArtifactPackage', from: ['FAILED'], to: 'UPLOADING', who: PRODUCERS, when: [inTime], emits: 'package.uploading', about: 'finished files are kept' },
    { verb: 'deleteArtifactPackage', from: ['CREATED', 'UPLOADING', 'FAILED'], to: 'DELETED', who: PRODUCERS, when: [hasReason, notHeld], emits: 'package.deleted', about: 'abandoned' },
    { verb: 'deleteArtifactPackage', from: ['FINALIZED'], to: 'DELETED', who: ['operator'], when: [hasReason, ...deletionGuards], emits: 'package.deleted', about: 'nothing is deleted by itself' },
    { verb: 'extendRetention', from: ['FINALIZED'], to: 'FINALIZED', who: PRODUCERS, when: [hasReason, notPermanent, later], emits: 'retention.extended' },
    { verb: 'shortenRetention', from: ['FINALIZED'], to: 'FINALIZED', who: ['steward'], when: [hasReason, shortenable, earlier], emits: 'retention.shortened' },
  ],
} as const satisfies Parameters<typeof defineLifecycle<PackageStatus, string, PackageFacts>>[0]);
