import type { Sql } from '@hubgraph/kit/sql';
import { ENVIRONMENT_KINDS, type EnvironmentKind } from '../model.ts';
import { environments } from '../store/index.ts';

/** What kind of environment others mean, and which one, when it is registered. */
export interface Place {
  readonly environment: EnvironmentKind;
  readonly place: string | null;
}

const WORDS: Readonly<Record<string, EnvironmentKind>> = { prod: 'PRODUCTION', live: 'PRODUCTION', stage: 'STAGING', preprod: 'STAGING', 'pre-production': 'STAGING', dev: 'LOCAL', development: 'LOCAL', test: 'LOCAL', ci: 'LOCAL' };

/** The kind that a name alone tells; null when it tells none. */
export function kindOf(name: string): EnvironmentKind | null {
  return ENVIRONMENT_KINDS.find((kind) => kind === name.toUpperCase()) ?? WORDS[name.toLowerCase()] ?? null;
}

/** An environment by its registered slug, else by a word that names its kind; null when neither is known. Of a path, the last part counts. */
export async function placeOf(sql: Sql, name: string): Promise<Place | null> {
  const slug = lastPart(name);
  const known = (await environments.bySlugs(sql, [slug])).get(slug);
  if (known !== undefined) return { environment: known.kind, place: known.slug };
  const environment = kindOf(slug);
  return environment === null ? null : { environment, place: null };
}

/** The last part of a path, as ids of CDEvents may be. */
export function lastPart(id: string): string {
  return id.split('/').filter(Boolean).at(-1) ?? '';
}
