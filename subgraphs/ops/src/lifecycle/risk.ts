import { defineLifecycle, type Guard } from '@hubgraph/kit/lifecycle';
import type { OpsCode } from '../errors.ts';
import type { RiskStatus } from '../model.ts';

/** What the guards of a risk look at: what the verb gives. */
export interface RiskFacts {
  readonly reason: string | null;
  readonly level: string | null;
  readonly mitigation: string | null;
  readonly residualScore: number | null;
  readonly decision: string | null;
  readonly reviewDate: Date | null;
}

type RiskGuard = Guard<RiskFacts> & { readonly code: OpsCode };

const given = (code: OpsCode, about: string, has: (facts: RiskFacts) => unknown, message: string): RiskGuard => ({ code, input: true, about, unmet: (facts) => (has(facts) ? [] : [{ message }]) });
const hasReason = given('REASON_REQUIRED', 'a reason is given', (facts) => facts.reason?.trim(), 'A reason is needed.');
const hasLevel = given('LEVEL_REQUIRED', 'the receiving level is named', (facts) => facts.level?.trim(), 'The level that receives it is needed.');
const hasMitigation = given('MITIGATION_REQUIRED', 'it says what was done', (facts) => facts.mitigation?.trim(), 'What was done is needed.');
const hasResidual = given('RESIDUAL_SCORE_REQUIRED', 'the score that remains is given', (facts) => facts.residualScore !== null, 'The residual score is needed.');
const hasDecision = given('DECISION_REQUIRED', 'a decision is named', (facts) => facts.decision?.trim(), 'The id or code of a decision is needed.');
const hasReview = given('REVIEW_DATE_REQUIRED', 'a review date is set', (facts) => facts.reviewDate !== null, 'A review date is needed.');

/** The risk lifecycle. */
export const riskLifecycle = defineLifecycle({
  noun: 'Risk',
  states: {
    SURFACED: { about: 'seen, nobody has decided' },
    ESCALATED: { about: 'given to a higher level' },
    MITIGATED: { about: 'something was done; a residual score remains' },
    ACCEPTED: { about: 'borne, by a decision and until a review' },
    CLOSED: { about: 'its subject is gone', terminal: true },
  },
  births: [{ verb: 'surfaceRisk', to: 'SURFACED', who: ['author', 'maintainer', 'operator', 'steward'], emits: 'risk.surfaced' }],
  rows: [
    { verb: 'escalateRisk', from: ['SURFACED'], to: 'ESCALATED', who: ['author', 'maintainer', 'operator'], when: [hasReason, hasLevel], emits: 'risk.escalated' },
    { verb: 'mitigateRisk', from: ['SURFACED', 'ESCALATED'], to: 'MITIGATED', who: ['author', 'maintainer', 'operator'], when: [hasMitigation, hasResidual], emits: 'risk.mitigated' },
    { verb: 'acceptRisk', from: ['SURFACED', 'ESCALATED'], to: 'ACCEPTED', who: ['steward'], when: [hasDecision, hasReview], emits: 'risk.accepted' },
    { verb: 'resurfaceRisk', from: ['MITIGATED', 'ACCEPTED'], to: 'SURFACED', who: ['author', 'maintainer', 'operator', 'steward'], when: [hasReason], emits: 'risk.surfaced', about: 'it recurred, or its review date passed' },
    { verb: 'closeRisk', from: ['SURFACED', 'ESCALATED', 'MITIGATED', 'ACCEPTED'], to: 'CLOSED', who: ['maintainer'], when: [hasReason], emits: 'risk.closed' },
  ],
} as const satisfies Parameters<typeof defineLifecycle<RiskStatus, string, RiskFacts>>[0]);
