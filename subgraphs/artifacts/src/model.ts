// The nouns of preserved evidence: what is stored, in plain types. Column names in PostgreSQL are the field names.

export const PACKAGE_STATUSES = ['CREATED', 'UPLOADING', 'FINALIZED', 'FAILED', 'DELETED'] as const;
export type PackageStatus = (typeof PACKAGE_STATUSES)[number];

export const FILE_STATUSES = ['PENDING', 'COMPLETE'] as const;
export type FileStatus = (typeof FILE_STATUSES)[number];

export const LOCATION_STATUSES = ['STORED', 'LOST', 'CHANGED', 'REMOVED'] as const;
export type LocationStatus = (typeof LOCATION_STATUSES)[number];

export const HOLD_STATUSES = ['ACTIVE', 'RELEASED'] as const;
export type HoldStatus = (typeof HOLD_STATUSES)[number];

export const RETENTION_EVENT_KINDS = ['DEFAULTED', 'EXTENDED', 'SHORTENED', 'HOLD_PLACED', 'HOLD_RELEASED'] as const;
export type RetentionEventKind = (typeof RETENTION_EVENT_KINDS)[number];

/** Slugs of the retention classes, as the migration brings them; domain rules name the last one. */
export const RETENTION_CLASSES = ['transient', 'raw-evidence', 'summary-evidence', 'release-evidence', 'permanent-record'] as const;
export type RetentionClassSlug = (typeof RETENTION_CLASSES)[number];

/** How long packages are kept when nobody says otherwise. */
export interface RetentionClass {
  readonly slug: RetentionClassSlug;
  /** Days from creation, counted anew from finalizing; null: for ever. */
  readonly days: number | null;
  readonly shortenable: boolean;
  readonly description: string;
}

/** What the metadata of a package must look like: a JSON Schema 2020-12. */
export interface MetadataSchema {
  readonly id: string;
  /** `<name>.v<number>` */
  readonly key: string;
  readonly name: string;
  readonly number: number;
  readonly schema: object | boolean;
  readonly description: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly usedAt: Date | null;
}

/** A set of files that belong together as evidence, and what is known about them. */
export interface ArtifactPackage {
  /** UUIDv7 */
  readonly id: string;
  readonly status: PackageStatus;
  readonly producer: string;
  readonly subject: string;
  /** Slugs and codes of other hubs' nouns. */
  readonly domain: string | null;
  readonly repo: string | null;
  readonly workstream: string | null;
  readonly task: string | null;
  readonly service: string | null;
  /** Commit by slug of the repo. */
  readonly sourceCommits: Readonly<Record<string, string>>;
  readonly metadataSchemaKey: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly retentionClass: RetentionClassSlug;
  /** Null: for ever. */
  readonly expiresAt: Date | null;
  readonly claimedManifestDigest: string | null;
  readonly manifestDigest: string | null;
  /** Of the files announced so far; exact and final when finalized. */
  readonly fileCount: number;
  readonly byteCount: bigint;
  readonly reason: string | null;
  readonly progressAt: Date;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly finalizedAt: Date | null;
  readonly failedAt: Date | null;
  readonly deletedAt: Date | null;
  readonly deletedBy: string | null;
  readonly version: number;
}

/** One file of a package; it exists from its announcement on. */
export interface ArtifactFile {
  readonly id: string;
  readonly packageId: string;
  readonly path: string;
  readonly mediaType: string;
  readonly status: FileStatus;
  readonly size: bigint;
  /** 64 hex digits. */
  readonly claimedSha256: string | null;
  /** `blake3:<hex>` */
  readonly claimedBlake3: string | null;
  readonly sha256: string | null;
  readonly blake3: string | null;
  readonly uploadState: string | null;
  readonly lease: string | null;
  readonly leaseUntil: Date | null;
  readonly createdAt: Date;
  readonly completedAt: Date | null;
}

/** Bytes that some package needs or needed. */
export interface Blob {
  readonly blake3: string;
  readonly sha256: string;
  readonly size: bigint;
  readonly createdAt: Date;
}

/** One copy of a blob in one storage backend. */
export interface StorageLocation {
  readonly id: string;
  readonly blake3: string;
  readonly backend: string;
  readonly key: string;
  readonly status: LocationStatus;
  readonly createdAt: Date;
  readonly checkedAt: Date | null;
  readonly damagedAt: Date | null;
  readonly note: string | null;
  /** Whether the backend's own legal hold was set on it. */
  readonly held: boolean;
}

/** One run of the scrubber over one backend. */
export interface ScrubRun {
  readonly id: string;
  readonly backend: string;
  /** Whether it reads everything, or only what is due. */
  readonly all: boolean;
  /** It reads what was last read before this, and what never was. */
  readonly dueBefore: Date;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly startedBy: string;
  /** The one process that carries it out now, and until when unless it says so again. */
  readonly lease: string | null;
  readonly leaseUntil: Date | null;
  /** Why it stopped before its end; it goes on at the next time. */
  readonly error: string | null;
  /** Locations to read, as counted at the start. */
  readonly due: number;
  readonly checked: number;
  readonly bytes: bigint;
  readonly lost: number;
  readonly changed: number;
  readonly repaired: number;
}

/** What stops the deletion of a package. */
export interface Hold {
  readonly id: string;
  readonly packageId: string;
  readonly status: HoldStatus;
  readonly reason: string;
  readonly authority: string;
  readonly placedBy: string;
  readonly placedAt: Date;
  readonly releasedBy: string | null;
  readonly releasedAt: Date | null;
  readonly releaseReason: string | null;
  readonly version: number;
}

/** How the date until which a package is kept came about. */
export interface RetentionEvent {
  readonly id: string;
  readonly packageId: string;
  readonly kind: RetentionEventKind;
  readonly fromDate: Date | null;
  readonly toDate: Date | null;
  readonly holdId: string | null;
  readonly reason: string;
  readonly actor: string;
  readonly at: Date;
}

/** One link of the audit chain. */
export interface AuditEvent {
  /** Counts from 1 without gap. */
  readonly sequence: bigint;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly packageId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
  /** SHA-256, 64 hex digits. */
  readonly previous: string;
  readonly hash: string;
}
