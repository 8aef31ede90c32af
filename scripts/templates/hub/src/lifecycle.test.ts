import { lifecycleContract } from '../../../test/contract/lifecycle.contract.ts';
import { gizmoLifecycle, type GizmoFacts } from './lifecycle.ts';

const base: GizmoFacts = { outcome: 'done' };

lifecycleContract('Gizmo', gizmoLifecycle, base, {
  OUTCOME_REQUIRED: { met: { outcome: 'done' }, unmet: { outcome: ' ' } },
});
