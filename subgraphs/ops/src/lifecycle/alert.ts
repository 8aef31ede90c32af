import { defineLifecycle, type Guard } from '@hubgraph/kit/lifecycle';
import type { OpsCode } from '../errors.ts';
import type { AlertStatus } from '../model.ts';

/** What the guards of an alert look at. */
export interface AlertFacts {
  /** What the verb gives. */
  readonly owner: string | null;
  readonly note: string | null;
  /** Whether the source itself says that the cause is gone. */
  readonly causeGone: boolean;
}

type AlertGuard = Guard<AlertFacts> & { readonly code: OpsCode };

const hasOwner: AlertGuard = { code: 'OWNER_REQUIRED', input: true, about: 'it gets an owner', unmet: (facts) => (facts.owner?.trim() ? [] : [{ message: 'An owner is needed.' }]) };
const causeGoneOrNote: AlertGuard = { code: 'NOTE_REQUIRED', input: true, about: 'the source says that the cause is gone, or a person gives a note', unmet: (facts) => (facts.causeGone || facts.note?.trim() ? [] : [{ message: 'A note is needed: what was done, or why it is none.' }]) };

const PEOPLE = ['author', 'maintainer', 'operator'] as const;

/** The alert lifecycle. A resolved alert never reopens: a later raise opens a new one, linked to it. */
export const alertLifecycle = defineLifecycle({
  noun: 'Alert',
  states: {
    RAISED: { about: 'nobody has it' },
    ACKNOWLEDGED: { about: 'somebody has it; repeats stop' },
    RESOLVED: { about: 'the cause is gone, or a person says what was done', terminal: true },
  },
  births: [{ verb: 'raiseAlert', to: 'RAISED', who: PEOPLE, emits: 'alert.raised' }],
  rows: [
    { verb: 'acknowledgeAlert', from: ['RAISED'], to: 'ACKNOWLEDGED', who: ['maintainer', 'operator'], when: [hasOwner], emits: 'alert.acknowledged' },
    { verb: 'returnAlert', from: ['ACKNOWLEDGED'], to: 'RAISED', who: ['maintainer', 'operator'], emits: 'alert.returned', about: 'given back, or the acknowledgement lapsed' },
    { verb: 'resolveAlert', from: ['RAISED', 'ACKNOWLEDGED'], to: 'RESOLVED', who: PEOPLE, when: [causeGoneOrNote], emits: 'alert.resolved' },
  ],
} as const satisfies Parameters<typeof defineLifecycle<AlertStatus, string, AlertFacts>>[0]);
