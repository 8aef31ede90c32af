// The nouns of operation: what is stored, in plain types. Column names in PostgreSQL are the field names. It is
// longer than 300 lines because each noun of the tables has its one place here.

export const ENVIRONMENT_KINDS = ['LOCAL', 'STAGING', 'PRODUCTION'] as const;
export type EnvironmentKind = (typeof ENVIRONMENT_KINDS)[number];

export const SERVICE_TIERS = ['TIER_1', 'TIER_2', 'TIER_3', 'TIER_4'] as const;
export type ServiceTier = (typeof SERVICE_TIERS)[number];

export const REPORTER_KINDS = ['HUB', 'API_CONSUMER', 'WIDGET'] as const;
export type ReporterKind = (typeof REPORTER_KINDS)[number];

export const DEPLOYMENT_RESULTS = ['RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'] as const;
export type DeploymentResult = (typeof DEPLOYMENT_RESULTS)[number];

export const EVIDENCE_KINDS = ['SMOKE', 'PROBE', 'DUAL_RUN', 'IMPORT', 'BUNDLE_VALIDATION', 'READINESS_REPORT', 'ROLLBACK_REHEARSAL', 'BACKUP_RESTORE'] as const;
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

export const EVIDENCE_RESULTS = ['PASS', 'FAIL'] as const;
export type EvidenceResult = (typeof EVIDENCE_RESULTS)[number];

export const GATE_STATUSES = ['PENDING', 'READY', 'PASSED', 'FAILED', 'WAIVED'] as const;
export type GateStatus = (typeof GATE_STATUSES)[number];

export const GATE_PHASES = ['CUTOVER', 'RETIREMENT'] as const;
export type GatePhase = (typeof GATE_PHASES)[number];

export const MIGRATION_STATUSES = ['PLANNED', 'VALIDATED', 'IMPORTED', 'DUAL_RUNNING', 'CUT_OVER', 'ROLLED_BACK', 'RETIRED'] as const;
export type MigrationStatus = (typeof MIGRATION_STATUSES)[number];

export const ALERT_STATUSES = ['RAISED', 'ACKNOWLEDGED', 'RESOLVED'] as const;
export type AlertStatus = (typeof ALERT_STATUSES)[number];

/** From the least to the most severe. */
export const ALERT_SEVERITIES = ['INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const;
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

export const ALERT_ENTRY_KINDS = ['RAISED', 'REPEATED', 'SEVERITY_CHANGED', 'ACKNOWLEDGED', 'RETURNED', 'LAPSED', 'ESCALATED', 'NOTED', 'RESOLVED'] as const;
export type AlertEntryKind = (typeof ALERT_ENTRY_KINDS)[number];

export const SUBJECT_KINDS = ['SERVICE', 'WORKSTREAM', 'REPO', 'DOMAIN', 'PACKAGE'] as const;
export type SubjectKind = (typeof SUBJECT_KINDS)[number];

export const RISK_STATUSES = ['SURFACED', 'ESCALATED', 'MITIGATED', 'ACCEPTED', 'CLOSED'] as const;
export type RiskStatus = (typeof RISK_STATUSES)[number];

/** What an alert or a risk is about: the kind of its subject, and the keys of all that are known. */
export interface Subjects {
  readonly subject: SubjectKind;
  /** Slug. */
  readonly service: string | null;
  /** Code. */
  readonly workstream: string | null;
  /** Slug. */
  readonly repo: string | null;
  /** Slug. */
  readonly domain: string | null;
  /** Purl. */
  readonly package: string | null;
}

/** Something that runs and that somebody answers for. */
export interface Service {
  /** UUIDv7 */
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly domain: string;
  readonly repo: string | null;
  readonly owner: string;
  readonly tier: ServiceTier;
  readonly description: string | null;
  readonly retiredAt: Date | null;
  readonly source: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

/** A place where services run. */
export interface Environment {
  readonly id: string;
  readonly slug: string;
  readonly kind: EnvironmentKind;
  readonly name: string;
  readonly url: string | null;
  readonly description: string | null;
  readonly source: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

/** That a service runs in an environment, and what is there now. */
export interface ServiceEnvironment {
  readonly serviceId: string;
  readonly environmentId: string;
  readonly url: string | null;
  readonly releaseDigest: string | null;
  readonly deploymentId: string | null;
}

/** What reports to this hub or reads from the graph. */
export interface Reporter {
  readonly id: string;
  readonly kind: ReporterKind;
  readonly slug: string;
  readonly name: string;
  readonly owner: string | null;
  readonly service: string | null;
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly url: string | null;
  readonly source: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

/** A release brought to an environment. */
export interface Deployment {
  readonly id: string;
  readonly service: string;
  readonly environment: EnvironmentKind;
  readonly place: string | null;
  readonly releaseDigest: string;
  readonly release: string | null;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly result: DeploymentResult;
  readonly actor: string;
  readonly rollbackOfId: string | null;
  readonly source: string;
  readonly sourceKey: string;
  readonly domain: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

/** One observation; never changed. */
export interface Evidence {
  readonly id: string;
  readonly kind: EvidenceKind;
  readonly environment: EnvironmentKind;
  readonly service: string | null;
  readonly workstream: string | null;
  /** Code of the migration run. */
  readonly migrationRun: string | null;
  readonly domain: string | null;
  readonly releaseDigest: string | null;
  readonly result: EvidenceResult;
  readonly observedAt: Date;
  readonly recordedAt: Date;
  readonly recordedBy: string;
  readonly source: string;
  readonly sourceKey: string;
  readonly report: Readonly<Record<string, unknown>>;
}

/** One thing that a gate asks of the evidence. */
export interface Requirement {
  /** Unique within the gate. */
  readonly key: string;
  readonly kind: EvidenceKind;
  /** STAGING, PRODUCTION or both; LOCAL never satisfies, so it cannot be asked for. */
  readonly environments: readonly Exclude<EnvironmentKind, 'LOCAL'>[];
  /** Evidence observed longer ago than this does not count; null: any age. */
  readonly freshnessHours: number | null;
  /** How many passing observations are needed in each of the environments; 1 or more. */
  readonly minimum: number;
  /** Whether the evidence must be of the gate's release. */
  readonly sameRelease: boolean;
}

/** A live query over evidence that a person passes, never ticks. */
export interface Gate {
  readonly id: string;
  readonly code: string;
  readonly title: string;
  readonly domain: string;
  readonly service: string | null;
  readonly workstream: string | null;
  readonly migrationRunId: string | null;
  readonly phase: GatePhase | null;
  readonly owner: string;
  readonly requirements: readonly Requirement[];
  /** Null: the release that runs in production. */
  readonly releaseDigest: string | null;
  /** What somebody decided last; what holds now is computed by gate/evaluate.ts. */
  readonly decision: Exclude<GateStatus, 'READY'>;
  readonly decidedAt: Date | null;
  readonly decidedBy: string | null;
  /** The release that was passed. */
  readonly decidedRelease: string | null;
  readonly note: string | null;
  readonly waiverDecision: string | null;
  readonly waiverRisk: string | null;
  readonly waiverUntil: Date | null;
  /** What events last told, and since when. */
  readonly toldStatus: GateStatus;
  readonly toldAt: Date;
  /** The next moment at which time alone may change the status, never too late; null: none. */
  readonly changesAt: Date | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

/** A system replaced by another, step by step. */
export interface MigrationRun {
  readonly id: string;
  readonly code: string;
  readonly title: string;
  readonly domain: string;
  readonly service: string | null;
  readonly workstream: string | null;
  readonly status: MigrationStatus;
  readonly owner: string;
  readonly bundleDigest: string | null;
  readonly countsIn: number | null;
  readonly countsStored: number | null;
  readonly cutoverDecision: string | null;
  readonly legacyFallback: boolean | null;
  readonly soakUntil: Date | null;
  readonly rollbackRehearsedAt: Date | null;
  readonly reason: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

/** Something that needs somebody now. */
export interface Alert extends Subjects {
  readonly id: string;
  readonly dedupKey: string;
  readonly status: AlertStatus;
  readonly severity: AlertSeverity;
  /** Place of the severity in {@link ALERT_SEVERITIES}. */
  readonly severityRank: number;
  readonly title: string;
  readonly detail: string | null;
  readonly source: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  readonly owner: string | null;
  /** Since when nobody has it: raised, given back or lapsed. */
  readonly waitsSince: Date;
  readonly acknowledgedAt: Date | null;
  readonly acknowledgedUntil: Date | null;
  readonly escalation: number;
  readonly escalatedAt: Date | null;
  readonly escalatedTo: string | null;
  readonly resolvedAt: Date | null;
  readonly resolvedBy: string | null;
  readonly note: string | null;
  readonly previousId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

/** One line of an alert's timeline. */
export interface AlertEntry {
  readonly id: string;
  readonly alertId: string;
  readonly at: Date;
  readonly kind: AlertEntryKind;
  readonly actor: string;
  readonly note: string | null;
  /** Of repeats: how many by the same actor without anything else between, the last of them at `until`. */
  readonly count: number;
  readonly until: Date;
}

export const MATCH_OPERATORS = ['EQUAL', 'NOT_EQUAL', 'MATCHES', 'NOT_MATCHES'] as const;
export type MatchOperator = (typeof MATCH_OPERATORS)[number];

/** What an alert must be like; a name is a label, or one of severity, service, workstream, repo, domain, package, source, dedupKey. */
export interface Matcher {
  readonly name: string;
  readonly operator: MatchOperator;
  readonly value: string;
}

/** Alerts that nobody needs to hear of for a time. */
export interface Silence {
  readonly id: string;
  readonly matchers: readonly Matcher[];
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly comment: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly endedBy: string | null;
  readonly version: number;
}

/** While an alert of one kind is open, those of another say nothing new. */
export interface InhibitionRule {
  readonly id: string;
  readonly name: string;
  readonly source: readonly Matcher[];
  readonly target: readonly Matcher[];
  readonly equal: readonly string[];
  readonly comment: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly version: number;
}

/** Something that may go wrong. */
export interface Risk extends Subjects {
  readonly id: string;
  readonly title: string;
  readonly description: string | null;
  readonly status: RiskStatus;
  readonly likelihood: number;
  readonly impact: number;
  readonly score: number;
  readonly residualScore: number | null;
  readonly owner: string;
  readonly level: string | null;
  readonly reviewDate: Date | null;
  readonly decision: string | null;
  readonly mitigation: string | null;
  readonly reason: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

/** An event of another hub that could not be taken in. */
export interface PoisonMessage {
  readonly id: string;
  readonly stream: string;
  readonly position: bigint;
  readonly type: string | null;
  readonly subject: string | null;
  readonly raw: Uint8Array;
  readonly reason: string;
  readonly at: Date;
  readonly attempts: number;
  readonly outcome: 'REPLAYED' | 'DISCARDED' | null;
  readonly settledAt: Date | null;
  readonly settledBy: string | null;
}
