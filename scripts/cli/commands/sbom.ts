import { UsageError } from '@hubgraph/kit/errors';
import { Option, type Command } from 'commander';
import { exitCodes } from '../../exit-codes.ts';
import { createClient, withGraph, type GraphOptions } from '../client.ts';

interface IngestFlags extends GraphOptions {
  readonly repo: string;
  readonly manifest: readonly string[];
  readonly dryRun?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

interface ExportFlags extends GraphOptions {
  readonly repo: string;
  readonly format: 'cyclonedx-1.6' | 'spdx-2.3';
  readonly out?: string;
}

interface CheckFlags extends GraphOptions {
  readonly repo: string;
  readonly policy?: string;
  readonly json?: boolean;
}

/** `sbom`: bills of materials and the graph. */
export function register(program: Command): void {
  const sbom = program.command('sbom').description('take in, check and write out the bill of materials of a repo');
  withGraph(sbom.command('ingest').argument('<file...>', 'lockfiles of one repo, or one CycloneDX or SPDX document; what they are is seen from their content'))
    .description('make what the files hold the current bill of materials of a repo; the same content again changes nothing')
    .requiredOption('--repo <slug>', 'whose it is')
    .option('--manifest <file...>', 'manifests beside the lockfiles (package.json, pyproject.toml, go.mod and so on)', [])
    .option('--dry-run', 'let the graph try with its rules, and change nothing')
    .option('--verbose', 'print what is worth knowing about the files')
    .option('--json', 'print JSON')
    .action(ingest);
  withGraph(sbom.command('export'))
    .description('write the current bill of materials of a repo as a document')
    .requiredOption('--repo <slug>', 'whose it is')
    .addOption(new Option('--format <format>', 'which format').choices(['cyclonedx-1.6', 'spdx-2.3']).default('cyclonedx-1.6'))
    .option('--out <file>', 'where to; stdout when left out')
    .action(exportSbom);
  withGraph(sbom.command('check'))
    .description('exit with 1 and a table when the current bill of materials of a repo violates the licence policy')
    .requiredOption('--repo <slug>', 'whose it is')
    .option('--policy <file>', 'policy to check by (YAML or JSON), instead of that of the graph')
    .option('--json', 'print JSON')
    .action(check);
}

async function ingest(paths: readonly string[], flags: IngestFlags): Promise<void> {
  const [{ readSbomFiles }, { domainOf, sendSbom }, { ingestText, problemLine }] = await Promise.all([import('../sbom/files.ts'), import('../sbom/graph.ts'), import('../sbom/print.ts')]);
  const read = await readSbomFiles(paths, flags.manifest);
  if ('problems' in read) {
    process.exitCode = exitCodes.no.code;
    if (flags.json) console.log(JSON.stringify({ repo: flags.repo, problems: read.problems }));
    else for (const problem of read.problems) console.error(problemLine(problem));
    return;
  }
  const client = createClient(flags);
  const answer = await sendSbom(client, flags.repo, await domainOf(client, flags.repo), read, flags);
  if (answer.errors.length > 0) process.exitCode = exitCodes.no.code;
  if (flags.json) return console.log(JSON.stringify({ repo: flags.repo, ...answer, notices: read.notices }));
  for (const error of answer.errors) console.error(`${error.path.slice(1).join('.')}: ${error.message}`);
  if (flags.verbose) for (const notice of read.notices) console.log(problemLine(notice));
  else if (read.notices.length > 0) console.log(`${read.notices.length} notice${read.notices.length === 1 ? '' : 's'} about the files: --verbose prints them.`);
  const text = ingestText(flags.repo, answer, flags.dryRun ?? false);
  if (text !== '') console.log(text);
}

async function exportSbom(flags: ExportFlags): Promise<void> {
  const [{ fetchSbom }, { exportText }] = await Promise.all([import('../sbom/graph.ts'), import('../sbom/export.ts')]);
  const text = exportText(flags.repo, await fetchSbom(createClient(flags), flags.repo), flags.format);
  if (flags.out === undefined) return void process.stdout.write(text);
  const { writeFile } = await import('node:fs/promises');
  await writeFile(flags.out, text).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${flags.out} cannot be written (${error.code}).`, 2, { cause: error });
  });
  console.log(`${flags.out} written.`);
}

async function check(flags: CheckFlags): Promise<void> {
  const [{ checkBy, checkByGraph }, { riskText }] = await Promise.all([import('../sbom/check.ts'), import('../sbom/print.ts')]);
  const client = createClient(flags);
  const { packageCount, risks } = flags.policy === undefined ? await checkByGraph(client, flags.repo) : await checkBy(client, flags.repo, flags.policy);
  if (risks.some(({ status }) => status !== 'WAIVED')) process.exitCode = exitCodes.no.code;
  console.log(flags.json ? JSON.stringify({ repo: flags.repo, packageCount, risks }) : riskText(flags.repo, packageCount, risks));
}
