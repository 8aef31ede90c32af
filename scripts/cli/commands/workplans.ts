import { UsageError } from '@hubgraph/kit/errors';
import type { Command } from 'commander';
import { exitCodes } from '../../exit-codes.ts';
import { createClient, withGraph, type GraphOptions } from '../client.ts';

interface SyncFlags extends GraphOptions {
  readonly repo?: string;
  readonly check?: boolean;
  readonly writeIds?: boolean;
  readonly dryRun?: boolean;
  readonly concurrency: number;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

/** `workplans`: workplan files and the graph. */
export function register(program: Command): void {
  const workplans = program.command('workplans').description('sync Markdown workplans with the graph; the file is the authority');
  withGraph(workplans.command('sync').argument('<path...>', 'files, or folders to look through for *.md with `type: workplan`'))
    .description('bring the graph to what the files say: one file, one transaction; a bad file is refused, the others go on')
    .option('--repo <slug>', 'repo of the files that do not name one; with --check also: report its workstreams that have no file')
    .option('--check', 'change nothing; print what differs, both ways, and exit with 1 if anything does')
    .option('--write-ids', 'write the ids that the graph gave into the files')
    .option('--dry-run', 'let the graph try with its rules, and change nothing')
    .option('--concurrency <n>', 'files at a time, 1 to 32', parseConcurrency, 4)
    .option('--verbose', 'list unchanged files, files that are no workplans, and keys that nothing reads')
    .option('--json', 'print JSON')
    .action((paths: string[], flags: SyncFlags) => {
      if (flags.check && (flags.writeIds || flags.dryRun)) throw new UsageError('--check changes nothing; leave --write-ids and --dry-run out.');
      if (flags.writeIds && flags.dryRun) throw new UsageError('--dry-run writes nothing; leave --write-ids out.');
      return flags.check ? check(paths, flags) : sync(paths, flags);
    });
  workplans.command('show').argument('<file>', 'a workplan').description('print what is read from a file; needs no graph').option('--json', 'print JSON').action(show);
}

async function sync(paths: readonly string[], flags: SyncFlags): Promise<void> {
  const [{ syncFiles }, { problemLine, progress, syncTable, totalsOf }] = await Promise.all([import('../workplans/sync.ts'), import('../workplans/print.ts')]);
  const bar = progress('synced');
  const ignored: string[] = [];
  const { files, failure } = await syncFiles(createClient(flags), paths, { ...flags, onReport: bar.step, onIgnored: (path) => ignored.push(path) });
  bar.end();
  if (files.some(({ problems }) => problems.length > 0)) process.exitCode = exitCodes.no.code;
  if (flags.json && failure === undefined) console.log(JSON.stringify({ totals: totalsOf(files), files, ...(flags.verbose && { ignored }) }));
  else if (!flags.json) {
    for (const { problems } of files) for (const problem of problems) console.error(problemLine(problem));
    if (flags.verbose) for (const path of ignored) console.log(`${path}: no workplan, left alone`);
    if (flags.verbose) for (const { notices } of files) for (const notice of notices) console.log(problemLine(notice));
    if (files.length > 0 || failure === undefined) console.log(syncTable(files, flags.verbose ?? false));
  }
  if (failure !== undefined) throw failure;
}

async function check(paths: readonly string[], flags: SyncFlags): Promise<void> {
  const [{ checkFiles }, { driftTable, problemLine, progress }] = await Promise.all([import('../workplans/check.ts'), import('../workplans/print.ts')]);
  const bar = progress('compared');
  const ignored: string[] = [];
  try {
    const report = await checkFiles(createClient(flags), paths, { ...flags, onFile: bar.step, onIgnored: (path) => ignored.push(path) });
    bar.end();
    if (report.drift.length + report.problems.length > 0) process.exitCode = exitCodes.no.code;
    if (flags.json) return console.log(JSON.stringify({ ...report, ...(flags.verbose && { ignored }) }));
    for (const problem of report.problems) console.error(problemLine(problem));
    if (flags.verbose) for (const path of ignored) console.log(`${path}: no workplan, left alone`);
    console.log(driftTable(report));
  } finally {
    bar.end();
  }
}

async function show(path: string, flags: { readonly json?: boolean }): Promise<void> {
  const [{ readWorkplans }, { problemLine, workplanText }] = await Promise.all([import('../workplans/read.ts'), import('../workplans/print.ts')]);
  for await (const { workplan, problems } of readWorkplans([path])) {
    if (problems.length > 0) process.exitCode = exitCodes.no.code;
    if (flags.json) console.log(JSON.stringify(workplan === undefined ? { problems } : { workplan }));
    else if (workplan === undefined) console.error(problems.map(problemLine).join('\n'));
    else console.log(workplanText(workplan));
  }
}

function parseConcurrency(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 32) throw new UsageError(`--concurrency is ${text}; it must be a whole number from 1 to 32.`);
  return number;
}
