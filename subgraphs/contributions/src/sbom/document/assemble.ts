import { PackageURL } from 'packageurl-js';
import { countPackages, ecosystems, sbomLimits } from '../model.ts';
import type { DocumentKind, Ecosystem, PackageSource, ParsedDocument, SbomPackage, SbomProblem, Scope } from '../model.ts';
import { faultOfName, withoutSecrets } from '../lockfile/names.ts';
import { quote, refuse, Refusal, shorten } from '../lockfile/refusal.ts';
import type { SourceText } from '../lockfile/text.ts';
import type { Component, Contents, Edge } from './component.ts';
import { applyFacts, scopeOf } from './facts.ts';
import { writeSteps } from './json-place.ts';
import type { Steps } from './json-place.ts';

/** A licence that the author of a document concluded for one of its packages. */
export interface ConcludedLicence {
  /** Of the package. */
  readonly key: string;
  /** As the document states it, unread. */
  readonly expression: string;
}

/** A bill of materials with what only documents say. */
export interface ImportedDocument extends ParsedDocument {
  readonly concluded: readonly ConcludedLicence[];
}

/** Where a place of the document stands in the file. */
export type PlaceOf = (steps: Steps) => { readonly line?: number; readonly column?: number };

/**
 * Makes the packages of a document.
 * @throws Refusal UNSAFE_NAME or LIMIT.
 */
export function assemble(source: SourceText, kind: DocumentKind, formatVersion: string, contents: Contents, placeOf: PlaceOf): ImportedDocument {
  const { components, edges, roots } = contents;
  if (components.length > sbomLimits.packages) refuse(source.name, 'LIMIT', `The document has ${components.length} components; at most ${sbomLimits.packages} are kept.`);
  const notices: SbomProblem[] = [];
  const faults: SbomProblem[] = [];
  const notice = (at: Steps, code: SbomProblem['code'], reason: string) => notices.push({ file: source.name, ...(notices.length < sbomLimits.problems ? placeOf(at) : {}), path: writeSteps(at), reason, code });
  const keys = new Map<string, string>();
  const keyed = components.map((component) => {
    const isTaken = keys.has(component.ref);
    const key = `${source.name}#${isTaken ? writeSteps(component.at) : component.ref}`;
    if (isTaken) notice(component.at, 'INVALID', `${quote(component.ref)} names two components; edges to it are taken to be to the first.`);
    else keys.set(component.ref, key);
    return { component, key };
  });
  const inbound = scopesOf(contents);
  const direct = directOf(contents);
  let edgeCount = 0;
  const packages = keyed.map(({ component, key }): SbomPackage => {
    const isRoot = roots.has(component.ref);
    const identity = identityOf(component, isRoot);
    const fault = faultOf(identity, component.facts.get('name'));
    if (fault !== null) faults.push({ file: source.name, ...(faults.length < sbomLimits.problems ? placeOf(component.at) : {}), path: `${writeSteps(component.at)}.${fault.field}`, reason: fault.reason, code: 'UNSAFE_NAME' });
    if (identity.purlFault !== null) notice(component.at, 'INVALID', identity.purlFault);
    const targets = edges?.get(component.ref);
    const dangling = targets?.find(({ to }) => !keys.has(to) && !contents.others.has(to));
    if (dangling !== undefined) notice(component.at, 'DANGLING_EDGE', `It depends on ${quote(dangling.to)}, which the document does not describe.`);
    const dependsOn = targets === undefined ? null : [...new Set(targets.flatMap(({ to }) => (to === component.ref ? [] : (keys.get(to) ?? []))))];
    edgeCount += dependsOn?.length ?? 0;
    const inboundScope = inbound.get(component.ref);
    const flags = inboundScope?.optional === true && !component.flags.includes('OPTIONAL') ? [...component.flags, 'OPTIONAL' as const] : component.flags;
    return applyFacts({
      key,
      purl: identity.purl,
      ecosystem: identity.ecosystem,
      name: identity.name,
      version: identity.version,
      alias: null,
      direct: isRoot ? null : (direct?.has(component.ref) ?? null),
      ...scopeOf(isRoot ? null : (component.scope ?? inboundScope?.scope ?? null)),
      flags,
      source: isRoot ? { kind: 'WORKSPACE' } : identity.source,
      integrity: component.integrity,
      path: component.path,
      declaredLicence: component.licence,
      licenceSource: component.licence === null ? null : 'DOCUMENT',
      thirdParty: !isRoot,
      dependsOn,
    }, component.facts);
  });
  if (faults.length > 0) throw new Refusal(faults);
  if (edgeCount > sbomLimits.edges) refuse(source.name, 'LIMIT', `The document has ${edgeCount} edges; at most ${sbomLimits.edges} are kept.`);
  if (contents.skipped > 0) notices.push({ file: source.name, reason: `${contents.skipped} components are files, keys or data and no packages; they were passed over.`, code: 'SKIPPED' });
  return {
    kind,
    formatVersion,
    files: [{ name: source.name, kind, formatVersion, sha256: source.sha256, size: source.size }],
    packages,
    counts: countPackages(packages, contents.entryCount),
    notices: shorten(notices),
    concluded: keyed.flatMap(({ component, key }) => (component.concluded === null ? [] : [{ key, expression: component.concluded }])),
  };
}

interface Identity {
  readonly purl: string;
  readonly ecosystem: Ecosystem;
  readonly name: string;
  readonly version: string | null;
  readonly source: PackageSource;
  readonly purlFault: string | null;
}

const known: ReadonlySet<string> = new Set(ecosystems);

function identityOf(component: Component, isRoot: boolean): Identity {
  // the tools that scan a folder call what they scanned by its path
  const name = isRoot ? component.name.replace(/^.*[\\/](?=[^\\/])/, (path) => (/^(?:[./~\\]|[A-Za-z]:)/.test(path) ? '' : path)) : component.name;
  let purlFault: string | null = null;
  if (component.purl !== null) {
    try {
      const { type, namespace, name: last, version, qualifiers, subpath } = PackageURL.fromString(component.purl.trim());
      // as everywhere in the hub: the case of a Go module means nothing to a purl, and the library keeps it
      const lower = (text: string | null | undefined) => (type === 'golang' ? text?.toLowerCase() : text) ?? undefined;
      const said = component.version ?? version ?? null;
      const url = new PackageURL(type ?? '', lower(namespace), lower(last) ?? '', version ?? undefined, qualifiers ?? undefined, subpath ?? undefined);
      return { purl: url.toString(), ecosystem: known.has(type ?? '') ? (type as Ecosystem) : 'generic', name: namespace ? `${namespace}/${last}` : (last ?? ''), version: said, source: sourceOf(component, qualifiers), purlFault };
    } catch {
      purlFault = `${quote(component.purl)} is no package URL; the package is kept under its name.`;
    }
  }
  return { purl: genericPurl(name, component.version), ecosystem: 'generic', name, version: component.version, source: component.location === null ? { kind: 'REGISTRY' } : { kind: 'URL', location: withoutSecrets(component.location) }, purlFault };
}

function genericPurl(name: string, version: string | null): string {
  try {
    const slash = name.lastIndexOf('/');
    return new PackageURL('generic', slash < 0 ? undefined : name.slice(0, slash), name.slice(slash + 1), version ?? undefined, undefined, undefined).toString();
  } catch {
    return `pkg:generic/${encodeURIComponent(name.isWellFormed() ? name : 'unnamed')}`;
  }
}

function sourceOf(component: Component, qualifiers: Record<string, string | undefined> | null | undefined): PackageSource {
  const { vcs_url: vcs, download_url: download } = qualifiers ?? {};
  if (vcs !== undefined) return { kind: 'GIT', location: withoutSecrets(vcs) };
  if (download !== undefined) return { kind: 'URL', location: withoutSecrets(download) };
  return { kind: 'REGISTRY', ...(component.location === null ? {} : { location: withoutSecrets(component.location) }) };
}

function faultOf({ name, version }: Identity, said: string | undefined): { readonly field: string; readonly reason: string } | null {
  for (const one of said === undefined ? [name] : [name, said]) {
    // documents name in words, and a colon is no path then (Maven's group:artifact)
    const fault = one === '' || /^(?:\/|[A-Za-z]:[\\/]|~\/)/.test(one) ? 'is a path or empty' : faultOfName('generic', one.replaceAll(':', ''));
    if (fault !== null) return { field: 'name', reason: `The name ${quote(one)} ${fault}.` };
  }
  if (version !== null && (version.length > sbomLimits.name || /[\p{Cc}\p{Zl}\p{Zp}]|(?:^|[\\/])\.\.(?:[\\/]|$)/u.test(version))) return { field: 'version', reason: `The version ${quote(version)} is a path, too long or holds control characters.` };
  return null;
}

function directOf({ roots, edges }: Contents): ReadonlySet<string> | undefined {
  const targets = [...roots].flatMap((root) => edges?.get(root) ?? []);
  return targets.length === 0 ? undefined : new Set(targets.map(({ to }) => to));
}

/** A component is used in production when one edge says so, and in development only when every edge that says anything does. */
function scopesOf({ edges }: Contents): ReadonlyMap<string, { readonly scope: Scope | null; readonly optional: boolean }> {
  const rows = new Map<string, Edge[]>();
  for (const edge of [...(edges?.values() ?? [])].flat()) {
    const row = rows.get(edge.to);
    if (row === undefined) rows.set(edge.to, [edge]);
    else row.push(edge);
  }
  return new Map([...rows].map(([to, all]) => [to, {
    scope: all.some(({ scope }) => scope === 'PROD') ? 'PROD' : all.every(({ scope }) => scope === 'DEV') ? 'DEV' : null,
    optional: all.every(({ optional }) => optional === true),
  }]));
}
