import type { PackageFlag, PackageSource, SbomPackage, Scope } from './model.ts';

/** One package as a client sends it; what is left out is not known. */
export interface SbomPackageInput {
  readonly purl: string;
  readonly key?: string | null;
  readonly name?: string | null;
  readonly version?: string | null;
  readonly alias?: string | null;
  readonly direct?: boolean | null;
  readonly scope?: Scope | null;
  readonly flags?: readonly PackageFlag[] | null;
  readonly source?: { readonly kind: PackageSource['kind']; readonly location?: string | null } | null;
  readonly integrity?: string | null;
  readonly path?: string | null;
  readonly thirdParty?: boolean | null;
  readonly declaredLicence?: string | null;
  readonly licenceSource?: 'LOCKFILE' | 'DOCUMENT' | 'CONCLUSION' | null;
  readonly dependsOn?: readonly string[] | null;
}

/** Whether a package from such a place is a third party's, unless something else is said. */
export function isForeign(kind: PackageSource['kind']): boolean {
  return kind !== 'WORKSPACE' && kind !== 'PATH';
}

/** A package that was read, as a client sends it; what the graph takes for granted anyway is left out, which is half the bytes. */
export function inputOf(one: SbomPackage): SbomPackageInput {
  const { key, purl, name, version, alias, direct, scope, source, integrity, path, declaredLicence, licenceSource, dependsOn } = one;
  const all: SbomPackageInput = {
    key, purl, name, version, alias, direct, scope, flags: one.flags.length > 0 ? one.flags : null, source: { kind: source.kind, ...(source.location === undefined ? {} : { location: source.location }) }, integrity, path,
    thirdParty: one.thirdParty === isForeign(source.kind) ? null : one.thirdParty, declaredLicence, licenceSource, dependsOn,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null)) as unknown as SbomPackageInput;
}
