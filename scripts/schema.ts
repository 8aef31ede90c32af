import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { exitCodes } from './exit-codes.ts';
import type { PipelineReport } from './schema/pipeline.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Runs the schema pipeline over the hubs of this tree. */
export async function runSchema(options: { readonly check?: boolean; readonly acceptBreaking?: string } = {}): Promise<PipelineReport> {
  // loaded here, because composition takes half a second that other commands need not wait for
  const [{ loadHubs }, { loadConfigs }, { runPipeline }] = await Promise.all([import('./hubs.ts'), import('./schema/configs.ts'), import('./schema/pipeline.ts')]);
  const [definitions, configs] = await Promise.all([loadHubs(), loadConfigs(ROOT)]);
  const accept = options.acceptBreaking === undefined ? undefined : { reason: options.acceptBreaking, since: new Date().toISOString().slice(0, 10) };
  return runPipeline({ root: ROOT, definitions, configs, check: options.check ?? false, accept });
}

/** The `schema` command: writes everything that is generated from the hubs' code, or with `--check` says what is stale. */
export function schemaCommand(): Command {
  return new Command('schema')
    .description('write schema/ and the printed references in docs/ from the hubs\' code')
    .option('--check', 'write nothing; say what is stale or breaks clients, and exit with 1')
    .option('--accept-breaking <reason>', 'name every breaking change that is not named yet in schema/breaking.json, then write')
    .option('--json', 'print JSON')
    .action(async (options: { check?: boolean; acceptBreaking?: string; json?: boolean }) => {
      const report = await runSchema(options);
      if (options.json) console.log(JSON.stringify(report));
      else printReport(report, options.check ?? false);
      if (report.faults.length > 0) process.exitCode = exitCodes.no.code;
    });
}

function printReport({ written, faults, hints }: PipelineReport, check: boolean): void {
  for (const hint of hints) console.error(`  note: ${hint}`);
  for (const fault of faults) console.error(`✖ ${fault}`);
  if (faults.length > 0) return;
  if (written.length > 0) console.log(written.map((path) => `  ${path}`).join('\n'));
  console.log(check || written.length === 0 ? 'The schema is up to date.' : `${written.length} files written.`);
}

if (import.meta.main) await schemaCommand().parseAsync();
