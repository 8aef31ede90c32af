import { lifecycleContract } from '../../../../test/contract/lifecycle.contract.ts';
import { decisionLifecycle, type DecisionFacts } from './decision.ts';

const base: DecisionFacts = { options: [{ title: 'this' }], choice: 'this', rationale: 'because', deciders: ['ada'], domains: ['custodian'], callerIsSteward: false, reason: 'because', acceptedSuccessor: 'another' };

lifecycleContract('Decision', decisionLifecycle, base, {
  RATIONALE_REQUIRED: { met: { rationale: 'because' }, unmet: { rationale: ' ' } },
  DECIDERS_REQUIRED: { met: { deciders: ['ada'] }, unmet: { deciders: [] } },
  STEWARD_FOR_CROSS_DOMAIN: { met: { domains: ['custodian', 'stack'], callerIsSteward: true }, unmet: { domains: ['custodian', 'stack'], callerIsSteward: false } },
  REASON_REQUIRED: { met: { reason: 'because' }, unmet: { reason: null } },
  SUCCESSOR_ACCEPTED: { met: { acceptedSuccessor: 'another' }, unmet: { acceptedSuccessor: null } },
});
