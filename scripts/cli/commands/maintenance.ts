import { UsageError } from '@hubgraph/kit/errors';
import type { Command } from 'commander';
import { exitCodes } from '../../exit-codes.ts';
import { createClient, withGraph, type GraphOptions } from '../client.ts';

interface Flags extends GraphOptions {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `maintenance`: what the hub also does on its schedule, on demand. */
export function register(program: Command): void {
  const maintenance = program.command('maintenance').description('chores that also run on a schedule inside the hub');
  withGraph(maintenance.command('stale-tasks'))
    .description('report open tasks that nobody touched: one event per staleness, no change of state')
    .option('--days <n>', 'days without a touch, 1 to 3650', parseDays, 14)
    .option('--dry-run', 'only say which')
    .option('--json', 'print JSON')
    .action(staleTasks);
  withGraph(maintenance.command('cleanup'))
    .description('close open tasks of closed workstreams: their files are read again first; done there becomes done, the rest is cancelled')
    .option('--root <dir...>', 'folders that hold the workplans; the working folder when left out')
    .option('--dry-run', 'only say which')
    .option('--json', 'print JSON')
    .action(cleanup);
}

async function staleTasks(flags: Flags & { readonly days: number }): Promise<void> {
  const [{ flagStale }, { plural }] = await Promise.all([import('../workplans/stale.ts'), import('../workplans/print.ts')]);
  const { flagged, more, errors } = await flagStale(createClient(flags), flags.days, flags.dryRun ?? false);
  if (errors.length > 0) process.exitCode = exitCodes.no.code;
  if (flags.json) return console.log(JSON.stringify({ flagged, more, errors, dryRun: flags.dryRun ?? false }));
  for (const { message } of errors) console.error(message);
  for (const code of flagged) console.log(code);
  const said = flags.dryRun ? 'would be reported' : 'reported';
  if (errors.length === 0) console.log(`${plural(flagged.length, 'task')} ${said} as stale${more ? '; there are more' : ''}.`);
}

async function cleanup(flags: Flags & { readonly root?: readonly string[] }): Promise<void> {
  const [{ cleanUp }, { sentenceOf }, { plural, problemLine, table }] = await Promise.all([import('../workplans/cleanup.ts'), import('../workplans/graph.ts'), import('../workplans/print.ts')]);
  const report = await cleanUp(createClient(flags), flags.root ?? ['.'], flags.dryRun ?? false);
  if (report.errors.length + report.problems.length + report.unread.length > 0) process.exitCode = exitCodes.no.code;
  if (flags.json) return console.log(JSON.stringify({ ...report, dryRun: flags.dryRun ?? false }));
  for (const problem of report.problems) console.error(problemLine(problem));
  for (const error of report.errors) console.error(sentenceOf(error));
  if (report.drift.length > 0) console.log(table(['Task', 'In the file', 'In the graph'], report.drift.map(({ code, file, graph }) => [code, file, graph])));
  for (const code of report.unread) console.log(`${code}: left alone, its file was not found or is not right; name its folder by --root.`);
  const would = flags.dryRun ? 'would be ' : '';
  if (report.errors.length === 0) console.log(`${plural(report.completed.length, 'task')} ${would}done as their files say, ${report.cancelled.length} ${would}cancelled, ${plural(report.unread.length, 'workstream')} left alone.`);
}

function parseDays(text: string): number {
  const days = Number(text);
  if (!Number.isInteger(days) || days < 1 || days > 3_650) throw new UsageError(`--days is ${text}; it must be a whole number from 1 to 3650.`);
  return days;
}
