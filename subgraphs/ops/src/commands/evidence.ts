import { slugProblems } from '@hubgraph/kit/fields';
import { invalidField, Refused, type MutationErrorData } from '@hubgraph/kit/refusal';
import { keyProblems } from '../evidence/keys.ts';
import { reportProblems } from '../evidence/report.ts';
import type { EnvironmentKind, Evidence, EvidenceKind, EvidenceResult } from '../model.ts';
import type { NewEvidence } from '../store/evidence.ts';
import { evidences, services } from '../store/index.ts';
import type { Work } from './common.ts';
import { settleGates } from './gate-settle.ts';

/** One observation as its reporter tells it. */
export interface EvidenceInput {
  readonly kind: EvidenceKind;
  readonly environment: EnvironmentKind;
  /** Slug; must be registered. */
  readonly service?: string | null;
  /** Code. */
  readonly workstream?: string | null;
  /** Code. */
  readonly migrationRun?: string | null;
  /** Slug; that of the service when left out. */
  readonly domain?: string | null;
  readonly releaseDigest?: string | null;
  readonly result: EvidenceResult;
  readonly observedAt: Date;
  readonly source: string;
  readonly sourceKey: string;
  readonly report?: unknown;
}

export interface RecordEvidenceInput {
  /** 1 to 1,000. */
  readonly evidence: readonly EvidenceInput[];
}

/** What came of a batch, in its order; what was there already is told as it is stored. */
export interface EvidenceBatch {
  readonly evidence: readonly Evidence[];
  readonly recorded: number;
  readonly unchanged: number;
}

export const MAX_BATCH = 1_000;
/** Clocks differ; further ahead is a mistake, and evidence from the future would stay fresh for too long. */
const AHEAD = 5 * 60_000;

/**
 * Records a batch of evidence: all of it or nothing, with every reason at once. What is stored under its source and source
 * key already, with the same content, is unchanged; with another content it is refused. A refusal names the field and what
 * belongs there, never what was there: a value that does not fit may be a secret.
 */
export async function recordEvidence(work: Work, input: RecordEvidenceInput): Promise<{ batch: EvidenceBatch } | Refused> {
  const given = input.evidence;
  if (given.length === 0 || given.length > MAX_BATCH) return new Refused([invalidField(['evidence'], `A batch has 1 to ${MAX_BATCH} entries; this one has ${given.length}.`)]);
  const wrong = given.map((entry) => problemsOf(entry, work.now));
  const known = await services.bySlugs(work.tx, [...new Set(given.flatMap(({ service }, index) => (service == null || wrong[index]!.length > 0 ? [] : [service])))]);
  const rows: NewEvidence[] = [];
  for (const [index, entry] of given.entries()) {
    const service = entry.service == null ? undefined : known.get(entry.service);
    if (wrong[index]!.length === 0 && entry.service != null && service === undefined) wrong[index]!.push(unknownService());
    rows.push(rowOf(entry, service?.domain ?? null));
  }
  const sound = rows.filter((_row, index) => wrong[index]!.length === 0);
  const stored = byKey(await evidences.bySourceKeys(work.tx, sound));
  const fresh = new Map<string, NewEvidence>();
  for (const [index, row] of rows.entries()) {
    if (wrong[index]!.length > 0) continue;
    const before = stored.get(keyOf(row)) ?? fresh.get(keyOf(row));
    if (before === undefined) fresh.set(keyOf(row), row);
    else if (!isSame(before, row, given[index]!)) wrong[index]!.push(differs());
  }
  if (wrong.some((problems) => problems.length > 0)) return refusedAt(wrong);

  // What fell by time alone has fallen before the new evidence; and its gates are locked, so that no decision is made meanwhile.
  await settleGatesOf(work, [...fresh.values()]);
  const inserted = byKey(await evidences.insert(work.tx, [...fresh.values()], work.caller.sub, work.now));
  // Another transaction was first with some of them: what it stored has to be the same.
  const raced = byKey(await evidences.bySourceKeys(work.tx, [...fresh].filter(([key]) => !inserted.has(key)).map(([, row]) => row)));
  for (const [index, row] of rows.entries()) {
    const other = raced.get(keyOf(row));
    if (other !== undefined && !isSame(other, row, given[index]!)) wrong[index]!.push(differs());
  }
  if (wrong.some((problems) => problems.length > 0)) return refusedAt(wrong);

  for (const evidence of inserted.values()) recordFact(work, evidence);
  await settleGatesOf(work, [...inserted.values()]);
  const evidence = rows.map((row) => (inserted.get(keyOf(row)) ?? stored.get(keyOf(row)) ?? raced.get(keyOf(row)))!);
  return { batch: { evidence, recorded: inserted.size, unchanged: given.length - inserted.size } };
}

function recordFact(work: Work, evidence: Evidence): void {
  const { id, kind, environment, result, service, workstream, migrationRun, releaseDigest, observedAt, source } = evidence;
  work.record('evidence.recorded', { subject: `evidence/${id}`, domain: evidence.domain, data: { id, kind, environment, result, service, workstream, migrationRun, releaseDigest, observedAt: observedAt.toISOString(), source } });
}

/** Tells the gates that new evidence concerns. LOCAL evidence concerns none. */
async function settleGatesOf(work: Work, recorded: readonly NewEvidence[]): Promise<void> {
  const counting = recorded.filter(({ environment }) => environment !== 'LOCAL');
  if (counting.length === 0) return;
  const named = (key: 'service' | 'workstream' | 'migrationRun' | 'domain') => [...new Set(counting.flatMap((evidence) => evidence[key] ?? []))];
  await settleGates(work, { services: named('service'), workstreams: named('workstream'), migrationRuns: named('migrationRun'), domains: named('domain') });
}

function problemsOf(entry: EvidenceInput, now: Date): MutationErrorData[] {
  const { kind, observedAt, domain, report } = entry;
  return [
    ...keyProblems(entry).map(({ path, message }) => invalidField(path, message)),
    ...(domain == null || keyProblems({ domain }).length > 0 ? [] : slugProblems(domain, ['domain'])),
    ...(observedAt.getTime() > now.getTime() + AHEAD ? [invalidField(['observedAt'], 'An observation is at most 5 minutes ahead of the hub\'s clock.')] : []),
    ...reportProblems(kind, report ?? {}).map(({ path, message }) => invalidField(['report', ...path], message)),
  ];
}

function rowOf(entry: EvidenceInput, domain: string | null): NewEvidence {
  const { kind, environment, result, observedAt, source, sourceKey } = entry;
  return {
    kind, environment, service: entry.service ?? null, workstream: entry.workstream ?? null, migrationRun: entry.migrationRun ?? null, domain: entry.domain ?? domain, releaseDigest: entry.releaseDigest ?? null,
    result, observedAt, source, sourceKey, report: (entry.report ?? {}) as NewEvidence['report'],
  };
}

/** Whether an entry says what is known already. A domain that was not given is not said: a service may have moved since. */
function isSame(before: NewEvidence, row: NewEvidence, given: EvidenceInput): boolean {
  const content = ({ kind, environment, service, workstream, migrationRun, domain, releaseDigest, result, observedAt, report }: NewEvidence) =>
    canonical([kind, environment, service, workstream, migrationRun, given.domain == null ? null : domain, releaseDigest, result, observedAt, report]);
  return content(before) === content(row);
}

/** JSON with sorted keys, because PostgreSQL keeps no order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (part !== null && typeof part === 'object' && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part));
}

function keyOf({ source, sourceKey }: Pick<NewEvidence, 'source' | 'sourceKey'>): string {
  return `${source}\n${sourceKey}`;
}

function byKey<Row extends NewEvidence>(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [keyOf(row), row]));
}

function unknownService(): MutationErrorData {
  return { type: 'NotFound', code: 'NOT_FOUND', message: 'There is no such service; register it first.', path: ['input', 'service'] };
}

function differs(): MutationErrorData {
  return invalidField(['sourceKey'], 'This source recorded something else under this key already; evidence is never changed, so an observation anew needs a key anew.');
}

/** Every reason, with the place of its entry. */
function refusedAt(wrong: readonly (readonly MutationErrorData[])[]): Refused {
  return new Refused(wrong.flatMap((problems, index) => problems.map((problem) => ({ ...problem, path: ['input', 'evidence', String(index), ...problem.path.slice(1)] }))));
}
