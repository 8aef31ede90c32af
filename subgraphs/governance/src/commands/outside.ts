import type { FollowedView } from '@hubgraph/kit/bus/follow';
import type { Sql } from '@hubgraph/kit/sql';
import type { ClosureBlocker } from '../lifecycle/closure.ts';
import { outsideBlockers, sourcesOf, unknownBlockers, type ClosureSource, type Outside } from '../lifecycle/outside.ts';
import type { ClosureHub } from '../model.ts';
import { faults, foreign, hubPlaces } from '../store/index.ts';
import type { Work } from './common.ts';

/** How well each of the other hubs is known. */
export async function readSources(sql: Sql, views: ReadonlyMap<ClosureHub, FollowedView>): Promise<ClosureSource[]> {
  const [places, missing] = await Promise.all([hubPlaces.all(sql), faults.all(sql, 1)]);
  return sourcesOf(views, new Map(places.flatMap(({ hub, epoch, position }) => (epoch === null ? [] : [[hub, position] as const]))), new Map(missing.map((fault) => [fault.hub, fault])));
}

/** What stands in the way of closing each workstream in other hubs, and which hubs are not known well enough. */
export async function readOutside(sql: Sql, ids: readonly string[], outside: Outside): Promise<{ readonly blockers: ReadonlyMap<string, readonly ClosureBlocker[]>; readonly sources: readonly ClosureSource[] }> {
  const [waited, sources] = await Promise.all([foreign.waitedFor(sql, ids), readSources(sql, outside.views)]);
  const unknown = unknownBlockers(sources, outside);
  return { blockers: new Map(ids.map((id) => [id, [...outsideBlockers(waited.get(id) ?? []), ...unknown]])), sources };
}

/** The same for the one workstream that a command is about to close. */
export async function outsideOf(work: Work, id: string): Promise<{ readonly blockers: readonly ClosureBlocker[]; readonly sources: readonly ClosureSource[] }> {
  const { outside } = work;
  if (outside === undefined) throw new Error('a closing did not ask what other hubs have');
  const { blockers, sources } = await readOutside(work.tx, [id], outside);
  return { blockers: blockers.get(id) ?? [], sources };
}
