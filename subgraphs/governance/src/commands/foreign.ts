import type { CloudEvent } from '@hubgraph/kit/events';
import { isUuid, newId } from '@hubgraph/kit/ids';
import { invalidInput, notFound, Refused } from '@hubgraph/kit/refusal';
import { foreignItemOf, itemOf, type ForeignFacts } from '../lifecycle/foreign.ts';
import type { ClosureHub, ForeignItem, ForeignRebuild } from '../model.ts';
import { faults, foreign, hubPlaces, rebuilds } from '../store/index.ts';
import type { Work } from './common.ts';

/** One event of another hub at its place in its stream. */
export interface ForeignEvent {
  readonly hub: ClosureHub;
  readonly epoch: string;
  readonly position: number;
  readonly event: CloudEvent;
}

/**
 * Moves the place of a hub forward and holds it until the transaction ends, so that replicas take turns; false when it is
 * there already, and then whoever asks has nothing to do. In a stream that began anew all is told again, so what was
 * known is forgotten first.
 */
async function advance(work: Work, { hub, epoch, position }: Omit<ForeignEvent, 'event'>): Promise<boolean> {
  const moved = await hubPlaces.advance(work.tx, { hub, epoch, position }, work.now);
  if (moved !== false && moved.anew) await foreign.clear(work.tx, hub);
  return moved !== false;
}

/** Keeps what an event says, once: the place moves in the same transaction. @throws when the event cannot be read; nothing is written then. */
export async function takeForeign(work: Work, message: ForeignEvent): Promise<{ readonly taken: boolean }> {
  if (!(await advance(work, message))) return { taken: false };
  const item = foreignItemOf(message.event);
  if (item === null) return { taken: false };
  await foreign.put(work.tx, item, message.event.subject, message.position, work.now);
  return { taken: true };
}

/** Moves the place behind events that say nothing of what closings wait for. */
export async function passForeign(work: Work, place: Omit<ForeignEvent, 'event'>): Promise<{ readonly passed: boolean }> {
  return { passed: await advance(work, place) };
}

/** Notes that an event could not be read; what is known of its hub is not complete until its subject is told of again. */
export async function setForeignAside(work: Work, message: ForeignEvent, reason: string): Promise<{ readonly set: boolean }> {
  const { hub, position, event } = message;
  if (!(await advance(work, message))) return { set: false };
  await faults.insert(work.tx, { id: newId(), hub, position, type: event.type, subject: event.subject, missed: 1, reason, at: work.now });
  return { set: true };
}

/** Notes that events were gone before they were read; what is known of the hub is not complete until it is rebuilt. */
export async function noteForeignGap(work: Work, gap: Omit<ForeignEvent, 'event'> & { readonly missed: number }): Promise<{ readonly noted: boolean }> {
  const { hub, position, missed } = gap;
  if (!(await advance(work, gap))) return { noted: false };
  await faults.insert(work.tx, { id: newId(), hub, position, type: null, subject: null, missed, reason: `${missed} events up to position ${position} were gone before they were read.`, at: work.now });
  return { noted: true };
}

/** What a rebuild came to. */
export interface RebuildReport {
  readonly hub: ClosureHub;
  readonly position: number;
  readonly items: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

/** Puts what a fold of the stream up to `position` came to in the place of what is known of a hub. */
export async function rebuildForeign(work: Work, told: Omit<ForeignEvent, 'event' | 'epoch'> & { readonly epoch: string | null; readonly items: readonly ForeignItem[] }): Promise<{ readonly report: RebuildReport } | Refused> {
  const { hub, epoch, position, items } = told;
  const place = await hubPlaces.lock(work.tx, hub, work.now);
  if (epoch !== null && place.epoch !== epoch) return invalidInput([], `The stream of ${hub} began anew meanwhile; begin again.`);
  const done = await foreign.replace(work.tx, hub, position, items, work.now);
  await faults.settle(work.tx, hub, position);
  if (place.epoch !== null) await hubPlaces.advance(work.tx, { hub, epoch: place.epoch, position }, work.now);
  return { report: { hub, position, items: items.length, ...done } };
}

/** Begins a rebuild from the lists of a hub: they are to be read after this, so they hold all that the stream said so far. */
export async function beginRebuild(work: Work, input: { readonly hub: ClosureHub }): Promise<{ readonly rebuild: ForeignRebuild }> {
  const { hub, epoch, position } = await hubPlaces.lock(work.tx, input.hub, work.now);
  const rebuild = { id: newId(), hub, epoch, position, startedBy: work.caller.sub, startedAt: work.now };
  await rebuilds.begin(work.tx, rebuild);
  return { rebuild };
}

/** One thing as a list of its hub tells of it. */
export type ListedItem = ForeignFacts & { readonly domain: string | null; readonly since: Date };

/** Keeps a part of what was read for a rebuild. */
export async function stageItems(work: Work, input: { readonly rebuild: string; readonly items: readonly ListedItem[] }): Promise<{ readonly rebuild: ForeignRebuild } | Refused> {
  const rebuild = await rebuildOf(work, input.rebuild);
  if (rebuild instanceof Refused) return rebuild;
  await rebuilds.stage(work.tx, rebuild.id, input.items.map(({ domain, since, ...facts }) => itemOf(rebuild.hub, facts, domain, since)));
  return { rebuild };
}

/** Ends a rebuild: what was read takes the place of what was known, but for what events said meanwhile. */
export async function finishRebuild(work: Work, input: { readonly rebuild: string }): Promise<{ readonly report: RebuildReport } | Refused> {
  const rebuild = await rebuildOf(work, input.rebuild);
  if (rebuild instanceof Refused) return rebuild;
  return rebuildForeign(work, { ...rebuild, items: await rebuilds.take(work.tx, rebuild.id) });
}

async function rebuildOf(work: Work, id: string): Promise<ForeignRebuild | Refused> {
  return (isUuid(id) ? await rebuilds.lockById(work.tx, id) : null) ?? notFound('rebuild', id, ['rebuild']);
}
