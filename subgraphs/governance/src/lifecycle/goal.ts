import { defineLifecycle, type Guard } from '@hubgraph/kit/lifecycle';
import type { GovernanceCode } from '../errors.ts';
import type { GoalStatus } from '../model.ts';

/** What the guards of a goal look at. */
export interface GoalFacts {
  readonly reason: string | null;
}

const hasReason: Guard<GoalFacts> & { readonly code: GovernanceCode } = { code: 'REASON_REQUIRED', about: 'a reason is given', unmet: (facts) => (facts.reason?.trim() ? [] : [{ message: 'A reason is needed.' }]) };

/** The goal lifecycle. */
export const goalLifecycle = defineLifecycle({
  noun: 'Goal',
  states: {
    SET: { about: 'written down, not pursued yet' },
    ACTIVE: { about: 'pursued now' },
    RETIRED: { about: 'reached or given up, with a reason', terminal: true },
  },
  births: [{ verb: 'setGoal', to: 'SET', who: ['author', 'maintainer'], emits: 'domain.goal.set' }],
  rows: [
    { verb: 'activateGoal', from: ['SET'], to: 'ACTIVE', who: ['maintainer'], emits: 'domain.goal.activated' },
    { verb: 'retireGoal', from: ['SET', 'ACTIVE'], to: 'RETIRED', who: ['maintainer'], when: [hasReason], emits: 'domain.goal.retired' },
  ],
} as const satisfies Parameters<typeof defineLifecycle<GoalStatus, string, GoalFacts>>[0]);
