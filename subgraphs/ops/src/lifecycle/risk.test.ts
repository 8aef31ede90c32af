import { lifecycleContract } from '../../../../test/contract/lifecycle.contract.ts';
import { riskLifecycle, type RiskFacts } from './risk.ts';

const base: RiskFacts = { reason: 'because', level: 'steward', mitigation: 'a second copy', residualScore: 4, decision: 'D-12', reviewDate: new Date('2026-06-01') };

lifecycleContract('Risk', riskLifecycle, base, {
  REASON_REQUIRED: { met: { reason: 'because' }, unmet: { reason: ' ' } },
  LEVEL_REQUIRED: { met: { level: 'steward' }, unmet: { level: null } },
  MITIGATION_REQUIRED: { met: { mitigation: 'a second copy' }, unmet: { mitigation: '' } },
  RESIDUAL_SCORE_REQUIRED: { met: { residualScore: 4 }, unmet: { residualScore: null } },
  DECISION_REQUIRED: { met: { decision: 'D-12' }, unmet: { decision: ' ' } },
  REVIEW_DATE_REQUIRED: { met: { reviewDate: new Date('2026-06-01') }, unmet: { reviewDate: null } },
});
