import { countPackages, sbomLimits } from '../model.ts';
import type { Ecosystem, LockfileKind, PackageFlag, PackageSource, SbomCounts, SbomPackage, SbomProblem, Scope } from '../model.ts';
import { faultOfName, faultOfVersion, purlOf, withoutSecrets } from './names.ts';
import { Refusal, quote, refuse } from './refusal.ts';
import { locate } from './text.ts';
import type { SourceText } from './text.ts';

/** A package while its lockfile is read. */
export interface Draft {
  /** Unique in the file. */
  readonly id: string;
  readonly ecosystem: Ecosystem;
  readonly name: string;
  readonly version: string | null;
  readonly source: PackageSource;
  readonly thirdParty: boolean;
  alias: string | null;
  direct: boolean | null;
  directScope: Scope | null;
  scope: Scope | null;
  readonly flags: Set<PackageFlag>;
  integrity: string | null;
  path: string | null;
  licence: string | null;
  /** Ids; null when the format has no edges. */
  edges: Set<string> | null;
  /** Texts of the file to point at, the best first. */
  readonly needles: readonly string[];
}

/** What one lockfile holds. */
export interface Reading {
  readonly kind: LockfileKind;
  readonly formatVersion: string | null;
  /** Records of the file. */
  readonly entryCount: number;
  readonly drafts: readonly Draft[];
  readonly notices: readonly SbomProblem[];
}

/** A package with nothing known but what it is. */
export function draft(given: Pick<Draft, 'id' | 'ecosystem' | 'name' | 'version' | 'source' | 'thirdParty' | 'needles'> & Partial<Draft>): Draft {
  return { alias: null, direct: null, directScope: null, scope: null, flags: new Set(), integrity: null, path: null, licence: null, edges: null, ...given };
}

/**
 * Refuses more packages or edges than one snapshot takes. Readers call it before they build a record for each.
 * @throws Refusal LIMIT.
 */
export function checkCount(source: SourceText, what: 'packages' | 'edges', count: number): void {
  if (count > sbomLimits[what]) refuse(source.name, 'LIMIT', `The file has ${count} ${what}; at most ${sbomLimits[what]} are read.`);
}

/**
 * Checks names and versions and gives every package its key and purl.
 * @throws Refusal UNSAFE_NAME for each name that is none, LIMIT for too many packages or edges.
 */
export function finish(source: SourceText, reading: Reading): { packages: SbomPackage[]; counts: SbomCounts } {
  checkCount(source, 'packages', reading.drafts.length);
  checkCount(source, 'edges', reading.drafts.reduce((sum, { edges }) => sum + (edges?.size ?? 0), 0));
  const problems: SbomProblem[] = [];
  const packages: SbomPackage[] = [];
  for (const one of reading.drafts) {
    const fault = faultOf(one);
    if (fault === null) packages.push(packageOf(source.name, one));
    else problems.push({ file: source.name, ...locate(source, ...one.needles), path: one.id.slice(0, 200), reason: fault, code: 'UNSAFE_NAME' });
    if (problems.length > sbomLimits.problems) break;
  }
  if (problems.length > 0) throw new Refusal(problems);
  return { packages, counts: countPackages(packages, reading.entryCount) };
}

function faultOf({ ecosystem, name, version, alias, thirdParty }: Draft): string | null {
  // own packages are named by the repository: only what would do harm elsewhere is refused
  const ofName = name === '' && !thirdParty ? null : faultOfName(thirdParty ? ecosystem : 'generic', name);
  if (ofName !== null) return `The name ${quote(name)} ${ofName}.`;
  const ofAlias = alias === null ? null : faultOfName(ecosystem, alias);
  if (ofAlias !== null) return `The alias ${quote(alias!)} ${ofAlias}.`;
  const ofVersion = version === null ? null : faultOfVersion(version);
  if (ofVersion !== null) return `The version ${quote(version!)} of ${quote(name)} ${ofVersion}.`;
  try {
    purlOf(ecosystem, name === '' ? 'root' : name, version, { kind: 'REGISTRY' });
    return null;
  } catch {
    return `The name ${quote(name)} makes no package URL.`;
  }
}

function packageOf(file: string, one: Draft): SbomPackage {
  const { ecosystem, name, version, thirdParty } = one;
  const source = one.source.location === undefined ? one.source : { kind: one.source.kind, location: withoutSecrets(one.source.location) };
  return {
    key: keyOf(file, one.id),
    purl: purlOf(ecosystem, name === '' ? 'root' : name, version, source),
    ecosystem,
    name: name === '' ? 'root' : name,
    version,
    alias: one.alias,
    direct: thirdParty ? one.direct : null,
    directScope: thirdParty && one.direct === true ? one.directScope : null,
    dev: thirdParty && one.scope !== null ? one.scope === 'DEV' : null,
    scope: thirdParty ? one.scope : null,
    flags: [...one.flags].toSorted(),
    source,
    integrity: one.integrity,
    path: one.path,
    declaredLicence: one.licence,
    licenceSource: one.licence === null ? null : 'LOCKFILE',
    thirdParty,
    dependsOn: one.edges === null ? null : Array.from(one.edges, (id) => keyOf(file, id)),
  };
}

function keyOf(file: string, id: string): string {
  return `${file}#${id}`;
}
