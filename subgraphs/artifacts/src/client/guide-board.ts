import { readFile } from 'node:fs/promises';
import { GUIDE_BOARD_RUN_V1, type GuideBoardRun } from '../content/guide-board.ts';
import { metadataProblems } from '../content/metadata.ts';
import { RETENTION_CLASSES } from '../model.ts';
import { ArtifactsError, type Connection } from './connection.ts';
import { hashFiles, openFound, packageProblems, walk, type FoundFile, type HashedFile } from './files.ts';
import { ingestHashed, type Ingested, type IngestOptions } from './ingest.ts';
import { DECLARATION, readDeclaration, readRetention, readRun, type Declaration, type RunFile } from './guide-board-files.ts';

/** What is said of a run besides what its files say. */
export type GuideBoardOptions = Pick<IngestOptions, 'domain' | 'repo' | 'workstream' | 'task' | 'service' | 'dryRun' | 'onProgress' | 'signal'> & {
  /** Slug; else what `retention-summary.json` says, else raw-evidence. */
  readonly retentionClass?: string;
  readonly producer?: string;
  readonly subject?: string;
};

/** What came of it, and files of the folder that nothing declares and that were left out. */
export interface GuideBoardIngested extends Ingested {
  readonly undeclared: readonly string[];
}

/** Files that belong to every run, declared or not. */
const OWN_FILES = ['run.json', 'retention-summary.json', DECLARATION];
/** A file of JSON that is larger is none of a run. */
const MAX_JSON = 16 * 1024 * 1024;

/**
 * Preserves an assessment run of guide-board as one package with metadata of `guide-board.run.v1`: every file that
 * `reports/assessment-package.json` declares, that file itself, `run.json` and `retention-summary.json`.
 *
 * @throws ArtifactsError naming every declared file that is missing or differs, before anything is created
 */
export async function ingestGuideBoard(connection: Connection, directory: string, { producer = 'guide-board', subject, retentionClass, onProgress, signal, ...links }: GuideBoardOptions = {}): Promise<GuideBoardIngested> {
  const { files: found, others } = await walk(directory);
  const there = new Map(found.map((file) => [file.path, file]));
  const run = readRun(await json(there, 'run.json', directory));
  const declaration = readDeclaration(await json(there, DECLARATION, directory));
  const retention = there.has('retention-summary.json') ? readRetention(await json(there, 'retention-summary.json', directory)) : null;
  if (declaration.runId !== null && declaration.runId !== run.runId) throw new ArtifactsError([`run.json is of run ${run.runId}, ${DECLARATION} of ${declaration.runId}.`]);

  const strays = new Map(others.map(({ path, what }) => [path, what]));
  const paths = [...new Set([...OWN_FILES.filter((path) => there.has(path)), ...declaration.files.map(({ path }) => path)])];
  const problems: string[] = [];
  for (const path of paths) {
    if (there.has(path)) continue;
    const other = [...strays].find(([link]) => path === link || path.startsWith(`${link}/`));
    problems.push(other === undefined ? `${path} is declared, but missing.` : `${path} is declared, but ${other[0]} is ${other[1]}, which is not followed.`);
  }
  const wanted = paths.flatMap((path) => there.get(path) ?? []);
  problems.push(...packageProblems(wanted));
  const hashed = await hashFiles(wanted, 'hash', onProgress, signal);
  problems.push(...differences(declaration, hashed));
  const metadata = metadataOf(run, declaration);
  problems.push(...metadataProblems(GUIDE_BOARD_RUN_V1.schema, metadata).map((problem) => `The metadata of the run: ${problem}`));
  const kept = retentionClass ?? retention ?? 'raw-evidence';
  if (!(RETENTION_CLASSES as readonly string[]).includes(kept)) problems.push(`There is no retention class ${kept}; there are ${RETENTION_CLASSES.join(', ')}.`);
  if (problems.length > 0) throw new ArtifactsError(problems);

  const ingested = await ingestHashed(connection, hashed, {
    ...links, producer, subject: subject ?? `Assessment run ${run.runId}`, retentionClass: kept, sourceCommits: run.sourceCommits,
    metadataSchema: GUIDE_BOARD_RUN_V1.key, metadata: { ...metadata }, onProgress, signal,
  });
  const sent = new Set(paths);
  return { ...ingested, undeclared: [...found, ...others].map(({ path }) => path).filter((path) => !sent.has(path)) };
}

function differences({ files }: Declaration, hashed: readonly HashedFile[]): string[] {
  const actual = new Map(hashed.map((file) => [file.path, file]));
  return files.flatMap(({ path, size, sha256 }) => {
    const file = actual.get(path);
    if (file === undefined) return [];
    if (size !== null && size !== file.size) return [`${path} has ${file.size} bytes; ${size} are declared.`];
    return sha256 !== null && sha256 !== file.sha256 ? [`${path} has the SHA-256 ${file.sha256}; ${sha256} is declared.`] : [];
  });
}

function metadataOf(run: RunFile, declaration: Declaration): GuideBoardRun {
  const reports = declaration.files.filter(({ kind, path }) => kind === 'report' || (kind === null && path.startsWith('reports/')));
  const counted = Object.fromEntries([...Map.groupBy(declaration.files, ({ kind }) => kind ?? 'other')].map(([kind, files]) => [kind, files.length]));
  return {
    run_id: run.runId, target_profile_ref: run.targetProfile, assessment_profile_ref: run.assessmentProfile, result_status: run.resultStatus, source_commits: run.sourceCommits,
    report_paths: declaration.reportPaths ?? reports.map(({ path }) => path).sort(),
    evidence_counts: declaration.evidenceCounts ?? run.evidenceCounts ?? counted,
    finding_counts: declaration.findingCounts ?? run.findingCounts ?? {},
  };
}

async function json(there: ReadonlyMap<string, FoundFile>, path: string, directory: string): Promise<unknown> {
  const file = there.get(path);
  if (file === undefined) throw new ArtifactsError([`There is no ${path} in ${directory}: is it the folder of a guide-board run?`]);
  if (file.size > MAX_JSON) throw new ArtifactsError([`${path} has more than ${MAX_JSON} bytes.`]);
  const handle = await openFound(file);
  try {
    return JSON.parse(await readFile(handle, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw new ArtifactsError([`${path} is not JSON (${error.message}).`], { cause: error });
    throw error;
  } finally {
    await handle.close();
  }
}
