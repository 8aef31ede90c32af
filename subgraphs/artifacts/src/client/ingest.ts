import { encodeManifest, manifestDigest as digestOf } from '../content/manifest.ts';
import { formProblems, metadataProblems } from '../content/metadata.ts';
import { ArtifactsError, type Connection, type Progress } from './connection.ts';
import { hashFiles, packageProblems, walk, type FoundFile, type HashedFile } from './files.ts';
import { assertJournal, createPackage, finalizePackage, packagesClaiming, packageSource, recordIngest, resumePackage, schemaOf, type PackageFacts, type PackageInput } from './graph.ts';
import { sendFiles } from './send.ts';

/** What is known about the files, and how they go. */
export interface IngestOptions extends PackageInput {
  /** Nothing is asked or sent; only what would be is computed. */
  readonly dryRun?: boolean;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** What came of an ingest. */
export interface Ingested {
  /** Null after a dry run. */
  readonly packageId: string | null;
  /** `blake3:<hex>`, computed here and, but for a dry run, by the hub too. */
  readonly manifestDigest: string;
  /** `unchanged`: the hub had it already, as a finalized package with the same content and links. */
  readonly outcome: 'created' | 'resumed' | 'unchanged' | 'dry-run';
  readonly files: readonly HashedFile[];
  readonly bytes: number;
  /** Files that were sent by this call; the others were there. */
  readonly sent: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Set when the package is finalized, but the journal of its workstream could not be written; the same again tries once more. */
  readonly journalProblem: string | null;
}

/**
 * Preserves every file below a folder as one package: hashes, announces, sends, finalizes, compares the digest, and writes into
 * the journal of the workstream. The same again goes on after an interruption, and does nothing twice.
 *
 * @throws ArtifactsError before anything is created when the folder holds links or names that no package can have, later when the
 * hub refuses or a file changes
 */
export async function ingestDirectory(connection: Connection, directory: string, options: IngestOptions): Promise<Ingested> {
  const { files, others } = await walk(directory);
  const problems = [...others.map(({ path, what }) => `${path} is ${what}.`), ...packageProblems(files), ...(files.length === 0 ? [`There is no file in ${directory}.`] : [])];
  if (problems.length > 0) throw new ArtifactsError(problems);
  return ingestFiles(connection, files, options);
}

/** The same for files that were found and looked at before. */
export async function ingestFiles(connection: Connection, found: readonly FoundFile[], options: IngestOptions): Promise<Ingested> {
  return ingestHashed(connection, await hashFiles(found, 'hash', options.onProgress, options.signal), options);
}

/** The same for files whose digests are known. */
export async function ingestHashed(connection: Connection, files: readonly HashedFile[], { dryRun = false, onProgress, signal, ...input }: IngestOptions): Promise<Ingested> {
  const metadata = input.metadata ?? {};
  const problems = formProblems(metadata);
  if (problems.length > 0) throw new ArtifactsError(problems);
  const manifestDigest = digestOf(encodeManifest({ schema: input.metadataSchema ?? null, metadata, files }));
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const facts = { manifestDigest, files, bytes, metadata, journalProblem: null };
  if (dryRun) return { ...facts, packageId: null, outcome: 'dry-run', sent: 0 };

  const claiming = await packagesClaiming(connection, manifestDigest);
  const before = await placeOf(connection, claiming, input);
  const done = before?.status === 'FINALIZED';
  if (!done && input.workstream != null) await assertJournal(connection, input.workstream);
  if (before === undefined && input.metadataSchema != null) {
    // finalizing judges them too, but only when everything was sent
    const wrong = metadataProblems(await schemaOf(connection, input.metadataSchema), metadata);
    if (wrong.length > 0) throw new ArtifactsError(wrong.map((problem) => `The metadata do not fit ${input.metadataSchema}: ${problem}`));
  }
  const packageId = before?.id ?? (await createPackage(connection, { ...input, metadata }, manifestDigest, claiming.map(({ id }) => id)));
  let sent = 0;
  if (!done) {
    try {
      sent = await sendFiles(connection, packageId, files, { onProgress, signal });
      const answered = await finalizePackage(connection, packageId);
      if (answered !== manifestDigest) throw new ArtifactsError([`The hub has the manifest digest ${answered} for package ${packageId}; computed here it is ${manifestDigest}.`]);
    } catch (error) {
      // the same ingest somewhere else may have come to the end first
      const now = error instanceof ArtifactsError ? await packageSource(connection, packageId) : null;
      if (now?.status !== 'FINALIZED' || now.manifestDigest !== manifestDigest) throw error;
    }
  }
  const journalProblem = input.workstream == null ? null : await recordIngest(connection, input.workstream, { packageId, manifestDigest, subject: input.subject, files: files.length, bytes }).then(() => null, (error: Error) => error.message);
  return { ...facts, packageId, outcome: done ? 'unchanged' : before === undefined ? 'created' : 'resumed', sent, journalProblem };
}

/** The package that an earlier call began or finished for the same content and links; a failed one is taken up again, if that may be. */
async function placeOf(connection: Connection, claiming: readonly PackageFacts[], input: PackageInput): Promise<PackageFacts | undefined> {
  const same = claiming.filter((one) => one.status !== 'DELETED' && isFor(one, input));
  const open = same.find(({ status }) => status === 'FINALIZED') ?? same.find(({ status }) => status !== 'FAILED');
  if (open !== undefined) return open;
  for (const failed of same) {
    try {
      await resumePackage(connection, failed.id);
      return failed;
    } catch (error) {
      if (!(error instanceof ArtifactsError)) throw error; // too late for this one
    }
  }
  return undefined;
}

function isFor(one: PackageFacts, input: PackageInput): boolean {
  const pairs: readonly (readonly [unknown, unknown])[] = [
    [one.producer, input.producer], [one.subject, input.subject], [one.retention?.class ?? input.retentionClass, input.retentionClass],
    [one.domain?.slug, input.domain], [one.repo?.slug, input.repo], [one.workstream?.code, input.workstream], [one.task?.code, input.task], [one.service?.slug, input.service],
  ];
  const commits = (list: readonly (readonly [string, string])[]) => list.map((pair) => pair.join(' ')).sort().join();
  return pairs.every(([has, wanted]) => (has ?? null) === (wanted ?? null)) && commits(one.sourceCommits.map(({ repo, commit }) => [repo?.slug ?? '', commit])) === commits(Object.entries(input.sourceCommits ?? {}));
}
