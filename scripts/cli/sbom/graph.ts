import { inputOf } from '@hubgraph/contributions/sbom/input';
import type { LicenceClass } from '@hubgraph/contributions/model';
import type { ParsedDocument, SbomPackage } from '@hubgraph/contributions/sbom/model';
import { UsageError } from '@hubgraph/kit/errors';
import { exitCodes } from '../../exit-codes.ts';
import type { GraphClient } from '../client.ts';
import { whenAvailable } from '../when-available.ts';

/** A refusal in a payload. */
export interface MutationError {
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[];
}

const COUNTS = 'entryCount packageCount directCount transitiveCount prodCount devCount unknownScopeCount';

/** A bill of materials as commands print it. */
export interface SbomFacts {
  readonly id: string;
  readonly version: number;
  readonly takenAt: string;
  readonly contentDigest: string;
  readonly entryCount: number | null;
  readonly packageCount: number | null;
  readonly directCount: number | null;
  readonly transitiveCount: number | null;
  readonly prodCount: number | null;
  readonly devCount: number | null;
  readonly unknownScopeCount: number | null;
  readonly licences: readonly { readonly class: LicenceClass; readonly count: number }[];
}

/** What came of an ingest. */
export interface IngestAnswer {
  readonly sbom: SbomFacts | null;
  readonly ingest: { readonly unchanged: boolean; readonly added: number; readonly removed: number; readonly changed: number; readonly licenceRiskCount: number } | null;
  readonly errors: readonly MutationError[];
  readonly events: readonly { readonly id: string; readonly type: string }[];
}

const FACTS = `id version takenAt contentDigest ${COUNTS} licences { class count }`;
const INGEST = `mutation IngestSbom($input: IngestSbomInput!) {
  ingestSbom(input: $input) { sbom { ${FACTS} } ingest { unchanged added removed changed licenceRiskCount } errors { code message path } events { id type } }
}`;

/** The domain of a repo. @throws UsageError (1) when the graph knows no such repo. */
export async function domainOf(client: GraphClient, slug: string): Promise<string> {
  const { repo } = await whenAvailable(() => client.request<{ repo: { domain: { slug: string } } | null }>('query RepoOfSbom($slug: String!) { repo(slug: $slug) { domain { slug } } }', { slug }));
  if (repo === null) throw new UsageError(`The graph knows no repo ${slug}: register it with \`hubgraph repos add ${slug}\`.`, exitCodes.no.code);
  return repo.domain.slug;
}

/** Sends what was read as the bill of materials of a repo. */
export async function sendSbom(client: GraphClient, repo: string, domain: string, read: ParsedDocument, options: { readonly dryRun?: boolean } = {}): Promise<IngestAnswer> {
  const input = {
    repo, domain, packages: read.packages.map(inputOf), files: read.files.map(({ name, kind, sha256 }) => ({ name, kind, sha256 })),
    entryCount: read.counts.entryCount, dryRun: options.dryRun ?? false,
  };
  return (await whenAvailable(() => client.request<{ ingestSbom: IngestAnswer }>(INGEST, { input }, { ingest: true }))).ingestSbom;
}

/** An entry of a bill of materials, with what counts of its licence. */
export interface FetchedPackage extends Omit<SbomPackage, 'dev'> {
  readonly dev: boolean | null;
  readonly licence: { readonly expression: string | null; readonly class: LicenceClass; readonly concluded: { readonly expression: string } | null };
}

export interface FetchedSbom extends SbomFacts {
  readonly files: readonly { readonly name: string; readonly kind: string; readonly sha256: string }[];
  readonly packages: readonly FetchedPackage[];
}

const CURRENT = `query CurrentSbom($slug: String!) { repo(slug: $slug) { slug sbom { ${FACTS} files { name kind sha256 } } } }`;
const PAGE = `query PackagesOfSbom($id: ID!, $after: String) {
  sbom(id: $id) { packages(first: 200, after: $after) { pageInfo { hasNextPage endCursor } nodes {
    key purl ecosystem name version alias direct dev scope flags source { kind location } integrity path declaredLicence licenceSource thirdParty dependsOn licence { expression class concluded { expression } }
  } } }
}`;

/** The current bill of materials of a repo with all its entries. @throws UsageError (1) when the graph knows no such repo, or none of it. */
export async function fetchSbom(client: GraphClient, slug: string): Promise<FetchedSbom> {
  const { repo } = await whenAvailable(() => client.request<{ repo: { sbom: Omit<FetchedSbom, 'packages'> | null } | null }>(CURRENT, { slug }));
  if (repo === null) throw new UsageError(`The graph knows no repo ${slug}.`, exitCodes.no.code);
  if (repo.sbom === null) throw new UsageError(`Repo ${slug} has no bill of materials yet: take one in with \`hubgraph sbom ingest --repo ${slug} FILE\`.`, exitCodes.no.code);
  const { id } = repo.sbom;
  const packages: FetchedPackage[] = [];
  for (let after: string | null = null; ; ) {
    // a bill of materials never changes, so its pages fit together
    const { sbom } = await whenAvailable(() => client.request<{ sbom: { packages: { nodes: FetchedPackage[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } } }>(PAGE, { id, after }));
    packages.push(...sbom.packages.nodes.map(({ source: { kind, location }, ...one }) => ({ ...one, source: { kind, ...(location == null ? {} : { location }) } })));
    if (!sbom.packages.pageInfo.hasNextPage) return { ...repo.sbom, packages };
    after = sbom.packages.pageInfo.endCursor;
  }
}

/** A package that violates the graph's licence policy. */
export interface FetchedRisk {
  readonly package: { readonly purl: string; readonly name: string; readonly version: string | null };
  readonly expression: string | null;
  readonly class: LicenceClass;
  readonly direct: boolean | null;
  readonly dev: boolean | null;
  readonly status: 'OPEN' | 'WAIVED' | 'EXPIRED';
  readonly waiver: { readonly until: string; readonly decision: string } | null;
}

const RISKS = `query LicenceRisks($slug: String!) {
  repo(slug: $slug) { sbom { id packageCount } licenceRisks { package { purl name version } expression class direct dev status waiver { until decision } } }
}`;

/** What violates the graph's own policy. @throws UsageError (1) as {@link fetchSbom}. */
export async function fetchRisks(client: GraphClient, slug: string): Promise<{ readonly packageCount: number | null; readonly risks: readonly FetchedRisk[] }> {
  const { repo } = await whenAvailable(() => client.request<{ repo: { sbom: { packageCount: number | null } | null; licenceRisks: FetchedRisk[] | null } | null }>(RISKS, { slug }));
  if (repo === null) throw new UsageError(`The graph knows no repo ${slug}.`, exitCodes.no.code);
  if (repo.sbom === null || repo.licenceRisks === null) throw new UsageError(`Repo ${slug} has no bill of materials yet: take one in with \`hubgraph sbom ingest --repo ${slug} FILE\`.`, exitCodes.no.code);
  return { packageCount: repo.sbom.packageCount, risks: repo.licenceRisks };
}
