import { createHash } from 'node:crypto';
import { evaluateLicence } from '../../licence/evaluate.ts';
import type { SbomPackage } from '../model.ts';
import { factsOf } from './facts.ts';
import { hashOf, nameInPurl, sorted, topOf } from './snapshot.ts';
import type { ExportSnapshot } from './snapshot.ts';
import { ANNOTATOR } from './spdx.ts';

/**
 * A snapshot as SPDX 2.3 JSON: the same text for the same snapshot. What the format has no field for stands in an annotation
 * of each package, so that reading it gives the same packages and edges again.
 */
export function toSpdx23(snapshot: ExportSnapshot): string {
  const packages = sorted(snapshot.packages);
  const created = (snapshot.takenAt ?? new Date(0)).toISOString().replace(/\.\d+Z$/, 'Z');
  const ids = new Map(packages.map(({ key }, n) => [key, `SPDXRef-Package-${n + 1}`]));
  const licences = new Licences();
  const concluded = new Map(snapshot.concluded?.map(({ key, expression }) => [key, expression]));
  const described = packages.map((one) => packageOf(one, { id: ids.get(one.key) as string, created, licences, concluded: concluded.get(one.key) ?? null }));
  const subject = {
    SPDXID: 'SPDXRef-Subject',
    name: snapshot.name,
    ...(snapshot.version == null ? {} : { versionInfo: snapshot.version }),
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    copyrightText: 'NOASSERTION',
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: 'NOASSERTION',
    annotations: [annotationOf(created, { subject: 'true', ...(snapshot.entryCount == null ? {} : { entryCount: String(snapshot.entryCount) }) })],
  };
  const edges = packages.flatMap((one) => (one.dependsOn ?? []).flatMap((target) => relationship(ids.get(one.key), ids.get(target))));
  const body = {
    packages: [subject, ...described],
    ...(licences.list().length === 0 ? {} : { hasExtractedLicensingInfos: licences.list() }),
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: 'SPDXRef-Subject' },
      ...topOf(packages).flatMap(({ key }) => relationship('SPDXRef-Subject', ids.get(key))),
      ...edges.toSorted((a, b) => compare(a.spdxElementId, b.spdxElementId) || compare(a.relatedSpdxElement, b.relatedSpdxElement)),
    ],
  };
  return `${JSON.stringify({
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: snapshot.name,
    // unique for what it holds; it leads nowhere
    documentNamespace: `urn:hubgraph:sbom:${encodeURIComponent(snapshot.name)}:${createHash('sha256').update(created).update(JSON.stringify(body)).digest('hex')}`,
    creationInfo: { created, creators: [ANNOTATOR] },
    ...body,
  }, null, 2)}\n`;
}

function packageOf(one: SbomPackage, { id, created, licences, concluded }: { readonly id: string; readonly created: string; readonly licences: Licences; readonly concluded: string | null }): object {
  const hash = hashOf(one.integrity);
  const licence = licences.write(one.declaredLicence);
  return {
    SPDXID: id,
    name: one.name,
    ...(one.version === null ? {} : { versionInfo: one.version }),
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    copyrightText: 'NOASSERTION',
    licenseConcluded: licences.write(concluded).text,
    licenseDeclared: licence.text,
    ...(hash === null ? {} : { checksums: [{ algorithm: hash.algorithm.toUpperCase(), checksumValue: hash.hex }] }),
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: one.purl }],
    ...(one.thirdParty ? {} : { primaryPackagePurpose: 'APPLICATION' }),
    annotations: [annotationOf(created, Object.fromEntries(factsOf(one, { name: nameInPurl(one), licence: licence.said })))],
  };
}

function annotationOf(created: string, facts: Readonly<Record<string, string>>): object {
  return { annotationDate: created, annotationType: 'OTHER', annotator: ANNOTATOR, comment: JSON.stringify(facts) };
}

function relationship(from: string | undefined, to: string | undefined): { spdxElementId: string; relationshipType: string; relatedSpdxElement: string }[] {
  return from === undefined || to === undefined ? [] : [{ spdxElementId: from, relationshipType: 'DEPENDS_ON', relatedSpdxElement: to }];
}

function compare(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** The licence texts of a document; what is no expression of SPDX 2.3 becomes a reference with the words as its text. */
class Licences {
  readonly #infos = new Map<string, { readonly licenseId: string; readonly name: string; readonly extractedText: string }>();

  /** `text` is for the field, `said` is what a reader of ours gets from it. */
  write(declared: string | null): { readonly text: string; readonly said: string | null } {
    const stated = declared?.trim() ?? '';
    if (stated === '' || stated === 'NOASSERTION') return { text: 'NOASSERTION', said: null };
    if (stated === 'NONE') return { text: 'NONE', said: 'NONE' };
    const { expression } = evaluateLicence(stated);
    if (expression !== null && !/(?:Document|Addition)Ref-/.test(expression)) {
      for (const [id] of expression.matchAll(/LicenseRef-[A-Za-z0-9.-]+/g)) this.#infos.set(id, { licenseId: id, name: id, extractedText: 'The text is not known.' });
      return { text: expression, said: expression };
    }
    const id = `LicenseRef-hubgraph-${createHash('sha256').update(stated).digest('hex').slice(0, 16)}`;
    this.#infos.set(id, { licenseId: id, name: stated, extractedText: stated });
    return { text: id, said: stated };
  }

  list(): readonly object[] {
    return [...this.#infos.values()].toSorted((a, b) => (a.licenseId < b.licenseId ? -1 : 1));
  }
}
