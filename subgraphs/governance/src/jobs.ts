import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import type { ConfigOf } from '@hubgraph/kit/config';
import { systemIdentity } from '@hubgraph/kit/identity';
import type { Job } from '@hubgraph/kit/schedule';
import type { Sql } from '@hubgraph/kit/sql';
import type { Logger } from 'pino';
import type { GovernanceChanges } from './commands/common.ts';
import { cleanupTasks, flagStaleTasks, type ReadAgain } from './commands/maintenance.ts';
import type { config } from './config.ts';
import { tasks } from './store/index.ts';
import { parseWorkplan } from './workplan/parse.ts';

/** What the hub does by itself, on one replica at a time. */
export function jobs(deps: { sql: Sql; changes: GovernanceChanges; log: Logger; settings: ConfigOf<typeof config> }): Job[] {
  const caller = { identity: systemIdentity('governance') };
  const { settings, log } = deps;
  return [
    {
      name: 'stale-tasks',
      cron: settings.HUBGRAPH_STALE_CRON,
      async run() {
        for (let more = true; more; ) {
          const answer = await deps.changes.run(caller, { name: 'flagStaleTasks', scopes: [['governance:write']], input: {} }, (work) => flagStaleTasks(work, { days: settings.HUBGRAPH_STALE_DAYS }));
          more = answer.result?.report.more ?? false;
          log.info({ flagged: answer.result?.report.flagged.length ?? 0 }, 'stale tasks reported');
        }
      },
    },
    {
      name: 'cleanup',
      cron: settings.HUBGRAPH_CLEANUP_CRON,
      async run() {
        const files: ReadAgain[] = [];
        for (const { code, sourcePath } of await tasks.filesOfClosed(deps.sql)) {
          const file = await readAgain(code, sourcePath, settings.HUBGRAPH_WORKPLAN_ROOTS ?? []);
          if ('reason' in file) log.warn({ workstream: code, reason: file.reason }, 'a workplan file was not read again, so its tasks are left alone');
          else files.push(file);
        }
        const answer = await deps.changes.run(caller, { name: 'cleanupTasks', scopes: [['governance:write']], input: {} }, (work) => cleanupTasks(work, { files }));
        log.info({ report: answer.result?.report, errors: answer.errors }, 'clean-up done');
      },
    },
  ];
}

/** Reads a file below one of the roots. Paths come from whoever synced, so a link that leads out of the roots is refused. */
export async function readAgain(code: string, path: string, roots: readonly string[]): Promise<ReadAgain | { reason: string }> {
  for (const root of roots) {
    let real: string;
    let base: string;
    try {
      base = await realpath(root);
      real = await realpath(resolve(base, path));
    } catch {
      continue;
    }
    if (!real.startsWith(base + sep)) continue;
    const bytes = await readFile(real);
    const parsed = parseWorkplan({ path, text: bytes });
    if ('problems' in parsed) return { reason: `${path}: ${parsed.problems[0]?.reason ?? 'cannot be read'}` };
    if (parsed.workplan.code !== code) return { reason: `${path} is the workplan of ${parsed.workplan.code} now` };
    return { code, path, sha256: createHash('sha256').update(bytes).digest('hex'), tasks: parsed.workplan.tasks.map((task) => ({ code: task.code, status: task.status })) };
  }
  return { reason: `${path} is below none of HUBGRAPH_WORKPLAN_ROOTS` };
}
