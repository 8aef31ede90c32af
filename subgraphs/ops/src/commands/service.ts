import { changed, checkVersion } from '@hubgraph/kit/entity';
import { lineProblems, linkProblems, slugProblems, textProblems } from '@hubgraph/kit/fields';
import { isUuid, newId } from '@hubgraph/kit/ids';
import { duplicate, invalidField, notFound, Refused, type MutationErrorData } from '@hubgraph/kit/refusal';
import type { Service, ServiceTier } from '../model.ts';
import { environments, services } from '../store/index.ts';
import type { Work } from './common.ts';

/** Where a service runs: an environment by its slug, and how it is reached there. */
export interface PlaceInput {
  readonly environment: string;
  readonly url?: string | null;
}

interface ServiceFacts {
  readonly repo?: string | null;
  readonly description?: string | null;
  /** Exactly these, when they are given. */
  readonly environments?: readonly PlaceInput[] | null;
  /** The inventory file that told of it. */
  readonly source?: string | null;
}

export interface RegisterServiceInput extends ServiceFacts {
  readonly slug: string;
  /** The slug when left out. */
  readonly name?: string | null;
  readonly domain: string;
  readonly owner: string;
  readonly tier?: ServiceTier | null;
}

/** Registers a service under a slug that is free. Domain and repo are kept as they are named: governance keeps them. */
export async function registerService(work: Work, input: RegisterServiceInput): Promise<{ service: Service } | Refused> {
  const name = input.name ?? input.slug;
  const wrong = [...slugProblems(input.slug), ...slugProblems(input.domain, ['domain']), ...lineProblems('name', name), ...lineProblems('owner', input.owner), ...factProblems(input)];
  if (wrong.length > 0) return new Refused(wrong);
  const places = await placesIn(work, input.environments);
  if (places instanceof Refused) return places;
  const service = await services.insert(work.tx, {
    id: newId(), slug: input.slug, name, domain: input.domain, repo: input.repo ?? null, owner: input.owner, tier: input.tier ?? 'TIER_3', description: input.description ?? null, retiredAt: null, source: input.source ?? null,
    createdAt: work.now, updatedAt: work.now, version: 1,
  });
  if (service === null) return duplicate('service', input.slug, (await services.bySlugs(work.tx, [input.slug])).get(input.slug)?.id ?? '', ['slug']);
  if (places !== null) await services.setPlaces(work.tx, service.id, places);
  record(work, 'service.registered', service);
  return { service };
}

/** What may change of a service: what is undefined stays, null clears. Its slug stays, because everything names it so. */
export interface UpdateServiceInput extends ServiceFacts {
  readonly id: string;
  readonly name?: string | null;
  readonly domain?: string | null;
  readonly owner?: string | null;
  readonly tier?: ServiceTier | null;
  readonly expectedVersion?: number | null;
}

/** Changes what is known of a service; one that was retired runs again. Nothing to change is no change: no new version, no event. */
export async function updateService(work: Work, input: UpdateServiceInput): Promise<{ service: Service } | Refused> {
  const before = await locked(work, input);
  if (before instanceof Refused) return before;
  const wrong = [...(input.domain == null ? [] : slugProblems(input.domain, ['domain'])), ...lineProblems('name', input.name ?? undefined), ...lineProblems('owner', input.owner ?? undefined), ...factProblems(input)];
  if (wrong.length > 0) return new Refused(wrong);
  const places = await placesIn(work, input.environments);
  if (places instanceof Refused) return places;
  const { name, domain, owner, tier, repo, description, source } = input;
  const changes = changed(before, { name: name ?? undefined, domain: domain ?? undefined, owner: owner ?? undefined, tier: tier ?? undefined, repo, description, source, retiredAt: null });
  const moved = places !== null && (await differ(work, before.id, places));
  if (changes === null && !moved) return { service: before };
  if (moved) await services.setPlaces(work.tx, before.id, places);
  const service = await services.save(work.tx, before, changes ?? {}, work.now);
  record(work, 'service.updated', service);
  return { service };
}

/** Says that a service runs no more; what is known of it stays. Again changes nothing. */
export async function retireService(work: Work, input: { readonly id: string; readonly expectedVersion?: number | null }): Promise<{ service: Service } | Refused> {
  const before = await locked(work, input);
  if (before instanceof Refused) return before;
  if (before.retiredAt !== null) return { service: before };
  const service = await services.save(work.tx, before, { retiredAt: work.now }, work.now);
  record(work, 'service.retired', service);
  return { service };
}

async function locked(work: Work, input: { readonly id: string; readonly expectedVersion?: number | null }): Promise<Service | Refused> {
  const service = isUuid(input.id) ? await services.lockById(work.tx, input.id) : null;
  if (service === null) return notFound('service', input.id);
  return checkVersion(service, input.expectedVersion) ?? service;
}

interface StoredPlace {
  readonly environmentId: string;
  readonly url: string | null;
}

/** Null when nothing is said of where it runs. */
async function placesIn(work: Work, given: readonly PlaceInput[] | null | undefined): Promise<readonly StoredPlace[] | null | Refused> {
  if (given == null) return null;
  const known = await environments.bySlugs(work.tx, given.map(({ environment }) => environment));
  const wrong = given.flatMap(({ environment }, index) => {
    if (given.findIndex((other) => other.environment === environment) !== index) return [invalidField(['environments', String(index), 'environment'], `${environment} is named twice.`)];
    return known.has(environment) ? [] : [invalidField(['environments', String(index), 'environment'], `There is no environment ${environment}: register it first.`)];
  });
  if (wrong.length > 0) return new Refused(wrong);
  return given.map(({ environment, url }) => ({ environmentId: known.get(environment)!.id, url: url ?? null }));
}

async function differ(work: Work, serviceId: string, places: readonly StoredPlace[]): Promise<boolean> {
  const textOf = (list: readonly StoredPlace[]) => JSON.stringify(list.map(({ environmentId, url }) => [environmentId, url]).sort());
  return textOf((await services.placesOf(work.tx, [serviceId])).get(serviceId) ?? []) !== textOf(places);
}

function factProblems({ repo, description, environments: places, source }: ServiceFacts): MutationErrorData[] {
  return [
    ...(repo == null ? [] : slugProblems(repo, ['repo'])),
    ...textProblems({ description, source }),
    ...(places ?? []).flatMap(({ url }, index) => linkProblems({ url }).map((problem) => ({ ...problem, path: ['input', 'environments', String(index), 'url'] }))),
  ];
}

function record(work: Work, name: 'service.registered' | 'service.updated' | 'service.retired', { id, slug, name: called, repo, owner, tier, version, domain }: Service): void {
  work.record(name, { subject: `service/${id}`, domain, data: { id, slug, name: called, repo, owner, tier, version } });
}
