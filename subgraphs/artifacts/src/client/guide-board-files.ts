import { z } from 'zod';
import { ArtifactsError } from './connection.ts';

/** The file of a run that declares all others. */
export const DECLARATION = 'reports/assessment-package.json';

/** What `run.json` says. */
export interface RunFile {
  readonly runId: string;
  readonly targetProfile: string;
  readonly assessmentProfile: string;
  readonly resultStatus: string;
  /** Commit SHA by slug of the repo. */
  readonly sourceCommits: Readonly<Record<string, string>>;
  readonly evidenceCounts: Readonly<Record<string, number>> | null;
  readonly findingCounts: Readonly<Record<string, number>> | null;
}

/** What `reports/assessment-package.json` says. */
export interface Declaration {
  readonly runId: string | null;
  readonly files: readonly { readonly path: string; readonly size: number | null; readonly sha256: string | null; readonly kind: string | null }[];
  readonly reportPaths: readonly string[] | null;
  readonly evidenceCounts: Readonly<Record<string, number>> | null;
  readonly findingCounts: Readonly<Record<string, number>> | null;
}

const counts = z.record(z.string(), z.int().nonnegative());
/** By slug, or as a list. */
const commits = z.union([
  z.record(z.string(), z.string()),
  z.array(z.object({ repo: z.string(), commit: z.string() })).transform((list) => Object.fromEntries(list.map(({ repo, commit }) => [repo, commit]))),
]);
// further fields are the tool's own and stay in the file, which is preserved as it is
const run = z.object({
  run_id: z.string().min(1), target_profile_ref: z.string().min(1), assessment_profile_ref: z.string().min(1), result_status: z.string().min(1),
  source_commits: commits.default({}), evidence_counts: counts.optional(), finding_counts: counts.optional(),
});
const file = z.object({ path: z.string(), size: z.int().nonnegative().nullish(), sha256: z.string().regex(/^[\dA-Fa-f]{64}$/, 'is no SHA-256').nullish(), kind: z.string().nullish() });
const declaration = z.object({
  run_id: z.string().nullish(), files: z.array(z.union([z.string().transform((path) => ({ path })), file], { error: 'needs a path, and may have size, sha256 (64 hex digits) and kind' })).min(1),
  report_paths: z.array(z.string()).optional(), evidence_counts: counts.optional(), finding_counts: counts.optional(),
});
const retention = z.object({ retention_class: z.string().nullish() });

/** @throws ArtifactsError with everything that is wrong */
export function readRun(value: unknown): RunFile {
  const { run_id: runId, target_profile_ref: targetProfile, assessment_profile_ref: assessmentProfile, result_status: resultStatus, source_commits: sourceCommits, evidence_counts: evidenceCounts = null, finding_counts: findingCounts = null } = parse(run, value, 'run.json');
  return { runId, targetProfile, assessmentProfile, resultStatus, sourceCommits, evidenceCounts, findingCounts };
}

/** @throws ArtifactsError with everything that is wrong */
export function readDeclaration(value: unknown): Declaration {
  const { run_id: runId = null, files, report_paths: reportPaths = null, evidence_counts: evidenceCounts = null, finding_counts: findingCounts = null } = parse(declaration, value, DECLARATION);
  const declared = files.map(({ path, ...rest }) => {
    const { size = null, sha256 = null, kind = null } = rest as Partial<z.infer<typeof file>>;
    return { path, size, sha256: sha256?.toLowerCase() ?? null, kind };
  });
  return { runId, files: declared, reportPaths, evidenceCounts, findingCounts };
}

/** Slug of the retention class; null when the file does not say one. @throws ArtifactsError */
export function readRetention(value: unknown): string | null {
  return parse(retention, value, 'retention-summary.json').retention_class ?? null;
}

function parse<Shape extends z.ZodType>(shape: Shape, value: unknown, name: string): z.infer<Shape> {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ArtifactsError(parsed.error.issues.map(({ path, message }) => `${name}: ${path.join('.') || 'the whole'}: ${message}.`));
}
