import { lifecycleContract } from '../../../../test/contract/lifecycle.contract.ts';
import { commitmentLifecycle, type CommitmentFacts } from './commitment.ts';

const base: CommitmentFacts = { budgetStatus: 'ACTIVE', noRoom: null, overrideDecision: null, rateMissing: null, reason: 'because', end: '2026-04-01', successorId: 'b' };

lifecycleContract('Commitment', commitmentLifecycle, base, {
  BUDGET_NOT_ACTIVE: { met: { budgetStatus: 'ACTIVE' }, unmet: { budgetStatus: 'FROZEN' } },
  RATE_MISSING: { met: { rateMissing: null }, unmet: { rateMissing: 'no rate' } },
  NO_ROOM: { met: { noRoom: 'no room', overrideDecision: 'DEC-1' }, unmet: { noRoom: 'no room', overrideDecision: ' ' } },
  REASON_REQUIRED: { met: { reason: 'because' }, unmet: { reason: '' } },
  END_REQUIRED: { met: { end: '2026-04-01' }, unmet: { end: null } },
  SUCCESSOR_REQUIRED: { met: { successorId: 'b' }, unmet: { successorId: null } },
});
