import { lineProblems, MAX_LINE, slugProblems, textProblems } from '@hubgraph/kit/fields';
import { isUuid, newId } from '@hubgraph/kit/ids';
import { duplicate, notFound, Refused } from '@hubgraph/kit/refusal';
import type { Domain } from '../model.ts';
import { domains } from '../store/index.ts';
import { changed, checkVersion, type Work } from './common.ts';

export interface RegisterDomainInput {
  readonly slug: string;
  readonly name: string;
  readonly description?: string | null;
  readonly owner?: string | null;
}

/** Registers a domain under a slug that is free. */
export async function registerDomain(work: Work, input: RegisterDomainInput): Promise<{ domain: Domain } | Refused> {
  const wrong = [...slugProblems(input.slug), ...lineProblems('name', input.name), ...textProblems({ description: input.description }), ...textProblems({ owner: input.owner }, MAX_LINE)];
  if (wrong.length > 0) return new Refused(wrong);
  const domain = await domains.insert(work.tx, {
    id: newId(), slug: input.slug, name: input.name, description: input.description ?? null, owner: input.owner ?? null, createdAt: work.now, updatedAt: work.now, version: 1,
  });
  if (domain === null) return duplicate('domain', input.slug, (await domains.bySlugs(work.tx, [input.slug])).get(input.slug)?.id ?? '', ['slug']);
  recordDomain(work, 'domain.registered', domain);
  return { domain };
}

/** What may change of a domain: what is undefined stays, null clears. */
export interface UpdateDomainInput {
  readonly id: string;
  readonly name?: string | null;
  readonly description?: string | null;
  readonly owner?: string | null;
  readonly expectedVersion?: number | null;
}

/** Changes what is said of a domain. Nothing to change is no change: no new version, no event. */
export async function updateDomain(work: Work, input: UpdateDomainInput): Promise<{ domain: Domain } | Refused> {
  const before = isUuid(input.id) ? await domains.lockById(work.tx, input.id) : null;
  if (before === null) return notFound('domain', input.id);
  const stale = checkVersion(before, input.expectedVersion);
  if (stale) return stale;
  const wrong = [...lineProblems('name', input.name), ...textProblems({ description: input.description }), ...textProblems({ owner: input.owner }, MAX_LINE)];
  if (wrong.length > 0) return new Refused(wrong);
  const changes = changed(before, { name: input.name ?? undefined, description: input.description, owner: input.owner });
  if (changes === null) return { domain: before };
  const domain = await domains.save(work.tx, before, changes, work.now);
  recordDomain(work, 'domain.updated', domain);
  return { domain };
}

function recordDomain(work: Work, name: 'domain.registered' | 'domain.updated', domain: Domain): void {
  work.record(name, { subject: `domain/${domain.id}`, domain: domain.slug, data: { id: domain.id, slug: domain.slug, version: domain.version } });
}
