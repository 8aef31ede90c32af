import { systemIdentity } from '@hubgraph/kit/identity';
import type { Refused } from '@hubgraph/kit/refusal';
import type { Swept } from '@hubgraph/kit/sweep';
import type { OpsEvents } from '../events.ts';
import { evaluateGate, type GateState } from '../gate/evaluate.ts';
import { gateLifecycle, type GateFacts } from '../lifecycle/gate.ts';
import { manifest } from '../manifest.ts';
import type { Gate, GateStatus } from '../model.ts';
import { gateEvidence, gates, type GateScope } from '../store/index.ts';
import type { Work } from './common.ts';

/** Event names of a gate. */
export type GateEvent = Extract<keyof OpsEvents, `gate.${string}`>;

/** How many gates one transaction of the sweep takes. */
const BATCH = 200;
/** An event names no more than this. */
const MOST_MISSING = 50;
const SYSTEM = systemIdentity(manifest.name);

/** What was decided, when nothing is any more. */
export const UNDECIDED = { decision: 'PENDING', decidedAt: null, decidedBy: null, decidedRelease: null, note: null, waiverDecision: null, waiverRisk: null, waiverUntil: null } as const;

/** The facts of a gate for its lifecycle, without what a verb brings. */
export function gateFacts(state: GateState, now: Date): GateFacts {
  return { now, missing: state.missing, gone: state.missing.length > 0, contradicting: state.contradicting, reason: null, mended: null, decision: null, riskId: null, riskKnown: false, until: null };
}

/**
 * Tells the computed moves of the gates of a scope, which it locks. Commands call it before and after they change evidence:
 * before, so that what fell by time alone stays fallen although the new evidence meets it again; after, to tell what changed.
 * Whoever changes evidence holds the locks of its gates, so no decision is made on evidence that is about to be contradicted.
 */
export async function settleGates(work: Work, scope: GateScope): Promise<void> {
  const some = await gates.lockScope(work.tx, scope);
  await settleLocked(work, some);
}

/** Tells what time alone did to gates, and what the closing of risks did. */
export async function expireGates(work: Work): Promise<{ swept: Swept } | Refused> {
  const due = await gates.lockDue(work.tx, work.now, BATCH);
  await settleLocked(work, due, { exact: true });
  return { swept: { done: due.length, more: due.length >= BATCH } };
}

/** {@link settleGates} of gates that this transaction has locked; each as it is then, with what holds of it. `exact`: `changesAt` may not even be too early; `ended`: why what was decided of them holds no more, whatever the evidence says. */
export async function settleLocked(work: Work, some: readonly Gate[], { exact = false, ended = null }: { readonly exact?: boolean; readonly ended?: string | null } = {}): Promise<{ readonly gate: Gate; readonly state: GateState }[]> {
  const evidence = await gateEvidence(work.tx, some, work.now);
  const settled = [];
  for (const before of some) {
    const seen = evidence.get(before.id)!;
    const state = ended === null ? evaluateGate(before, seen, work.now) : { ...evaluateGate({ ...before, decision: 'PENDING' }, seen, work.now), fell: ended };
    const gate = tell(work, before, state, exact);
    settled.push({ gate: gate === before ? before : await gates.save(work.tx, gate), state });
  }
  return settled;
}

/** Tells the computed moves from what was told last to what holds now; the gate as it has to be saved, or the same when nothing changed. */
function tell(work: Work, before: Gate, state: GateState, exact: boolean): Gate {
  let gate = before;
  for (const to of wayTo(before, state)) {
    const from = gate.toldStatus;
    const decided = gateLifecycle.decide('settleGate', from, gateFacts(state, work.now), SYSTEM, to);
    if (!decided.moved) throw new Error(`gate ${gate.code} is ${to} and cannot be told so from ${from}`);
    gate = { ...gate, ...(to === 'PENDING' ? UNDECIDED : {}), toldStatus: to, toldAt: to === 'PENDING' ? fallenAt(before, work.now) : work.now, updatedAt: work.now, version: gate.version + 1 };
    const note = to === 'READY' ? null : (state.fell ?? state.missing[0] ?? null);
    work.note({ noun: 'Gate', entityId: gate.id, verb: 'settleGate', from, to, note });
    recordGate(work, decided.emits as GateEvent, gate, state, from, note);
  }
  const later = state.changesAt === null || (gate.changesAt !== null && gate.changesAt <= state.changesAt);
  // Too early is no harm, and saves a write with every observation; the sweep then looks and puts it right.
  const keep = exact || gate !== before ? gate.changesAt?.getTime() === state.changesAt?.getTime() : later;
  return keep ? gate : { ...gate, changesAt: state.changesAt };
}

/** The computed moves that lead from what was told to what holds: what was passed or waived falls back to PENDING first. */
function wayTo({ toldStatus }: Gate, { status, fell }: GateState): GateStatus[] {
  const fallen = fell !== null;
  if (!fallen && status === toldStatus) return [];
  if (!fallen && status !== 'PENDING' && status !== 'READY') return [];
  return fallen && status === 'READY' ? ['PENDING', 'READY'] : [status];
}

/** When a gate fell back: when time did it, at that moment, although it is told later. */
function fallenAt({ changesAt }: Gate, now: Date): Date {
  return changesAt !== null && changesAt < now ? changesAt : now;
}

/** Records an event of a gate. */
export function recordGate(work: Work, name: GateEvent, gate: Gate, state: Pick<GateState, 'missing' | 'release'>, from: GateStatus | null, reason: string | null = null): void {
  const { id, code, version, service, workstream, migrationRunId } = gate;
  work.record(name, { subject: `gate/${id}`, domain: gate.domain, data: { id, code, from, to: gate.toldStatus, version, service, workstream, migrationRun: migrationRunId, releaseDigest: state.release, missing: state.missing.slice(0, MOST_MISSING), reason } });
}
