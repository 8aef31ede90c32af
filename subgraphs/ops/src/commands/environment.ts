import { changed, checkVersion } from '@hubgraph/kit/entity';
import { lineProblems, linkProblems, slugProblems, textProblems } from '@hubgraph/kit/fields';
import { isUuid, newId } from '@hubgraph/kit/ids';
import { duplicate, notFound, Refused, type MutationErrorData } from '@hubgraph/kit/refusal';
import type { Environment, EnvironmentKind } from '../model.ts';
import { environments } from '../store/index.ts';
import type { Work } from './common.ts';

interface EnvironmentFacts {
  readonly url?: string | null;
  readonly description?: string | null;
  readonly source?: string | null;
}

export interface RegisterEnvironmentInput extends EnvironmentFacts {
  readonly slug: string;
  readonly kind: EnvironmentKind;
  /** The slug when left out. */
  readonly name?: string | null;
}

/** Registers a place where services run, under a slug that is free. Its kind stays for ever: evidence relies on it. */
export async function registerEnvironment(work: Work, input: RegisterEnvironmentInput): Promise<{ environment: Environment } | Refused> {
  const name = input.name ?? input.slug;
  const wrong = [...slugProblems(input.slug), ...lineProblems('name', name), ...factProblems(input)];
  if (wrong.length > 0) return new Refused(wrong);
  const { slug, kind, url, description, source } = input;
  const environment = await environments.insert(work.tx, { id: newId(), slug, kind, name, url: url ?? null, description: description ?? null, source: source ?? null, createdAt: work.now, updatedAt: work.now, version: 1 });
  if (environment === null) return duplicate('environment', slug, (await environments.bySlugs(work.tx, [slug])).get(slug)?.id ?? '', ['slug']);
  return { environment };
}

/** What may change of an environment: what is undefined stays, null clears. */
export interface UpdateEnvironmentInput extends EnvironmentFacts {
  readonly id: string;
  readonly name?: string | null;
  readonly expectedVersion?: number | null;
}

/** Changes what is known of an environment. Nothing to change is no change. */
export async function updateEnvironment(work: Work, input: UpdateEnvironmentInput): Promise<{ environment: Environment } | Refused> {
  const before = isUuid(input.id) ? await environments.lockById(work.tx, input.id) : null;
  if (before === null) return notFound('environment', input.id);
  const stale = checkVersion(before, input.expectedVersion);
  if (stale) return stale;
  const wrong = [...lineProblems('name', input.name ?? undefined), ...factProblems(input)];
  if (wrong.length > 0) return new Refused(wrong);
  const changes = changed(before, { name: input.name ?? undefined, url: input.url, description: input.description, source: input.source });
  return { environment: changes === null ? before : await environments.save(work.tx, before, changes, work.now) };
}

function factProblems({ url, description, source }: EnvironmentFacts): MutationErrorData[] {
  return [...linkProblems({ url }), ...textProblems({ description, source })];
}
