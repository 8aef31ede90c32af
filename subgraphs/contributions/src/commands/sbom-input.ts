import { slugProblems } from '@hubgraph/kit/fields';
import { invalidField, type MutationErrorData } from '@hubgraph/kit/refusal';
import { evaluateLicence, type LicenceEvaluation } from '../licence/evaluate.ts';
import type { SbomSnapshot } from '../model.ts';
import { isForeign, type SbomPackageInput } from '../sbom/input.ts';
import type { SbomPackage } from '../sbom/model.ts';
import { readPurl } from '../sbom/purl.ts';
import type { NewSbomPackage } from '../store/index.ts';

/** Packages that one call may bring. */
export const MOST_PACKAGES = 20_000;
const MOST_FILES = 500;
const MOST_ENTRIES = 10_000_000;
/** More wrong fields than these help nobody. */
export const MOST_PROBLEMS = 50;
/** Bytes of a key, because PostgreSQL bounds what it indexes. */
const KEY = 2_000;
/** Characters of the rest. */
const LONGEST = { purl: 1_000, name: 512, version: 512, alias: 512, integrity: 2_000, path: 4_000, declaredLicence: 50_000 } as const;

export type SbomFile = SbomSnapshot['files'][number];

/** What is wrong with the repo and the files that an ingest names. */
export function placeProblems({ repo, domain, files, entryCount }: { readonly repo: string; readonly domain?: string | null; readonly files?: readonly SbomFile[] | null; readonly entryCount?: number | null }): MutationErrorData[] {
  return [
    ...slugProblems(repo, ['repo']),
    ...(domain == null ? [] : slugProblems(domain, ['domain'])),
    ...((files?.length ?? 0) > MOST_FILES ? [invalidField(['files'], `At most ${MOST_FILES} files.`)] : []),
    ...(files ?? []).flatMap(({ name, kind }, index) => (name !== '' && name.length <= LONGEST.path && kind !== '' && kind.length <= 50 ? [] : [invalidField(['files', String(index)], `A file has a name of at most ${LONGEST.path} and a kind of at most 50 characters.`)])),
    ...(entryCount == null || (entryCount >= 0 && entryCount <= MOST_ENTRIES) ? [] : [invalidField(['entryCount'], `A count from 0 to ${MOST_ENTRIES}.`)]),
  ];
}

/** Makes packages of what a client sent, or says what is wrong with it. */
export function readPackages(inputs: readonly SbomPackageInput[]): { readonly packages: readonly SbomPackage[] } | { readonly problems: readonly MutationErrorData[] } {
  if (inputs.length > MOST_PACKAGES) return { problems: [invalidField(['packages'], `These are ${inputs.length} packages; one call brings at most ${MOST_PACKAGES}.`)] };
  const problems: MutationErrorData[] = [];
  const wrong = (index: number, field: string, message: string) => void (problems.length < MOST_PROBLEMS && problems.push(invalidField(['packages', String(index), field], message)));
  const packages: SbomPackage[] = [];
  const keys = new Set<string>();
  for (const [index, input] of inputs.entries()) {
    const read = readPurl(input.purl);
    if (read === null) {
      wrong(index, 'purl', 'A package is named by its purl, such as pkg:npm/jszip@3.10.1.');
      continue;
    }
    const key = input.key ?? read.purl;
    if (keys.has(key)) wrong(index, 'key', `An earlier package has the key ${key}; copies of a package need keys of their own.`);
    keys.add(key);
    const source = { kind: input.source?.kind ?? 'REGISTRY', ...(input.source?.location == null ? {} : { location: input.source.location }) };
    if (input.licenceSource === 'CONCLUSION') wrong(index, 'licenceSource', 'What was concluded is told by concludeLicence.');
    const thirdParty = input.thirdParty ?? isForeign(source.kind);
    const one: SbomPackage = {
      key, purl: read.purl, ecosystem: read.ecosystem, name: input.name ?? read.name, version: input.version ?? read.version, alias: input.alias ?? null,
      direct: thirdParty ? input.direct ?? null : null, scope: input.scope ?? null, dev: input.scope == null ? null : input.scope === 'DEV', flags: [...new Set(input.flags ?? [])], source,
      integrity: input.integrity ?? null, path: input.path ?? null, thirdParty, declaredLicence: input.declaredLicence ?? null,
      licenceSource: input.declaredLicence == null ? null : input.licenceSource === 'LOCKFILE' ? 'LOCKFILE' : 'DOCUMENT', dependsOn: input.dependsOn == null ? null : [...new Set(input.dependsOn)],
    };
    for (const { field, message } of faultsOf(one)) wrong(index, field, message);
    packages.push(one);
  }
  for (const [index, input] of inputs.entries()) {
    const unknown = input.dependsOn?.find((key) => !keys.has(key));
    if (unknown !== undefined) wrong(index, 'dependsOn', `No package of this call has the key ${unknown}.`);
  }
  return problems.length > 0 ? { problems } : { packages };
}

/** Why a package cannot be kept as it is, whoever read it. */
export function faultsOf(one: SbomPackage): { readonly field: string; readonly message: string }[] {
  const { location } = one.source;
  return [
    ...(one.key === '' || Buffer.byteLength(one.key) > KEY ? [{ field: 'key', message: `A key has 1 to ${KEY} bytes.` }] : []),
    ...Object.entries(LONGEST).flatMap(([field, most]) => ((one[field as keyof typeof LONGEST]?.length ?? 0) > most ? [{ field, message: `This has at most ${most} characters.` }] : [])),
    ...((location?.length ?? 0) > LONGEST.path ? [{ field: 'source', message: `A location has at most ${LONGEST.path} characters.` }] : []),
    ...(holdsPassword(location) ? [{ field: 'source', message: 'This holds a password or token; send it without.' }] : holdsPassword(one.purl) ? [{ field: 'purl', message: 'This holds a password or token; send it without.' }] : []),
  ];
}

/** Rows of packages, their licences judged. */
export function rowsOf(packages: readonly SbomPackage[]): NewSbomPackage[] {
  const judged = new Map<string | null, LicenceEvaluation>();
  return packages.map((one) => {
    let licence = judged.get(one.declaredLicence);
    if (licence === undefined) judged.set(one.declaredLicence, (licence = evaluateLicence(one.declaredLicence)));
    return {
      key: one.key, purl: one.purl, package: readPurl(one.purl)?.package ?? one.purl, ecosystem: one.ecosystem, name: one.name, alias: one.alias, version: one.version, direct: one.direct, dev: one.dev, scope: one.scope,
      flags: one.flags, source: one.source, integrity: one.integrity, path: one.path, thirdParty: one.thirdParty, declaredLicence: one.declaredLicence, licenceSource: one.licenceSource,
      expression: licence.expression, licenceClass: licence.class, copyleft: licence.copyleft, dependsOn: one.dependsOn,
    };
  });
}

/** `git@` before a host is no secret; another user without password is often a token. */
function holdsPassword(text: string | undefined): boolean {
  const decoded = text?.replace(/%3a/gi, ':').replace(/%40/g, '@').replace(/%2f/gi, '/');
  return decoded !== undefined && (/\/\/[^/\s@:]*:[^/\s@]+@/.test(decoded) || /https?:\/\/[^/\s@]+@/.test(decoded));
}
