import { checkVersion } from '@hubgraph/kit/entity';
import { MAX_LINE, textProblems } from '@hubgraph/kit/fields';
import { isUuid, newId } from '@hubgraph/kit/ids';
import { duplicate, invalidField, notFound, Refused, transitionRefused, type MutationErrorData } from '@hubgraph/kit/refusal';
import type { OpsEvents } from '../events.ts';
import { migrationLifecycle, type MigrationFacts } from '../lifecycle/migration.ts';
import type { MigrationRun, MigrationStatus } from '../model.ts';
import { migrationFacts, migrations } from '../store/index.ts';
import type { Work } from './common.ts';
import { codeProblems, lineFields, placeOf, placeProblems, releaseProblems, type PlaceInput } from './gate-input.ts';
import { settleGates } from './gate-settle.ts';
import { secretProblems } from './secrets.ts';

/** Event names of a migration run. */
type MigrationEvent = Extract<keyof OpsEvents, `migration.${string}`>;

const MAX_NOTE = 5_000;
const MOST_COUNT = 2_147_483_647;
/** How long the new system serves before the old one may go, when whoever cuts over does not say: 14 days. */
const SOAK = 14 * 86_400_000;

export interface PlanMigrationInput extends PlaceInput {
  readonly code: string;
  readonly title: string;
  readonly owner?: string | null;
  readonly bundleDigest?: string | null;
}

/** Names a migration run as PLANNED. Its evidence and gates name it by its code. */
export async function planMigration(work: Work, input: PlanMigrationInput): Promise<{ migrationRun: MigrationRun } | Refused> {
  const { code, title, bundleDigest = null } = input;
  const wrong = [...codeProblems(code), ...lineFields({ title, owner: input.owner }), ...placeProblems(input), ...releaseProblems('bundleDigest', bundleDigest)];
  if (wrong.length > 0) return new Refused(wrong);
  const place = await placeOf(work, input);
  if (place instanceof Refused) return place;
  const run = await migrations.insert(work.tx, {
    ...place, id: newId(), code, title, status: 'PLANNED', owner: input.owner ?? work.caller.sub, bundleDigest, countsIn: null, countsStored: null, cutoverDecision: null, legacyFallback: null, soakUntil: null,
    rollbackRehearsedAt: null, reason: null, createdBy: work.caller.sub, createdAt: work.now, updatedAt: work.now, version: 1,
  });
  if (run === null) return duplicate('migration run', code, (await migrations.byCodes(work.tx, [code])).get(code)?.id ?? '', ['code']);
  work.note({ noun: 'MigrationRun', entityId: run.id, verb: 'planMigration', from: null, to: 'PLANNED' });
  recordMigration(work, 'migration.planned', run, null);
  return { migrationRun: run };
}

export const MIGRATION_MOVES = ['validateMigration', 'importMigration', 'startDualRun', 'cutOverMigration', 'rollBackMigration', 'retireMigration'] as const;
export type MigrationMove = (typeof MIGRATION_MOVES)[number];

export interface MoveMigrationInput {
  readonly id: string;
  /** How many went in and how many are stored. */
  readonly countsIn?: number | null;
  readonly countsStored?: number | null;
  /** Id or code of the decision that says whether the legacy fallback remains. */
  readonly decision?: string | null;
  readonly legacyFallback?: boolean | null;
  readonly soakUntil?: Date | null;
  /** Of a rollback: why; of any other step a note. */
  readonly reason?: string | null;
  readonly expectedVersion?: number | null;
}

/** Moves a migration run by one of its verbs; its gates and evidence are evaluated in the same transaction. */
export async function moveMigration(work: Work, verb: MigrationMove, input: MoveMigrationInput): Promise<{ migrationRun: MigrationRun } | Refused> {
  const { decision = null, reason = null, legacyFallback = null } = input;
  const wrong = [...textProblems({ reason }, MAX_NOTE), ...textProblems({ decision }, MAX_LINE), ...secretProblems({ reason, decision }), ...countProblems(input), ...soakProblems(work, input)];
  if (wrong.length > 0) return new Refused(wrong);
  const before = isUuid(input.id) ? await migrations.lockById(work.tx, input.id) : null;
  if (before === null) return notFound('migration run', input.id);
  const stale = checkVersion(before, input.expectedVersion);
  if (stale) return stale;
  // Locks its gates, so that none falls between this look and the commit.
  await settleGates(work, { migrationRuns: [before.code] });
  const stored = (await migrationFacts(work.tx, [before], work.now)).get(before.id)!;
  const facts: MigrationFacts = { ...stored.facts, countsIn: input.countsIn ?? before.countsIn, countsStored: input.countsStored ?? before.countsStored, decision, legacyFallback, reason };
  const decided = migrationLifecycle.decide(verb, before.status, facts, work.caller);
  if (!decided.moved) return transitionRefused(decided, migrationLifecycle.allowed(before.status, facts, work.caller));
  const run = await migrations.save(work.tx, before, { status: decided.to, ...columnsOf(decided.to, facts, input, work.now), rollbackRehearsedAt: stored.rehearsedAt, reason }, work.now);
  work.note({ noun: 'MigrationRun', entityId: run.id, verb, from: decided.from, to: decided.to, note: reason, evidence: decision === null ? stored.evidence : [decision, ...stored.evidence] });
  recordMigration(work, decided.emits as MigrationEvent, run, decided.from);
  return { migrationRun: run };
}

/** What a state writes besides itself. */
function columnsOf(to: MigrationStatus, { countsIn, countsStored, decision, legacyFallback }: MigrationFacts, { soakUntil }: MoveMigrationInput, now: Date): Partial<MigrationRun> {
  if (to === 'IMPORTED') return { countsIn, countsStored };
  return to === 'CUT_OVER' ? { cutoverDecision: decision, legacyFallback, soakUntil: soakUntil ?? new Date(now.getTime() + SOAK) } : {};
}

function countProblems(input: MoveMigrationInput): MutationErrorData[] {
  return (['countsIn', 'countsStored'] as const).flatMap((field) => {
    const count = input[field];
    return count == null || (Number.isInteger(count) && count >= 0 && count <= MOST_COUNT) ? [] : [invalidField([field], 'A count is a whole number, 0 or more.')];
  });
}

function soakProblems(work: Work, { soakUntil }: MoveMigrationInput): MutationErrorData[] {
  return soakUntil == null || soakUntil > work.now ? [] : [invalidField(['soakUntil'], 'The soak time ends in the future.')];
}

function recordMigration(work: Work, name: MigrationEvent, run: MigrationRun, from: MigrationStatus | null): void {
  const { id, code, status, version, service, workstream, reason } = run;
  work.record(name, { subject: `migrationrun/${id}`, domain: run.domain, data: { id, code, from, to: status, version, service, workstream, reason } });
}
