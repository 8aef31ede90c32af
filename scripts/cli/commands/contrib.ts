import { UsageError } from '@hubgraph/kit/errors';
import type { Command } from 'commander';
import { exitCodes } from '../../exit-codes.ts';
import { createClient, withGraph, type GraphOptions } from '../client.ts';

interface SyncFlags extends GraphOptions {
  readonly repo?: string;
  readonly writeIds?: boolean;
  readonly dryRun?: boolean;
  readonly concurrency: number;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

interface NewFlags {
  readonly title: string;
  readonly domain: string;
  readonly target: string;
  readonly folder: string;
  readonly repo?: string;
  readonly workstream?: string;
  readonly topic?: string;
  readonly package?: string;
  readonly supersedes?: string;
  readonly json?: boolean;
}

/** `contrib`: contribution files and the graph. */
export function register(program: Command): void {
  const contrib = program.command('contrib').description('sync the files of upstream contributions with the graph; the file is the authority (docs/contributions.md)');
  withGraph(contrib.command('sync').argument('<path...>', 'files, or folders to look through, such as contrib'))
    .description('bring the graph to what the files say: one file, one transaction; a bad file is refused, the others go on')
    .option('--repo <slug>', 'repo of the files that do not name one')
    .option('--write-ids', 'write the slugs that the graph gave into files that have none')
    .option('--dry-run', 'let the graph try with its rules, and change nothing')
    .option('--concurrency <n>', 'files at a time, 1 to 32', parseConcurrency, 4)
    .option('--verbose', 'list unchanged files, files that are no contributions, and keys that nothing reads')
    .option('--json', 'print JSON')
    .action((paths: string[], flags: SyncFlags) => {
      if (flags.writeIds && flags.dryRun) throw new UsageError('--dry-run writes nothing; leave --write-ids out.');
      return sync(paths, flags);
    });
  contrib.command('new').argument('<type>', 'BR, FR, EP or UPR (bug-report, feature-request, extension-point, upstream-pr)')
    .description('write the file of a new contribution, ready to be filled in; needs no graph')
    .requiredOption('--title <title>', 'what it is about, in one line')
    .requiredOption('--domain <slug>', 'domain that it belongs to')
    .requiredOption('--target <owner/repo>', 'repo upstream')
    .option('--folder <path>', 'the folder of contributions', 'contrib')
    .option('--repo <slug>', 'our repo that it comes from')
    .option('--workstream <code>', 'workstream that it belongs to')
    .option('--topic <slug>', 'topic that it belongs to')
    .option('--package <purl>', 'package that it is about, such as pkg:npm/jszip')
    .option('--supersedes <slug>', 'contribution that it reworks')
    .option('--json', 'print JSON')
    .action(create);
}

async function sync(paths: readonly string[], flags: SyncFlags): Promise<void> {
  const [{ syncFiles }, { syncTable, totalsOf }, { problemLine, progress }] = await Promise.all([import('../contrib/sync.ts'), import('../contrib/print.ts'), import('../workplans/print.ts')]);
  const bar = progress('synced');
  const ignored: string[] = [];
  const { files, failure } = await syncFiles(createClient(flags), paths, { ...flags, onReport: bar.step, onIgnored: (path) => ignored.push(path) });
  bar.end();
  if (files.some(({ problems }) => problems.length > 0)) process.exitCode = exitCodes.no.code;
  if (flags.json && failure === undefined) console.log(JSON.stringify({ totals: totalsOf(files), files, ...(flags.verbose && { ignored }) }));
  else if (!flags.json) {
    for (const { problems } of files) for (const problem of problems) console.error(problemLine(problem));
    if (flags.verbose) for (const path of ignored) console.log(`${path}: no contribution, left alone`);
    if (flags.verbose) for (const { notices } of files) for (const notice of notices) console.log(problemLine(notice));
    if (files.length > 0 || failure === undefined) console.log(syncTable(files, flags.verbose ?? false));
  }
  if (failure !== undefined) throw failure;
}

async function create(type: string, { json, ...flags }: NewFlags): Promise<void> {
  const { writeNew } = await import('../contrib/new.ts');
  const path = await writeNew({ ...flags, type, day: new Date() });
  console.log(json ? JSON.stringify({ path }) : `${path} is written: fill it in, then run \`hubgraph contrib sync ${flags.folder}\`.`);
}

function parseConcurrency(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 32) throw new UsageError(`--concurrency is ${text}; it must be a whole number from 1 to 32.`);
  return number;
}
