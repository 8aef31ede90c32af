import { defineLifecycle, type Guard } from '@hubgraph/kit/lifecycle';
import type { OpsCode } from '../errors.ts';
import type { GateStatus } from '../model.ts';

/** What the guards of a gate look at; gathered with the row locked, evidence evaluated at the same moment. */
export interface GateFacts {
  readonly now: Date;
  /** One sentence for each requirement that no evidence meets. */
  readonly missing: readonly string[];
  /** Whether what made it READY holds no more. */
  readonly gone: boolean;
  /** Ids of fresh evidence that failed, of the kinds that the gate asks for. */
  readonly contradicting: readonly string[];
  /** What the verb gives: why somebody says no, and what was mended. */
  readonly reason: string | null;
  readonly mended: string | null;
  readonly decision: string | null;
  readonly riskId: string | null;
  /** Whether a risk of that id exists and is not closed. */
  readonly riskKnown: boolean;
  readonly until: Date | null;
}

type GateGuard = Guard<GateFacts> & { readonly code: OpsCode };

const isReady: GateGuard = { code: 'EVIDENCE_MISSING', about: 'every requirement is met by evidence', unmet: (facts) => facts.missing.map((message) => ({ message })) };
const evidenceGone: GateGuard = { code: 'EVIDENCE_HOLDS', about: 'evidence expired, the release changed or the waiver ended', unmet: (facts) => (facts.gone ? [] : [{ message: 'Every requirement is met still.' }]) };
const contradicted: GateGuard = { code: 'REASON_REQUIRED', input: true, about: 'evidence contradicts, or a person gives a reason', unmet: (facts) => (facts.contradicting.length > 0 || facts.reason?.trim() ? [] : [{ message: 'No evidence contradicts, so a reason is needed.' }]) };
const wasMended: GateGuard = { code: 'REASON_GIVEN', input: true, about: 'it says what was mended', unmet: (facts) => (facts.mended?.trim() ? [] : [{ message: 'A note that says what was mended is needed.' }]) };
const hasDecision: GateGuard = { code: 'DECISION_REQUIRED', input: true, about: 'a decision is named', unmet: (facts) => (facts.decision?.trim() ? [] : [{ message: 'The id or code of a decision is needed.' }]) };
const hasExpiry: GateGuard = { code: 'EXPIRY_REQUIRED', input: true, about: 'the waiver ends in the future', unmet: (facts) => (facts.until !== null && facts.until > facts.now ? [] : [{ message: 'A date in the future is needed.' }]) };
const namesRisk: GateGuard = { code: 'RISK_REQUIRED', input: true, about: 'a risk that is not closed is named', unmet: (facts) => (facts.riskId !== null && facts.riskKnown ? [] : [{ message: 'The id of a risk that is not closed is needed.' }]) };

/**
 * The gate lifecycle. PENDING and READY are computed from evidence at every moment; a passed or waived gate falls back by
 * itself. `settleGate` is how the hub tells of such computed moves: it is for the system, and changes nothing else.
 */
export const gateLifecycle = defineLifecycle({
  noun: 'Gate',
  states: {
    PENDING: { about: 'evidence is missing' },
    READY: { about: 'every requirement is met; somebody has to say so' },
    PASSED: { about: 'somebody passed it, and the evidence still holds' },
    FAILED: { about: 'evidence or a person says no' },
    WAIVED: { about: 'passed over by a decision, until it expires' },
  },
  births: [{ verb: 'defineGate', to: 'PENDING', who: ['maintainer', 'operator'], emits: 'gate.defined' }],
  rows: [
    { verb: 'settleGate', from: ['PENDING'], to: 'READY', who: ['system'], when: [isReady], emits: 'gate.ready', about: 'computed: evidence arrived' },
    { verb: 'settleGate', from: ['READY'], to: 'PENDING', who: ['system'], when: [evidenceGone], emits: 'gate.expired', about: 'computed: evidence expired or the release changed' },
    { verb: 'settleGate', from: ['PASSED', 'WAIVED'], to: 'PENDING', who: ['system'], emits: 'gate.expired', about: 'computed: evidence expired, the release changed or the waiver ended' },
    { verb: 'passGate', from: ['READY'], to: 'PASSED', who: ['maintainer', 'operator'], when: [isReady], emits: 'gate.passed' },
    { verb: 'failGate', from: ['PENDING', 'READY', 'PASSED'], to: 'FAILED', who: ['maintainer', 'operator'], when: [contradicted], emits: 'gate.failed' },
    { verb: 'waiveGate', from: ['PENDING', 'FAILED'], to: 'WAIVED', who: ['steward'], when: [hasDecision, hasExpiry, namesRisk], emits: 'gate.waived' },
    { verb: 'reopenGate', from: ['FAILED'], to: 'PENDING', who: ['maintainer', 'operator'], when: [wasMended], emits: 'gate.reopened', about: 'what failed was mended' },
  ],
} as const satisfies Parameters<typeof defineLifecycle<GateStatus, string, GateFacts>>[0]);
