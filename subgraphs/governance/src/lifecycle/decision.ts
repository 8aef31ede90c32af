import { defineLifecycle, type Guard } from '@hubgraph/kit/lifecycle';
import type { GovernanceCode } from '../errors.ts';
import type { DecisionOption, DecisionStatus } from '../model.ts';

/** What the guards of a decision look at; gathered with the row locked. */
export interface DecisionFacts {
  readonly options: readonly DecisionOption[];
  readonly choice: string | null;
  readonly rationale: string | null;
  readonly deciders: readonly string[];
  /** Slugs of the domains that it binds. */
  readonly domains: readonly string[];
  /** Whether the caller may decide across domains. */
  readonly callerIsSteward: boolean;
  readonly reason: string | null;
  /** Id of the other decision named with the verb, when it is accepted. */
  readonly acceptedSuccessor: string | null;
}

type DecisionGuard = Guard<DecisionFacts> & { readonly code: GovernanceCode };

const met: readonly [] = [];
const rationaleWritten: DecisionGuard = {
  code: 'RATIONALE_REQUIRED',
  about: 'options, choice and rationale are written',
  unmet: (facts) => [
    ...(facts.options.some((option) => option.title.trim()) ? met : [{ message: 'No option is written.' }]),
    ...(facts.choice?.trim() ? met : [{ message: 'No choice is written.' }]),
    ...(facts.rationale?.trim() ? met : [{ message: 'No rationale is written.' }]),
  ],
};
const decidersNamed: DecisionGuard = { code: 'DECIDERS_REQUIRED', about: 'the deciders are named', unmet: (facts) => (facts.deciders.some((decider) => decider.trim()) ? met : [{ message: 'Nobody is named as decider.' }]) };
const stewardIfCross: DecisionGuard = {
  code: 'STEWARD_FOR_CROSS_DOMAIN',
  about: 'the caller is a steward, if it binds several domains',
  unmet: (facts) => (facts.domains.length <= 1 || facts.callerIsSteward ? met : [{ message: `It binds ${facts.domains.join(', ')}: only a steward decides across domains.`, refs: facts.domains }]),
};
const hasReason: DecisionGuard = { code: 'REASON_REQUIRED', input: true, about: 'a reason is given', unmet: (facts) => (facts.reason?.trim() ? met : [{ message: 'A reason is needed.' }]) };
const successorAccepted: DecisionGuard = { code: 'SUCCESSOR_ACCEPTED', input: true, about: 'another, accepted decision is named', unmet: (facts) => (facts.acceptedSuccessor ? met : [{ message: 'Name another decision that is accepted.' }]) };

/** The decision lifecycle, after MADR. */
export const decisionLifecycle = defineLifecycle({
  noun: 'Decision',
  states: {
    PROPOSED: { about: 'written down, open; its text may still change' },
    ACCEPTED: { about: 'holds; its text is frozen' },
    REJECTED: { about: 'not taken, with a reason', terminal: true },
    SUPERSEDED: { about: 'replaced by another accepted decision', terminal: true },
    DEPRECATED: { about: 'no longer holds, and nothing replaces it', terminal: true },
  },
  births: [{ verb: 'proposeDecision', to: 'PROPOSED', who: ['author', 'maintainer'], emits: 'decision.proposed' }],
  rows: [
    { verb: 'acceptDecision', from: ['PROPOSED'], to: 'ACCEPTED', who: ['maintainer', 'steward'], when: [rationaleWritten, decidersNamed, stewardIfCross], emits: 'decision.accepted' },
    { verb: 'rejectDecision', from: ['PROPOSED'], to: 'REJECTED', who: ['maintainer', 'steward'], when: [hasReason, stewardIfCross], emits: 'decision.rejected' },
    { verb: 'supersedeDecision', from: ['ACCEPTED'], to: 'SUPERSEDED', who: ['maintainer', 'steward'], when: [successorAccepted, stewardIfCross], emits: 'decision.superseded' },
    { verb: 'deprecateDecision', from: ['ACCEPTED'], to: 'DEPRECATED', who: ['steward'], when: [hasReason], emits: 'decision.deprecated' },
  ],
} as const satisfies Parameters<typeof defineLifecycle<DecisionStatus, string, DecisionFacts>>[0]);
