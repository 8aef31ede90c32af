import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { GuideBoardIngested } from '@hubgraph/artifacts/client/guide-board';
import type { Ingested } from '@hubgraph/artifacts/client/ingest';
import { RETENTION_CLASSES } from '@hubgraph/artifacts/model';
import { UsageError } from '@hubgraph/kit/errors';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { withGraph, type GraphOptions } from '../client.ts';
import { connectionOf, filesText, orRefuse, sizeText } from './connect.ts';
import { showProgress } from './progress.ts';

interface CommonFlags extends GraphOptions {
  readonly repo?: string;
  readonly workstream?: string;
  readonly task?: string;
  readonly service?: string;
  readonly domain?: string;
  readonly retentionClass?: string;
  readonly producer?: string;
  readonly subject?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

interface DirectoryFlags extends CommonFlags {
  readonly metadata?: string;
  readonly schema?: string;
  readonly commit?: Readonly<Record<string, string>>;
}

/** `artifacts ingest`: any folder, or a run of guide-board. */
export function addIngestCommand(group: Command): void {
  const ingest = withCommon(group.command('ingest').argument('<dir>', 'folder whose files, hidden ones too, become one package (a folder that is called guide-board: ./guide-board)'))
    .description('preserve a folder as one package; the same command goes on after an interruption, and does nothing twice')
    .option('--metadata <file>', 'what is known about it: an object, in JSON or YAML')
    .option('--schema <key>', 'what the metadata must look like, such as guide-board.run.v1')
    .option('--commit <repo=sha>', 'commit that it is about; may be given again', parseCommit)
    .action(ingestFolder);
  withCommon(ingest.command('guide-board').argument('<run-dir>', 'folder of the run, with run.json and reports/assessment-package.json'))
    .description('preserve a run of guide-board: every file that it declares; nothing is done when one is missing or differs')
    .configureHelp({ showGlobalOptions: false }) // those of `ingest` are its own, too
    .action((directory: string, _own: CommonFlags, command: Command) => ingestRun(directory, command.optsWithGlobals())); // `ingest` itself takes the options that both have
}

function withCommon(command: Command): Command {
  return withGraph(command)
    .option('--repo <slug>', 'repo that it belongs to')
    .option('--workstream <code>', 'workstream that it belongs to; its journal gets an entry')
    .option('--task <code>', 'task that it belongs to')
    .option('--service <slug>', 'service that it belongs to')
    .option('--domain <slug>', 'domain that it belongs to')
    .addOption(new Option('--retention-class <slug>', 'how long it is kept (raw-evidence; for a run what retention-summary.json says)').choices(RETENTION_CLASSES))
    .option('--producer <text>', 'what made it')
    .option('--subject <text>', 'what it is evidence of')
    .option('--dry-run', 'print what would be sent, the metadata and the digest; nothing is asked or sent')
    .option('--json', 'print JSON');
}

function parseCommit(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [, repo, commit] = /^([^=]+)=([\da-f]{40}|[\da-f]{64})$/.exec(text) ?? [];
  if (repo === undefined || commit === undefined) throw new InvalidArgumentError('Give it as repo=sha, with the whole hash in lower case.');
  return { ...before, [repo]: commit };
}

async function ingestFolder(directory: string, flags: DirectoryFlags): Promise<void> {
  const { ingestDirectory } = await import('@hubgraph/artifacts/client/ingest');
  const metadata = flags.metadata === undefined ? {} : await readMetadata(flags.metadata);
  await shown(flags, (onProgress) => ingestDirectory(connectionOf(flags), directory, {
    ...linksOf(flags), metadata, metadataSchema: flags.schema, sourceCommits: flags.commit, retentionClass: flags.retentionClass ?? 'raw-evidence',
    producer: flags.producer ?? 'hubgraph artifacts ingest', subject: flags.subject ?? basename(resolve(directory)), dryRun: flags.dryRun, onProgress,
  }));
}

async function ingestRun(directory: string, flags: DirectoryFlags): Promise<void> {
  if (flags.metadata !== undefined || flags.schema !== undefined || flags.commit !== undefined) throw new UsageError('The metadata, schema and commits of a run are in its files; leave --metadata, --schema and --commit out.');
  const { ingestGuideBoard } = await import('@hubgraph/artifacts/client/guide-board');
  await shown(flags, (onProgress) => ingestGuideBoard(connectionOf(flags), directory, { ...linksOf(flags), retentionClass: flags.retentionClass, producer: flags.producer, subject: flags.subject, dryRun: flags.dryRun, onProgress }));
}

function linksOf({ repo, workstream, task, service, domain }: CommonFlags) {
  return { repo, workstream, task, service, domain };
}

async function readMetadata(path: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be read (${error.code}).`, 2, { cause: error });
  });
  const { parse } = await import('yaml'); // JSON is YAML, too
  let value: unknown;
  try {
    value = parse(text, { intAsBigInt: false });
  } catch (error) {
    throw new UsageError(`${path} is neither JSON nor YAML (${(error as Error).message.split('\n')[0]}).`, 2, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new UsageError(`${path} holds no object.`);
  return value as Readonly<Record<string, unknown>>;
}

async function shown<Answer extends Ingested>(flags: CommonFlags, work: (onProgress: ReturnType<typeof showProgress>['on']) => Promise<Answer>): Promise<void> {
  const bar = showProgress(flags.json);
  const answer = await orRefuse(() => work(bar.on)).finally(bar.stop);
  const { packageId, manifestDigest, outcome, files, bytes, sent, metadata, journalProblem } = answer;
  const undeclared = (answer as Partial<GuideBoardIngested>).undeclared ?? [];
  if (flags.json) {
    const listed = flags.dryRun ? { metadata, files: files.map(({ path, size, sha256, blake3 }) => ({ path, size, sha256, blake3 })) } : {};
    return console.log(JSON.stringify({ packageId, manifestDigest, outcome, fileCount: files.length, byteCount: bytes, sent, undeclared, journalProblem, ...listed }));
  }
  if (flags.dryRun) {
    for (const { path, size, sha256 } of files) console.log(`${sha256}  ${sizeText(size).padStart(8)}  ${path}`);
    console.log(`metadata ${JSON.stringify(metadata, null, 2)}`);
  }
  if (undeclared.length > 0) console.error(`Not declared, so left out: ${undeclared.slice(0, 20).join(', ')}${undeclared.length > 20 ? ` and ${undeclared.length - 20} more` : ''}.`);
  const what = `${filesText(files.length)}, ${sizeText(bytes)}`;
  if (outcome === 'dry-run') console.log(`Would preserve ${what}.`);
  else console.log(outcome === 'unchanged' ? `Preserved before: ${what}.` : `Preserved ${what}${outcome === 'resumed' ? `; ${files.length - sent} were there from before` : ''}.`);
  if (packageId !== null) console.log(`package  ${packageId}`);
  console.log(`manifest ${manifestDigest}`);
  if (journalProblem !== null) console.error(`The journal of ${flags.workstream} was not written: ${journalProblem} The same command tries again.`);
}
