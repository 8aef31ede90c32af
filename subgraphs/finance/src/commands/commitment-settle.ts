import { systemIdentity } from '@hubgraph/kit/identity';
import { shortestWay } from '@hubgraph/kit/lifecycle';
import type { Swept } from '@hubgraph/kit/sweep';
import type { FinanceEvents } from '../events.ts';
import { commitmentLifecycle, type CommitmentFacts } from '../lifecycle/commitment.ts';
import { manifest } from '../manifest.ts';
import type { Commitment, CommitmentStatus } from '../model/index.ts';
import { dayOf } from '../money/calendar.ts';
import { commitmentState } from '../money/commitment.ts';
import { commitments } from '../store/index.ts';
import type { Work } from './common.ts';

/** How many commitments one transaction takes. */
const BATCH = 100;

export type CommitmentEvent = Extract<keyof FinanceEvents, `commitment.${string}`>;

/** Nothing is brought, nothing stands in the way. */
export const NO_COMMITMENT_FACTS: CommitmentFacts = { budgetStatus: 'ACTIVE', noRoom: null, overrideDecision: null, rateMissing: null, reason: null, end: null, successorId: null };

const COMPUTED = commitmentLifecycle.table.rows.filter((row) => row.verb === 'settleCommitment');

/** Stores the state that follows from dates and payments, and tells of each move to it. The row must be locked. */
export async function settleLocked(work: Work, before: Commitment): Promise<Commitment> {
  let commitment = before;
  for (const { to } of shortestWay<CommitmentStatus, (typeof COMPUTED)[number]>(COMPUTED, before.status, commitmentState(before, dayOf(work.now))) ?? []) {
    const decided = commitmentLifecycle.decide('settleCommitment', commitment.status, NO_COMMITMENT_FACTS, systemIdentity(manifest.name), to);
    if (!decided.moved) throw new Error(`a computed move of the commitment ${commitment.id} to ${to} was refused`);
    commitment = await commitments.save(work.tx, commitment, { status: decided.to }, work.now);
    work.note({ noun: 'Commitment', entityId: commitment.id, verb: 'settleCommitment', from: decided.from, to: decided.to });
    recordCommitment(work, decided.emits as CommitmentEvent, commitment, decided.from);
  }
  return commitment;
}

/** Tells of commitments whose state changed by time. Reading computes it at every moment; this is how it becomes an event. */
export async function settleCommitments(work: Work): Promise<{ swept: Swept }> {
  const due = await commitments.lockDue(work.tx, dayOf(work.now), BATCH);
  for (const commitment of due) await settleLocked(work, commitment);
  return { swept: { done: due.length, more: due.length === BATCH } };
}

/** Notes an event of a commitment. */
export function recordCommitment(work: Work, name: CommitmentEvent, commitment: Commitment, from: CommitmentStatus | null, reason: string | null = null): void {
  const { id, status, version, kind, title, workstream, budgetId, domain } = commitment;
  work.record(name, { subject: `commitment/${id}`, domain, data: { id, from, to: status, version, kind, title, budget: budgetId, workstream, reason } });
}
