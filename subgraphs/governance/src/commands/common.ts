import type { Changes, Work as KitWork } from '@hubgraph/kit/change';
import { changed, checkVersion } from '@hubgraph/kit/entity';
import { invalidInput, notFound, Refused } from '@hubgraph/kit/refusal';
import { isUuid } from '@hubgraph/kit/ids';
import type { Tx } from '@hubgraph/kit/sql';
import type { GovernanceEvents } from '../events.ts';
import type { Outside } from '../lifecycle/outside.ts';
import type { Domain, Repo, Task, Topic, Workstream } from '../model.ts';
import { domains, repos, topics, workstreams } from '../store/index.ts';

/** A governance command's hands. */
export type Work = KitWork<GovernanceEvents> & {
  /** What is known of other hubs; there for every command that may close a workstream. */
  readonly outside?: Outside;
};
export type GovernanceChanges = Changes<GovernanceEvents>;

export { changed, checkVersion };

/** Locks a workstream by id. */
export async function lockedWorkstream(work: Work, id: string, path: readonly string[] = ['id']): Promise<Workstream | Refused> {
  const workstream = isUuid(id) ? await workstreams.lockById(work.tx, id) : null;
  return workstream ?? notFound('workstream', id, path);
}

/** Locks the workstream that an input is about, and refuses when it is not the version that the caller expects. */
export async function workstreamToChange(work: Work, input: { readonly id: string; readonly expectedVersion?: number | null }): Promise<Workstream | Refused> {
  const workstream = await lockedWorkstream(work, input.id);
  return workstream instanceof Refused ? workstream : (checkVersion(workstream, input.expectedVersion) ?? workstream);
}

/** The domain of a slug that an input names. */
export async function domainOf(tx: Tx, slug: string, path: readonly string[] = ['domain']): Promise<Domain | Refused> {
  return (await domains.bySlugs(tx, [slug])).get(slug) ?? notFound('domain', slug, path);
}

/** The repo of a slug that an input names; it must belong to `domain`. Null when none is named. */
export async function repoOf(tx: Tx, slug: string | null | undefined, domain: Domain, path: readonly string[] = ['repo']): Promise<Repo | null | Refused> {
  if (slug == null) return null;
  const repo = (await repos.bySlugs(tx, [slug])).get(slug);
  if (repo === undefined) return notFound('repo', slug, path);
  return repo.domainId === domain.id ? repo : invalidInput(path, `Repo ${slug} belongs to another domain than ${domain.slug}.`);
}

/** The topic of a slug that an input names. Null when none is named. */
export async function topicOf(tx: Tx, slug: string | null | undefined, path: readonly string[] = ['topic']): Promise<Topic | null | Refused> {
  if (slug == null) return null;
  return (await topics.bySlugs(tx, [slug])).get(slug) ?? notFound('topic', slug, path);
}

/** Where a workstream stands, as its events tell it. */
export interface Place {
  readonly domain: string;
  readonly repo: string | null;
}

/** Loads the slugs that a workstream's events carry. */
export async function placeOf(tx: Tx, workstream: Workstream): Promise<Place> {
  const domain = (await domains.byIds(tx, [workstream.domainId])).get(workstream.domainId);
  const repo = workstream.repoId === null ? undefined : (await repos.byIds(tx, [workstream.repoId])).get(workstream.repoId);
  return { domain: domain?.slug ?? '', repo: repo?.slug ?? null };
}

/** Event names of a lifecycle noun. */
type EventName<Noun extends string> = Extract<keyof GovernanceEvents, `${Noun}.${string}`>;

/** In characters: enough to decide whether one cares; history has the whole reason. */
const MAX_REASON = 1_000;

/** The beginning of a reason, without half a character at its end. */
function excerpt(reason: string | null | undefined): string | null | undefined {
  return reason == null || reason.length <= MAX_REASON ? reason : `${reason.slice(0, MAX_REASON).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** Records an event of a workstream. */
export function recordWorkstream(work: Work, name: EventName<'workstream'>, workstream: Workstream, from: Workstream['status'] | null, place: Place, more: { reason?: string | null; imported?: boolean } = {}): void {
  work.record(name, { subject: `workstream/${workstream.id}`, domain: place.domain, data: { id: workstream.id, code: workstream.code, repo: place.repo, from, to: workstream.status, version: workstream.version, ...more, reason: excerpt(more.reason) } });
}

/** Records an event of a task. */
export function recordTask(work: Work, name: EventName<'task'>, task: Task, from: Task['status'] | null, workstreamCode: string, domain: string, more: { reason?: string | null; successor?: string | null; imported?: boolean } = {}): void {
  work.record(name, { subject: `task/${task.id}`, domain, data: { id: task.id, code: task.code, workstream: workstreamCode, from, to: task.status, version: task.version, priority: task.priority, ...more, reason: excerpt(more.reason) } });
}
