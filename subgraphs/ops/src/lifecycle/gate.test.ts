import { lifecycleContract } from '../../../../test/contract/lifecycle.contract.ts';
import { gateLifecycle, type GateFacts } from './gate.ts';

const now = new Date('2026-05-01T00:00:00Z');
const base: GateFacts = { now, missing: [], gone: true, contradicting: [], reason: 'because', mended: 'the index', decision: 'D-12', riskId: 'r', riskKnown: true, until: new Date('2026-06-01T00:00:00Z') };

lifecycleContract('Gate', gateLifecycle, base, {
  EVIDENCE_MISSING: { met: { missing: [] }, unmet: { missing: ['SMOKE in STAGING: there is none.'] } },
  EVIDENCE_HOLDS: { met: { gone: true }, unmet: { gone: false } },
  REASON_REQUIRED: { met: { contradicting: ['e'], reason: null }, unmet: { contradicting: [], reason: ' ' } },
  REASON_GIVEN: { met: { mended: 'the index' }, unmet: { mended: ' ' } },
  DECISION_REQUIRED: { met: { decision: 'D-12' }, unmet: { decision: ' ' } },
  EXPIRY_REQUIRED: { met: { until: new Date('2026-05-01T00:00:00.001Z') }, unmet: { until: now } },
  RISK_REQUIRED: { met: { riskId: 'r', riskKnown: true }, unmet: { riskId: 'r', riskKnown: false } },
});
