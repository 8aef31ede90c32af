import type { SbomProblem } from '@hubgraph/contributions/sbom/model';
import { table } from '../table.ts';
import type { FetchedRisk, IngestAnswer, SbomFacts } from './graph.ts';

/** `file:line:column: reason`, as editors and CI understand it. */
export function problemLine({ file, line, column, path, reason }: SbomProblem): string {
  const place = line === undefined ? '' : `:${line}${column === undefined ? '' : `:${column}`}`;
  return `${file}${place}: ${path === undefined || reason.includes(path) ? '' : `${path}: `}${reason}`;
}

/** What an ingest did, for a person. */
export function ingestText(repo: string, { sbom, ingest }: IngestAnswer, dryRun: boolean): string {
  if (sbom === null || ingest === null) return '';
  const did = ingest.unchanged
    ? `${repo}: nothing changed since ${sbom.takenAt}; the bill of materials ${sbom.version} stays.`
    : `${repo}: bill of materials ${sbom.version} ${dryRun ? 'would be taken in' : 'taken in'}: ${ingest.added} added, ${ingest.removed} removed, ${ingest.changed} changed.`;
  const risk = ingest.licenceRiskCount === 0 ? 'No licence risk.' : `${ingest.licenceRiskCount} licence risk${ingest.licenceRiskCount === 1 ? '' : 's'}: see \`hubgraph sbom check --repo ${repo}\`.`;
  return [did, countsTable(sbom), risk].join('\n');
}

/** What the format cannot tell is a dash, not zero. */
function countsTable(sbom: SbomFacts): string {
  const cell = (count: number | null) => count ?? '-';
  const counts = table(['Entries', 'Packages', 'Direct', 'Transitive', 'Production', 'Development', 'Scope unknown'], [[cell(sbom.entryCount), cell(sbom.packageCount), cell(sbom.directCount), cell(sbom.transitiveCount), cell(sbom.prodCount), cell(sbom.devCount), cell(sbom.unknownScopeCount)]]);
  return sbom.licences.length === 0 ? counts : `${counts}\n${table(['Licence class', 'Packages'], sbom.licences.map((line) => [words(line.class), line.count]))}`;
}

/** Violations of a policy, for a person. */
export function riskText(repo: string, packageCount: number | null, risks: readonly FetchedRisk[]): string {
  const open = risks.filter(({ status }) => status !== 'WAIVED').length;
  const line = `${repo}: ${packageCount ?? '?'} packages, ${open} licence risk${open === 1 ? '' : 's'}${risks.length > open ? `, ${risks.length - open} waived` : ''}.`;
  if (risks.length === 0) return line;
  const rows = risks.map((risk) => [
    `${risk.package.name}${risk.package.version === null ? '' : ` ${risk.package.version}`}`, risk.expression ?? '-', words(risk.class), told(risk.direct, 'direct', 'transitive'), told(risk.dev, 'development', 'production'),
    risk.waiver === null ? 'open' : `${risk.status === 'WAIVED' ? 'waived' : 'waiver ended'} ${risk.waiver.until} (${risk.waiver.decision})`,
  ]);
  return `${table(['Package', 'Licence', 'Class', 'Place', 'Scope', 'State'], rows)}\n${line}`;
}

function told(value: boolean | null, yes: string, no: string): string {
  return value === null ? 'unknown' : value ? yes : no;
}

function words(name: string): string {
  return name.toLowerCase().replaceAll('_', ' ');
}
