import { defineLifecycle, type Guard } from '@hubgraph/kit/lifecycle';
import type { ArtifactsCode } from '../errors.ts';
import type { HoldStatus } from '../model.ts';

/** What the guards of a hold look at. */
export interface HoldFacts {
  readonly reason: string | null;
}

const hasReason: Guard<HoldFacts> & { readonly code: ArtifactsCode } = { code: 'REASON_REQUIRED', input: true, about: 'a reason is given', unmet: (facts) => (facts.reason?.trim() ? [] : [{ message: 'A reason is needed.' }]) };

/** The hold lifecycle. A hold stops deletion, not the clock; hold again is a new hold. */
export const holdLifecycle = defineLifecycle({
  noun: 'Hold',
  states: {
    ACTIVE: { about: 'the package is not deleted' },
    RELEASED: { about: 'taken off, with a reason', terminal: true },
  },
  births: [{ verb: 'placeHold', to: 'ACTIVE', who: ['operator', 'steward'], emits: 'hold.placed' }],
  rows: [{ verb: 'releaseHold', from: ['ACTIVE'], to: 'RELEASED', who: ['steward'], when: [hasReason], emits: 'hold.released', about: 'another role than the one that deletes' }],
} as const satisfies Parameters<typeof defineLifecycle<HoldStatus, string, HoldFacts>>[0]);
