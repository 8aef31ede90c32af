import type { PackageFlag, SbomPackage, Scope, SourceKind } from '../model.ts';

/**
 * What an entry of a snapshot says and the formats have no field for. Our exports carry it in properties (CycloneDX) or an
 * annotation (SPDX), and the import believes it wherever it stands: it is as much a statement of the document as the rest.
 */
export type Facts = ReadonlyMap<string, string>;

/** Before each name, so that no other tool's property is meant. */
export const FACT_PREFIX = 'hubgraph:';

const flags: ReadonlySet<string> = new Set<PackageFlag>(['OPTIONAL', 'PEER', 'BUNDLED', 'DEV_OPTIONAL', 'EXTRANEOUS', 'DEPRECATED', 'INSTALL_SCRIPT', 'PATCHED']);
const kinds: ReadonlySet<string> = new Set<SourceKind>(['REGISTRY', 'GIT', 'URL', 'PATH', 'WORKSPACE']);

/** The facts of one entry; `said` is what its fields in the document say already. */
export function factsOf(one: SbomPackage, said: { readonly name: string; readonly licence: string | null }): Facts {
  const facts = new Map<string, string>([
    ['direct', one.direct === null ? 'unknown' : String(one.direct)],
    ['scope', one.scope ?? 'unknown'],
    ['source', one.source.kind],
  ]);
  const add = (name: string, value: string | null | undefined) => void (value != null && facts.set(name, value));
  add('sourceLocation', one.source.location);
  add('name', one.name === said.name ? null : one.name);
  add('alias', one.alias);
  add('flags', one.flags.length === 0 ? null : one.flags.toSorted().join(' '));
  add('integrity', one.integrity);
  add('path', one.path);
  add('licence', one.declaredLicence === said.licence ? null : one.declaredLicence);
  add('licenceSource', one.licenceSource === 'LOCKFILE' ? 'LOCKFILE' : null);
  add('own', one.thirdParty ? null : 'true');
  // that a package depends on nothing is no edge, and so nothing that SPDX could say
  add('edges', one.dependsOn === null ? 'unknown' : one.dependsOn.length === 0 ? 'none' : null);
  return facts;
}

/** The entry with the facts that the document gives of it; words that are none are passed over. */
export function applyFacts(one: SbomPackage, facts: Facts): SbomPackage {
  if (facts.size === 0) return one;
  const direct = facts.get('direct');
  const scope = facts.get('scope');
  const kind = facts.get('source');
  const location = facts.get('sourceLocation');
  const named = facts.get('flags')?.split(' ').filter((flag) => flags.has(flag)) as PackageFlag[] | undefined;
  return {
    ...one,
    name: facts.get('name') ?? one.name,
    alias: facts.get('alias') ?? one.alias,
    ...(direct === undefined ? {} : { direct: direct === 'true' ? true : direct === 'false' ? false : null }),
    ...(scope === undefined ? {} : scopeOf(scope === 'PROD' || scope === 'DEV' ? scope : null)),
    ...(kind !== undefined && kinds.has(kind) ? { source: { kind: kind as SourceKind, ...(location === undefined ? {} : { location }) }, flags: named ?? [], integrity: facts.get('integrity') ?? null } : {}),
    path: facts.get('path') ?? one.path,
    declaredLicence: facts.get('licence') ?? one.declaredLicence,
    licenceSource: facts.get('licenceSource') === 'LOCKFILE' ? 'LOCKFILE' : one.licenceSource,
    ...(facts.get('own') === 'true' ? { thirdParty: false } : {}),
    ...(facts.get('edges') === 'unknown' ? { dependsOn: null } : facts.get('edges') === 'none' ? { dependsOn: [] } : {}),
  };
}

export function scopeOf(scope: Scope | null): Pick<SbomPackage, 'scope' | 'dev'> {
  return { scope, dev: scope === null ? null : scope === 'DEV' };
}
