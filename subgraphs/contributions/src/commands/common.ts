import type { Changes, Work as KitWork } from '@hubgraph/kit/change';
import { checkVersion } from '@hubgraph/kit/entity';
import { isUuid } from '@hubgraph/kit/ids';
import { notFound, type Refused } from '@hubgraph/kit/refusal';
import type { ContributionsEvents } from '../events.ts';
import type { Contribution } from '../model.ts';
import { contributions } from '../store/index.ts';

/** A contributions command's hands. */
export type Work = KitWork<ContributionsEvents>;
export type ContributionsChanges = Changes<ContributionsEvents>;

/** Locks a contribution by id, at the version that the caller expects. */
export async function lockedContribution(work: Work, input: { readonly id: string; readonly expectedVersion?: number | null }): Promise<Contribution | Refused> {
  const contribution = isUuid(input.id) ? await contributions.lockById(work.tx, input.id) : null;
  if (contribution === null) return notFound('contribution', input.id);
  return checkVersion(contribution, input.expectedVersion) ?? contribution;
}

/** The contribution that an input names by id or slug; null when it names none. */
export async function namedContribution(work: Work, key: string | null | undefined, path: readonly string[]): Promise<Contribution | null | Refused> {
  if (key == null) return null;
  const found = isUuid(key) ? (await contributions.byIds(work.tx, [key])).get(key.toLowerCase()) : (await contributions.bySlugs(work.tx, [key])).get(key);
  return found ?? notFound('contribution', key, path);
}

/** Event names of a contribution. */
export type ContributionEvent = Extract<keyof ContributionsEvents, `contribution.${string}`>;

/** Records an event of a contribution. */
export function recordContribution(work: Work, name: ContributionEvent, contribution: Contribution, from: Contribution['status'] | null, more: { readonly reason?: string | null; readonly imported?: boolean } = {}): void {
  const { id, slug, type, status, version, targetOrg, targetRepo, repo, workstream } = contribution;
  work.record(name, { subject: `contribution/${id}`, domain: contribution.domain, data: { id, slug, type, from, to: status, version, targetOrg, targetRepo, repo, workstream, package: contribution.package, ...more } });
}
