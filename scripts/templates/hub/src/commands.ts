import type { Changes, Work as KitWork } from '@hubgraph/kit/change';
import { isUuid, newId } from '@hubgraph/kit/ids';
import { invalidInput, notFound, transitionRefused, versionConflict, type Refused } from '@hubgraph/kit/refusal';
import type { WorkshopEvents } from './events.ts';
import { gizmoLifecycle } from './lifecycle.ts';
import type { Gizmo, GizmoStatus } from './model.ts';
import { gizmos } from './store.ts';

/** A workshop command's hands. */
export type Work = KitWork<WorkshopEvents>;
export type WorkshopChanges = Changes<WorkshopEvents>;

const MAX_TITLE = 500;

export interface OpenGizmoInput {
  readonly title: string;
  readonly domain?: string | null;
}

/** Opens a new one. */
export async function openGizmo(work: Work, input: OpenGizmoInput): Promise<{ gizmo: Gizmo } | Refused> {
  if (input.title.trim() === '' || input.title.length > MAX_TITLE) return invalidInput(['title'], `This has 1 to ${MAX_TITLE} characters.`);
  const gizmo = await gizmos.insert(work.tx, {
    id: newId(), title: input.title, domain: input.domain ?? null, status: 'OPEN', outcome: null,
    createdBy: work.caller.sub, version: 1, createdAt: work.now, updatedAt: work.now,
  });
  work.note({ noun: 'Gizmo', entityId: gizmo.id, verb: 'openGizmo', from: null, to: gizmo.status });
  record(work, 'gizmolower.opened', gizmo, null);
  return { gizmo };
}

export interface CloseGizmoInput {
  readonly id: string;
  readonly outcome?: string | null;
  readonly expectedVersion?: number | null;
}

/** Closes one, with what came of it. */
export async function closeGizmo(work: Work, input: CloseGizmoInput): Promise<{ gizmo: Gizmo } | Refused> {
  const before = isUuid(input.id) ? await gizmos.lockById(work.tx, input.id) : null;
  if (before === null) return notFound('gizmo', input.id);
  if (input.expectedVersion != null && input.expectedVersion !== before.version) return versionConflict(input.expectedVersion, before.version);
  const facts = { outcome: input.outcome ?? null };
  const decided = gizmoLifecycle.decide('closeGizmo', before.status, facts, work.caller);
  if (!decided.moved) return transitionRefused(decided, gizmoLifecycle.allowed(before.status, facts, work.caller));

  const gizmo = await gizmos.save(work.tx, before, { status: decided.to, outcome: facts.outcome }, work.now);
  work.note({ noun: 'Gizmo', entityId: gizmo.id, verb: 'closeGizmo', from: decided.from, to: decided.to, note: facts.outcome });
  record(work, decided.emits as 'gizmolower.closed', gizmo, decided.from);
  return { gizmo };
}

function record(work: Work, name: keyof WorkshopEvents, gizmo: Gizmo, from: GizmoStatus | null): void {
  work.record(name, { subject: `gizmolower/${gizmo.id}`, domain: gizmo.domain, data: { id: gizmo.id, title: gizmo.title, from, to: gizmo.status, version: gizmo.version } });
}
