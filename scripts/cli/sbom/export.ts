import { toCycloneDx16 } from '@hubgraph/contributions/sbom/document/export-cyclonedx';
import { toSpdx23 } from '@hubgraph/contributions/sbom/document/export-spdx';
import type { FetchedSbom } from './graph.ts';

/** A fetched bill of materials as a document, with what people concluded beside what is declared. */
export function exportText(repo: string, sbom: FetchedSbom, format: 'cyclonedx-1.6' | 'spdx-2.3'): string {
  const snapshot = {
    name: repo,
    packages: sbom.packages.map(({ licence: _licence, ...one }) => one),
    entryCount: sbom.entryCount,
    concluded: sbom.packages.flatMap(({ key, licence }) => (licence.concluded === null ? [] : [{ key, expression: licence.concluded.expression }])),
    takenAt: new Date(sbom.takenAt),
  };
  const text = format === 'spdx-2.3' ? toSpdx23(snapshot) : toCycloneDx16(snapshot);
  return text.endsWith('\n') ? text : `${text}\n`;
}
