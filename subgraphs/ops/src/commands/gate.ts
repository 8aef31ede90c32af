import { changed, checkVersion } from '@hubgraph/kit/entity';
import { MAX_LINE, textProblems } from '@hubgraph/kit/fields';
import { isUuid, newId } from '@hubgraph/kit/ids';
import { duplicate, notFound, Refused, transitionRefused, type MutationErrorData } from '@hubgraph/kit/refusal';
import { evaluateGate, type GateState } from '../gate/evaluate.ts';
import { gateLifecycle, type GateFacts } from '../lifecycle/gate.ts';
import type { Gate, GatePhase } from '../model.ts';
import { gates, migrations, risks } from '../store/index.ts';
import type { Work } from './common.ts';
import { codeProblems, lineFields, namedRun, phaseProblems, placeOf, placeProblems, releaseProblems, requirementProblems, requirementsOf, type PlaceInput, type RequirementInput } from './gate-input.ts';
import { gateFacts, recordGate, settleLocked, UNDECIDED, type GateEvent } from './gate-settle.ts';
import { secretProblems } from './secrets.ts';

const MAX_NOTE = 5_000;
/** Stands for requirements that stay. */
const ANY: RequirementInput = { key: 'any', kind: 'SMOKE', environments: ['STAGING'] };

export interface DefineGateInput extends PlaceInput {
  readonly code: string;
  readonly title: string;
  /** Id or code. */
  readonly migrationRun?: string | null;
  readonly phase?: GatePhase | null;
  readonly owner?: string | null;
  readonly requirements: readonly RequirementInput[];
  readonly releaseDigest?: string | null;
  readonly expectedVersion?: number | null;
}

/** Defines a gate. What the evidence says of it counts at once, so it may be READY from its first moment. */
export async function defineGate(work: Work, input: DefineGateInput): Promise<{ gate: Gate } | Refused> {
  const { code, title, phase = null, releaseDigest = null } = input;
  const wrong = [...codeProblems(code), ...lineFields({ title, owner: input.owner }), ...placeProblems(input), ...phaseProblems(phase, input.migrationRun), ...releaseProblems('releaseDigest', releaseDigest)];
  const run = await namedRun(work, input.migrationRun);
  if (run instanceof Refused) return new Refused([...wrong, ...run.errors]);
  wrong.push(...requirementProblems(input.requirements, releaseDigest !== null || input.service != null || run?.service != null));
  if (wrong.length > 0) return new Refused(wrong);
  const place = await placeOf(work, input, run);
  if (place instanceof Refused) return place;
  const gate = await gates.insert(work.tx, {
    ...place, ...UNDECIDED, id: newId(), code, title, migrationRunId: run?.id ?? null, phase, owner: input.owner ?? work.caller.sub, requirements: requirementsOf(input.requirements), releaseDigest,
    toldStatus: 'PENDING', toldAt: work.now, changesAt: null, createdBy: work.caller.sub, createdAt: work.now, updatedAt: work.now, version: 1,
  });
  if (gate === null) return duplicate('gate', code, (await gates.byCodes(work.tx, [code])).get(code)?.id ?? '', ['code']);
  work.note({ noun: 'Gate', entityId: gate.id, verb: 'defineGate', from: null, to: 'PENDING' });
  recordGate(work, 'gate.defined', gate, { missing: [], release: releaseDigest }, null);
  const [settled] = await settleLocked(work, [gate]);
  return { gate: settled!.gate };
}

export interface UpdateGateInput {
  readonly id: string;
  readonly title?: string | null;
  readonly owner?: string | null;
  readonly requirements?: readonly RequirementInput[] | null;
  readonly releaseDigest?: string | null;
  readonly expectedVersion?: number | null;
}

/**
 * Changes what a gate asks, which release it is about, its title or its owner; what is undefined stays, a null release is
 * the one that runs. A pass or waiver was for what was asked then: other requirements or another release end it.
 */
export async function updateGate(work: Work, input: UpdateGateInput): Promise<{ gate: Gate } | Refused> {
  const { title, owner, releaseDigest } = input;
  const unfit = [...lineFields({ title: title ?? undefined, owner }), ...releaseProblems('releaseDigest', releaseDigest), ...requirementProblems(input.requirements ?? [ANY], true)];
  if (unfit.length > 0) return new Refused(unfit);
  const locked = await lockedGate(work, input);
  if (locked instanceof Refused) return locked;
  const before = locked.gate;
  const run = before.migrationRunId === null ? null : (await migrations.byIds(work.tx, [before.migrationRunId])).get(before.migrationRunId);
  const release = releaseDigest === undefined ? before.releaseDigest : releaseDigest;
  const wrong = requirementProblems(input.requirements ?? before.requirements, release !== null || before.service !== null || run?.service != null);
  if (wrong.length > 0) return new Refused(wrong);
  const requirements = input.requirements == null ? undefined : requirementsOf(input.requirements);
  const changes = changed(before, { title: title ?? undefined, owner: owner ?? undefined, releaseDigest, requirements });
  if (changes === null) return { gate: before };
  const gate = await gates.save(work.tx, { ...before, ...(changes as Partial<Gate>), updatedAt: work.now, version: before.version + 1 });
  recordGate(work, 'gate.updated', gate, locked.state, before.toldStatus);
  const ended = changes.requirements !== undefined && (before.decision === 'PASSED' || before.decision === 'WAIVED') ? 'It asks for something else now.' : null;
  const [settled] = await settleLocked(work, [gate], { ended });
  return { gate: settled!.gate };
}

/** Says that a gate may be passed; it is READY. */
export const passGate = (work: Work, input: DecideGateInput) => decide(work, 'passGate', input);
/** Says no, with a reason or because evidence contradicts. */
export const failGate = (work: Work, input: DecideGateInput) => decide(work, 'failGate', input);
/** Says that what failed was mended, with a reason. */
export const reopenGate = (work: Work, input: DecideGateInput) => decide(work, 'reopenGate', input);
/** Passes over a gate by a decision, until a moment and while a risk is open. */
export const waiveGate = (work: Work, input: WaiveGateInput) => decide(work, 'waiveGate', input);

export interface DecideGateInput {
  readonly id: string;
  /** Why, in words. */
  readonly note?: string | null;
  readonly expectedVersion?: number | null;
}

export interface WaiveGateInput extends DecideGateInput {
  /** Id or code of a decision. */
  readonly decision?: string | null;
  readonly until?: Date | null;
  /** Id of a risk that is not closed. */
  readonly risk?: string | null;
}


async function decide(work: Work, verb: 'passGate' | 'failGate' | 'reopenGate' | 'waiveGate', input: WaiveGateInput): Promise<{ gate: Gate } | Refused> {
  const { note = null, decision = null, until = null } = input;
  const wrong: MutationErrorData[] = [...textProblems({ note }, MAX_NOTE), ...textProblems({ decision }, MAX_LINE), ...secretProblems({ note, decision })];
  if (wrong.length > 0) return new Refused(wrong);
  const locked = await lockedGate(work, input);
  if (locked instanceof Refused) return locked;
  const { gate: before, state } = locked;
  const riskId = input.risk?.toLowerCase() ?? null;
  const risk = riskId === null || !isUuid(riskId) ? null : await risks.lockById(work.tx, riskId);
  const facts: GateFacts = { ...gateFacts(state, work.now), reason: note, mended: note, decision, until, riskId, riskKnown: risk !== null && risk.status !== 'CLOSED' };
  const decided = gateLifecycle.decide(verb, state.status, facts, work.caller);
  if (!decided.moved) return transitionRefused(decided, gateLifecycle.allowed(state.status, gateFacts(state, work.now), work.caller));
  const to = decided.to as Gate['decision'];
  const columns = to !== 'PENDING' ? { decision: to, decidedAt: work.now, decidedBy: work.caller.sub, decidedRelease: state.release, note, ...(to === 'WAIVED' ? { waiverDecision: decision, waiverRisk: riskId, waiverUntil: until } : { waiverDecision: null, waiverRisk: null, waiverUntil: null }) } : UNDECIDED;
  const moved: Gate = { ...before, ...columns, toldStatus: to, toldAt: work.now, updatedAt: work.now, version: before.version + 1 };
  const { changesAt } = evaluateGate(moved, { release: state.release, found: state.found, riskOpen: facts.riskKnown }, work.now);
  const gate = await gates.save(work.tx, { ...moved, changesAt });
  work.note({ noun: 'Gate', entityId: gate.id, verb, from: decided.from, to, note, evidence: evidenceOf(verb, state, decision) });
  recordGate(work, decided.emits as GateEvent, gate, state, decided.from, note);
  // Reopened, it is READY at once when the evidence says so.
  const [settled] = to === 'PENDING' ? await settleLocked(work, [gate]) : [{ gate }];
  return { gate: settled!.gate };
}

/** What stands behind a decision: the evidence that it was made on, or the decision that it was made by. */
function evidenceOf(verb: string, state: GateState, decision: string | null): string[] {
  if (verb === 'passGate') return state.requirements.flatMap(({ evidence }) => evidence.map(({ id }) => id));
  return verb === 'failGate' ? [...state.contradicting] : decision === null ? [] : [decision];
}

/** Locks a gate at the version that the caller expects, and tells first what it computes to now. */
async function lockedGate(work: Work, { id, expectedVersion }: { readonly id: string; readonly expectedVersion?: number | null }): Promise<{ readonly gate: Gate; readonly state: GateState } | Refused> {
  const gate = isUuid(id) ? await gates.lockById(work.tx, id) : null;
  if (gate === null) return notFound('gate', id);
  const stale = checkVersion(gate, expectedVersion);
  if (stale) return stale;
  const [settled] = await settleLocked(work, [gate]);
  return settled!;
}
