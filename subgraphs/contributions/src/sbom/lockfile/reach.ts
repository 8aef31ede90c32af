import type { Draft } from './draft.ts';

/** Everything reached from `roots`, themselves included. Cycles and chains of any length are fine. */
export function reach<Id>(roots: Iterable<Id>, next: (id: Id) => Iterable<Id>): Set<Id> {
  const seen = new Set(roots);
  // a set grows while it is walked, and the walk reaches what was added
  for (const id of seen) for (const to of next(id)) seen.add(to);
  return seen;
}

/** What the own packages ask for, as ids of drafts. */
export interface Roots {
  readonly prod: Iterable<string>;
  /** Null when the format does not tell development from production. */
  readonly dev: Iterable<string> | null;
}

/**
 * Marks what is direct, and by the edges what production and development reach. Own packages are passed through by their
 * production edges only, which `roots` must hold already.
 */
export function markReached(drafts: Iterable<Draft>, roots: Roots): void {
  const byId = new Map(Array.from(drafts, (one) => [one.id, one]));
  const prod = new Set(roots.prod);
  const dev = new Set(roots.dev ?? []);
  const next = (id: string) => {
    const one = byId.get(id);
    return one?.thirdParty ? one.edges ?? [] : [];
  };
  const fromProd = reach(prod, next);
  const fromDev = reach(dev, next);
  for (const one of byId.values()) {
    if (!one.thirdParty) continue;
    one.direct = prod.has(one.id) || dev.has(one.id);
    if (roots.dev === null) continue;
    if (one.direct) one.directScope = prod.has(one.id) ? 'PROD' : 'DEV';
    if (fromProd.has(one.id)) one.scope = 'PROD';
    else if (fromDev.has(one.id)) one.scope = 'DEV';
  }
}
