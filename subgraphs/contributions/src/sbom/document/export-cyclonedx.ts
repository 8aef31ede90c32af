import { ComponentScope, ComponentType, HashAlgorithm } from '@cyclonedx/cyclonedx-library/Enums';
import { Bom, Component, ComponentEvidence, LicenseExpression, LicenseRepository, NamedLicense, Property, SpdxLicense } from '@cyclonedx/cyclonedx-library/Models';
import type { License } from '@cyclonedx/cyclonedx-library/Models';
import { JSON as Json, JsonSerializer } from '@cyclonedx/cyclonedx-library/Serialize';
import { isSupportedSpdxId } from '@cyclonedx/cyclonedx-library/SPDX';
import { Spec1dot6 } from '@cyclonedx/cyclonedx-library/Spec';
import { evaluateLicence } from '../../licence/evaluate.ts';
import type { SbomPackage } from '../model.ts';
import { FACT_PREFIX, factsOf } from './facts.ts';
import { hashOf, nameInPurl, sorted, topOf } from './snapshot.ts';
import type { ExportSnapshot } from './snapshot.ts';

const algorithms: ReadonlyMap<string, HashAlgorithm> = new Map([['md5', HashAlgorithm.MD5], ['sha1', HashAlgorithm['SHA-1']], ['sha256', HashAlgorithm['SHA-256']], ['sha384', HashAlgorithm['SHA-384']], ['sha512', HashAlgorithm['SHA-512']]]);

/**
 * A snapshot as CycloneDX 1.6 JSON: the same text for the same snapshot. What the format has no field for stands in
 * properties `hubgraph:…`, so that reading it gives the same packages and edges again.
 */
export function toCycloneDx16(snapshot: ExportSnapshot): string {
  const packages = sorted(snapshot.packages);
  const concluded = new Map(snapshot.concluded?.map(({ key, expression }) => [key, expression]));
  const components = new Map(packages.map((one) => [one.key, componentOf(one, concluded.get(one.key))]));
  for (const { key, dependsOn } of packages) {
    const dependencies = components.get(key)?.dependencies;
    for (const target of dependsOn ?? []) {
      const found = components.get(target);
      if (found !== undefined) dependencies?.add(found.bomRef);
    }
  }
  const subject = new Component(ComponentType.Application, snapshot.name, { bomRef: `${FACT_PREFIX}subject`, version: snapshot.version ?? undefined });
  subject.properties.add(new Property(`${FACT_PREFIX}subject`, 'true'));
  if (snapshot.entryCount != null) subject.properties.add(new Property(`${FACT_PREFIX}entryCount`, String(snapshot.entryCount)));
  for (const { key } of topOf(packages)) subject.dependencies.add((components.get(key) as Component).bomRef);
  const bom = new Bom();
  bom.metadata.component = subject;
  if (snapshot.takenAt != null) bom.metadata.timestamp = snapshot.takenAt;
  for (const component of components.values()) bom.components.add(component);
  return new JsonSerializer(new Json.Normalize.Factory(Spec1dot6)).serialize(bom, { sortLists: true, space: 2 });
}

function componentOf(one: SbomPackage, concluded: string | undefined): Component {
  const slash = one.name.lastIndexOf('/');
  const component = new Component(one.thirdParty ? ComponentType.Library : ComponentType.Application, slash > 0 ? one.name.slice(slash + 1) : one.name, {
    bomRef: one.key,
    group: slash > 0 ? one.name.slice(0, slash) : undefined,
    version: one.version ?? undefined,
    purl: one.purl,
    scope: one.scope === 'DEV' ? ComponentScope.Excluded : one.flags.includes('OPTIONAL') ? ComponentScope.Optional : one.scope === 'PROD' ? ComponentScope.Required : undefined,
  });
  const hash = hashOf(one.integrity);
  const algorithm = algorithms.get(hash?.algorithm ?? '');
  if (hash !== null && algorithm !== undefined) component.hashes.set(algorithm, hash.hex);
  const declared = one.declaredLicence?.trim() || null;
  if (declared !== null) component.licenses.add(licenceOf(declared));
  if (concluded !== undefined && concluded.trim() !== '') component.evidence = new ComponentEvidence({ licenses: new LicenseRepository([licenceOf(concluded.trim())]) });
  for (const [name, value] of factsOf(one, { name: nameInPurl(one), licence: declared })) component.properties.add(new Property(`${FACT_PREFIX}${name}`, value));
  return component;
}

/** Always with the declared words: an id or expression only where they are one to the letter. */
function licenceOf(text: string): License {
  if (isSupportedSpdxId(text)) return new SpdxLicense(text);
  return evaluateLicence(text).expression === null ? new NamedLicense(text) : new LicenseExpression(text);
}
