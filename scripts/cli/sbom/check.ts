import { loadPolicy } from '@hubgraph/contributions/licence/load';
import { licenceRisk } from '@hubgraph/contributions/licence/risk';
import type { GraphClient } from '../client.ts';
import { fetchRisks, fetchSbom, type FetchedRisk } from './graph.ts';

export interface CheckReport {
  readonly packageCount: number | null;
  readonly risks: readonly FetchedRisk[];
}

/** What violates the policy of the graph. */
export const checkByGraph: (client: GraphClient, repo: string) => Promise<CheckReport> = fetchRisks;

/** What violates the policy of a file; of copies of a package, the one that matters most speaks for all. */
export async function checkBy(client: GraphClient, repo: string, path: string): Promise<CheckReport> {
  const policy = await loadPolicy(path);
  const sbom = await fetchSbom(client, repo);
  const today = new Date().toISOString().slice(0, 10);
  const risks = [...Map.groupBy(sbom.packages.filter(({ thirdParty }) => thirdParty), ({ purl }) => purl).values()].flatMap((copies): FetchedRisk[] => {
    const [{ purl, name, version, licence, declaredLicence }] = copies as [typeof copies[number]];
    const direct = copies.some((one) => one.direct) ? true : copies.some((one) => one.direct === null) ? null : false;
    const dev = copies.some((one) => one.dev === false) ? false : copies.some((one) => one.dev === null) ? null : true;
    const risk = licenceRisk({ purl, name, direct, dev, licence: licence.concluded?.expression ?? declaredLicence }, policy, today);
    if (risk === null) return [];
    const { expression, class: name_ } = risk.evaluation;
    return [{ package: { purl, name, version }, expression, class: name_, direct, dev, status: risk.status, waiver: risk.waiver }];
  });
  return { packageCount: sbom.packageCount, risks: risks.toSorted((a, b) => (a.package.purl < b.package.purl ? -1 : 1)) };
}
