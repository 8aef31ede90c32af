// The nouns of contributions and bills of materials: what is stored, in plain types. Column names in PostgreSQL are the field names.

export const CONTRIBUTION_TYPES = ['BR', 'FR', 'EP', 'UPR'] as const;
export type ContributionType = (typeof CONTRIBUTION_TYPES)[number];

export const CONTRIBUTION_STATUSES = ['DRAFT', 'SUBMITTED', 'ACKNOWLEDGED', 'ACCEPTED', 'REJECTED', 'MERGED', 'WITHDRAWN'] as const;
export type ContributionStatus = (typeof CONTRIBUTION_STATUSES)[number];

export const LICENCE_CLASSES = ['PERMISSIVE', 'WEAK_COPYLEFT', 'STRONG_COPYLEFT', 'NETWORK_COPYLEFT', 'PUBLIC_DOMAIN', 'SOURCE_AVAILABLE', 'PROPRIETARY', 'UNCLASSIFIED', 'UNKNOWN'] as const;
export type LicenceClass = (typeof LICENCE_CLASSES)[number];

/** What we give upstream: a bug report, a feature request, an extension point or an upstream pull request. */
export interface Contribution {
  /** UUIDv7 */
  readonly id: string;
  readonly slug: string;
  readonly type: ContributionType;
  readonly status: ContributionStatus;
  /** Slug. */
  readonly domain: string;
  /** Slug of our repo that it comes from. */
  readonly repo: string | null;
  readonly targetOrg: string;
  readonly targetRepo: string;
  readonly title: string;
  readonly body: string | null;
  readonly bodyPath: string | null;
  /** Code. */
  readonly workstream: string | null;
  readonly topic: string | null;
  /** Purl without version. */
  readonly package: string | null;
  readonly upstreamUrl: string | null;
  readonly answerUrl: string | null;
  readonly reason: string | null;
  readonly notes: string | null;
  readonly evidence: readonly string[];
  readonly supersedesId: string | null;
  readonly sourcePath: string | null;
  readonly sourceSha256: string | null;
  readonly submittedAt: Date | null;
  readonly acknowledgedAt: Date | null;
  readonly resolvedAt: Date | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

/** What a repo took in at one moment. */
export interface SbomSnapshot {
  readonly id: string;
  /** Slug. */
  readonly repo: string;
  /** Counts the snapshots of the repo from 1. */
  readonly version: number;
  readonly takenAt: Date;
  readonly takenBy: string;
  readonly contentDigest: string;
  readonly current: boolean;
  readonly files: readonly { readonly name: string; readonly kind: string; readonly sha256: string }[];
  readonly entryCount: number | null;
  readonly packageCount: number | null;
  readonly directCount: number | null;
  readonly transitiveCount: number | null;
  readonly prodCount: number | null;
  readonly devCount: number | null;
  readonly unknownScopeCount: number | null;
}

/** One package of one snapshot, as stored. */
export interface SbomPackageRow {
  readonly id: string;
  readonly snapshotId: string;
  readonly ordinal: number;
  readonly key: string;
  readonly purl: string;
  /** The purl without version, qualifiers and path. */
  readonly package: string;
  readonly ecosystem: string;
  readonly name: string;
  readonly alias: string | null;
  readonly version: string | null;
  readonly direct: boolean | null;
  readonly dev: boolean | null;
  readonly scope: string | null;
  readonly flags: readonly string[];
  readonly source: { readonly kind: string; readonly location?: string | null };
  readonly integrity: string | null;
  readonly path: string | null;
  readonly thirdParty: boolean;
  readonly declaredLicence: string | null;
  readonly licenceSource: string | null;
  readonly expression: string | null;
  readonly licenceClass: LicenceClass;
  readonly copyleft: boolean;
  readonly dependsOn: readonly string[] | null;
}

/** What somebody concluded about the licence of a package. */
export interface LicenceConclusion {
  readonly id: string;
  readonly purl: string;
  readonly expression: string;
  readonly licenceClass: LicenceClass;
  readonly copyleft: boolean;
  readonly reason: string;
  readonly evidence: readonly string[];
  readonly actor: string;
  readonly at: Date;
}
