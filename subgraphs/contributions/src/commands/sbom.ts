import { newId } from '@hubgraph/kit/ids';
import { invalidField, Refused, versionConflict, type MutationErrorData } from '@hubgraph/kit/refusal';
import { badTexts } from '@hubgraph/kit/text';
import type { LicencePolicy } from '../licence/policy.ts';
import type { SbomSnapshot } from '../model.ts';
import { diffOf } from '../sbom/diff.ts';
import { contentDigest } from '../sbom/digest.ts';
import { countPackages, type SbomPackage, type SbomProblem } from '../sbom/model.ts';
import { packages as stored, sboms } from '../store/index.ts';
import type { Work } from './common.ts';
import { risksOf, watchedClasses } from './risk.ts';
import { faultsOf, MOST_PACKAGES, MOST_PROBLEMS, placeProblems, readPackages, rowsOf, type SbomFile } from './sbom-input.ts';
import type { SbomPackageInput } from '../sbom/input.ts';
import { readUploads, type SbomFileInput } from './sbom-files.ts';

export interface IngestSbomInput {
  /** Slug. */
  readonly repo: string;
  /** Slug of the repo's domain, for those who listen by domain. */
  readonly domain?: string | null;
  readonly packages?: readonly SbomPackageInput[] | null;
  readonly files?: readonly SbomFile[] | null;
  readonly entryCount?: number | null;
  readonly documents?: readonly SbomFileInput[] | null;
  readonly manifests?: readonly SbomFileInput[] | null;
  readonly expectedVersion?: number | null;
}

/** What an ingest did. */
export interface IngestReport {
  /** The repo's current snapshot holds the same already; nothing was written. */
  readonly unchanged: boolean;
  readonly previousId: string | null;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly licenceRiskCount: number;
  readonly notices: readonly SbomProblem[];
}

/** What an event names at most; its payload is bounded. */
const MOST_NAMED = 200;
const MOST_NAMED_BYTES = 32_768;

interface Content {
  readonly packages: readonly SbomPackage[];
  readonly files: readonly SbomFile[];
  readonly entryCount: number | null | undefined;
  readonly notices: readonly SbomProblem[];
}

/** Makes what a client sends the current snapshot of a repo, unless the current one holds the same. Who ingests for the same repo waits for the end of this transaction. */
export async function ingestSbom(work: Work, input: IngestSbomInput, policy: LicencePolicy): Promise<{ sbom: SbomSnapshot; ingest: IngestReport } | Refused> {
  const content = await contentOf(input);
  if ('problems' in content) return new Refused(content.problems);
  const { packages, files, notices } = content;
  await sboms.lockRepo(work.tx, input.repo);
  const previous = (await sboms.currentOf(work.tx, [input.repo])).get(input.repo);
  const version = previous?.version ?? 0;
  if (input.expectedVersion != null && input.expectedVersion !== version) return versionConflict(input.expectedVersion, version);
  const digest = contentDigest(packages);
  if (previous?.contentDigest === digest) {
    return { sbom: previous, ingest: { unchanged: true, previousId: previous.id, added: 0, removed: 0, changed: 0, licenceRiskCount: (await risksNow(work, input.repo, policy)).length, notices } };
  }
  const snapshot: SbomSnapshot = {
    id: newId(), repo: input.repo, version: version + 1, takenAt: latest(work.now, previous?.takenAt), takenBy: work.caller.sub, contentDigest: digest, current: true, files,
    ...countPackages(packages, content.entryCount),
  };
  await sboms.insert(work.tx, snapshot, rowsOf(packages));
  const diff = diffOf(await sboms.difference(work.tx, previous?.id ?? null, snapshot.id));
  const risks = await risksNow(work, input.repo, policy);
  const counts = { added: diff.added.length, removed: diff.removed.length, changed: diff.changedVersion.length + diff.changedLicence.length, licenceRiskCount: risks.length };
  work.record('sbom.ingested', {
    subject: `sbom/${snapshot.id}`, domain: input.domain,
    data: { id: snapshot.id, repo: snapshot.repo, version: snapshot.version, previous: previous?.id ?? null, packageCount: snapshot.packageCount, ...counts, licenceRisks: named(risks.map(({ purl }) => purl)) },
  });
  return { sbom: snapshot, ingest: { unchanged: false, previousId: previous?.id ?? null, ...counts, notices } };
}

async function contentOf(input: IngestSbomInput): Promise<Content | { readonly problems: readonly MutationErrorData[] }> {
  const problems = placeProblems(input);
  if ((input.packages == null) === (input.documents == null)) problems.push(invalidField(['packages'], 'Give either packages or documents.'));
  if (input.documents == null && input.manifests != null) problems.push(invalidField(['manifests'], 'Manifests belong to documents.'));
  if (input.documents != null && (input.files != null || input.entryCount != null)) problems.push(invalidField([input.files == null ? 'entryCount' : 'files'], 'This belongs to packages; of documents it is found out.'));
  if (problems.length > 0) return { problems };
  if (input.packages != null) {
    const read = readPackages(input.packages);
    return 'problems' in read ? read : { packages: read.packages, files: input.files ?? [], entryCount: input.entryCount, notices: [] };
  }
  const read = await readUploads(input.documents ?? [], input.manifests ?? []);
  if ('problems' in read) return read;
  if (read.packages.length > MOST_PACKAGES) return { problems: [invalidField(['documents'], `These are ${read.packages.length} packages; one call brings at most ${MOST_PACKAGES}.`)] };
  const bad = [
    ...badTexts(read.packages).map(({ path, message }) => ({ key: read.packages[Number(path[0])]?.key, message })),
    ...read.packages.flatMap((one) => faultsOf(one).map(({ field, message }) => ({ key: one.key, message: `${field}: ${message}` }))),
  ];
  if (bad.length > 0) return { problems: bad.slice(0, MOST_PROBLEMS).map(({ key, message }) => invalidField(['documents'], `${key?.slice(0, 200) ?? ''}: ${message}`)) };
  return { packages: read.packages, files: read.files.map(({ name, kind, sha256 }) => ({ name, kind, sha256 })), entryCount: read.counts.entryCount, notices: read.notices };
}

async function risksNow(work: Work, repo: string, policy: LicencePolicy) {
  return risksOf(policy, await stored.ofClasses(work.tx, [repo], watchedClasses(policy)), work.now).filter((risk) => risk.status !== 'WAIVED');
}

function named(purls: readonly string[]): string[] {
  let bytes = 0;
  return purls.slice(0, MOST_NAMED).filter((purl) => (bytes += Buffer.byteLength(purl)) <= MOST_NAMED_BYTES);
}

/** The clock of another replica may be behind; snapshots of a repo are in the order of their versions. */
function latest(now: Date, before: Date | undefined): Date {
  return before !== undefined && before > now ? before : now;
}
