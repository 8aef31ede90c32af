import { defineLifecycle, type Guard } from '@hubgraph/kit/lifecycle';
import type { WorkshopCode } from './errors.ts';
import type { GizmoStatus } from './model.ts';

/** What the guards of a gizmo look at. */
export interface GizmoFacts {
  readonly outcome: string | null;
}

const hasOutcome: Guard<GizmoFacts> & { readonly code: WorkshopCode } = { code: 'OUTCOME_REQUIRED', about: 'an outcome is given', unmet: (facts) => (facts.outcome?.trim() ? [] : [{ message: 'An outcome is needed.' }]) };

/** The gizmo lifecycle. */
export const gizmoLifecycle = defineLifecycle({
  noun: 'Gizmo',
  states: {
    OPEN: { about: 'under way' },
    CLOSED: { about: 'over, with an outcome', terminal: true },
  },
  births: [{ verb: 'openGizmo', to: 'OPEN', who: ['some role'], emits: 'gizmolower.opened' }],
  rows: [
    { verb: 'closeGizmo', from: ['OPEN'], to: 'CLOSED', who: ['some role'], when: [hasOutcome], emits: 'gizmolower.closed' },
  ],
} as const satisfies Parameters<typeof defineLifecycle<GizmoStatus, string, GizmoFacts>>[0]);
