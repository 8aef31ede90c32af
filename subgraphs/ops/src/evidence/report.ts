import type { z } from 'zod';
import { EVIDENCE_KINDS, type EvidenceKind } from '../model.ts';
import { collection, common, count, duration, flag, hash, id, listOf, routeComparison, routeResult, statusOf, time } from './fields.ts';
import { secretIn } from './secret.ts';

/** What a report of each kind may say; nothing else fits. */
export const REPORTS = {
  SMOKE: common.extend({ routes: listOf(routeResult).optional() }),
  PROBE: common.extend({ routes: listOf(routeResult).optional(), samples: count.optional(), up: flag.optional(), p50Ms: duration.optional(), p95Ms: duration.optional(), p99Ms: duration.optional() }),
  DUAL_RUN: common.extend({ compared: count.optional(), equal: count.optional(), differing: count.optional(), missing: count.optional(), extra: count.optional(), routes: listOf(routeComparison).optional(), collections: listOf(collection).optional(), differingIds: listOf(id).optional() }),
  IMPORT: common.extend({ countsIn: count.optional(), countsStored: count.optional(), rejected: count.optional(), unchanged: count.optional(), collections: listOf(collection).optional(), bundleDigest: hash.optional(), dryRun: flag.optional() }),
  BUNDLE_VALIDATION: common.extend({ bundleDigest: hash.optional(), schemaVersion: id.optional(), files: count.optional(), entries: count.optional(), errors: count.optional(), warnings: count.optional(), signed: flag.optional(), collections: listOf(collection).optional() }),
  READINESS_REPORT: common.extend({ ready: flag.optional(), gates: listOf(statusOf).optional(), services: listOf(statusOf).optional(), openAlerts: count.optional(), openRisks: count.optional(), blocking: count.optional() }),
  ROLLBACK_REHEARSAL: common.extend({ fromRelease: hash.optional(), toRelease: hash.optional(), dataLost: flag.optional(), countsBefore: count.optional(), countsAfter: count.optional(), routes: listOf(routeResult).optional() }),
  BACKUP_RESTORE: common.extend({ backupId: id.optional(), backupAt: time.optional(), restoredAt: time.optional(), sizeBytes: count.optional(), countsIn: count.optional(), countsRestored: count.optional(), contentHash: hash.optional(), verified: flag.optional(), recoveryPointMs: duration.optional(), recoveryTimeMs: duration.optional(), collections: listOf(collection).optional() }),
} as const satisfies Record<EvidenceKind, z.ZodType>;

/** What is wrong with one field: where it is, and what belongs there. Never what was there. */
export interface FieldProblem {
  readonly path: readonly string[];
  readonly message: string;
}

/** In characters of JSON. */
const LARGEST_REPORT = 32_768;
/** Names that may be said aloud: those of fields, and what could be a misspelling of one. */
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,39}$/;

/** The fields of every kind, for whoever writes a reporter. */
export function reportFields(kind: EvidenceKind): string[] {
  return Object.keys(REPORTS[kind].shape);
}

/** Everything in a report that does not fit the allowlist of its kind, or looks like a secret. */
export function reportProblems(kind: EvidenceKind, report: unknown): FieldProblem[] {
  const read = REPORTS[kind].safeParse(report);
  if (!read.success) return read.error.issues.flatMap((issue) => problemsOf(kind, issue));
  if (JSON.stringify(report).length > LARGEST_REPORT) return [{ path: [], message: `A report has at most ${LARGEST_REPORT} characters of JSON.` }];
  return secretsIn(report, []);
}

function problemsOf(kind: EvidenceKind, issue: z.core.$ZodIssue): FieldProblem[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const most = issue.keys.slice(0, 20);
    return most.map((key) => ({ path: [...path, sayable(key)], message: path.length === 0 ? `A report of ${kind} has no such field; it has ${reportFields(kind).join(', ')}.` : 'There is no such field here.' }));
  }
  // messages of our own say what belongs there; zod's say what came, by its type alone
  const wanted = issue.code === 'invalid_type' && path.length === 0 ? 'an object' : issue.message.startsWith('Invalid') || issue.message.startsWith('Unrecognized') ? 'another shape' : issue.message;
  return [{ path, message: `This must be ${wanted}.` }];
}

/** A name that is none of ours may be the secret itself. */
function sayable(name: string): string {
  return NAME.test(name) && secretIn(name) === null ? name : '(a field whose name is not said)';
}

function secretsIn(value: unknown, path: readonly string[]): FieldProblem[] {
  if (typeof value === 'string') {
    const kind = secretIn(value);
    return kind === null ? [] : [{ path, message: `This looks like a secret (${kind}); evidence holds none.` }];
  }
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => secretsIn(inner, [...path, key]));
}

/** Whether a text is a kind of evidence. */
export function isEvidenceKind(text: unknown): text is EvidenceKind {
  return (EVIDENCE_KINDS as readonly unknown[]).includes(text);
}
