import { readFile } from 'node:fs/promises';
import { UsageError } from '@hubgraph/kit/errors';
import { COST_FORMATS, TOKEN_FORMATS } from '@hubgraph/finance/import/entry';
import { mappingOf } from '@hubgraph/finance/import/mapping';
import { pricesOf } from '@hubgraph/finance/import/prices';
import { Option, type Command } from 'commander';
import { exitCodes } from '../../exit-codes.ts';
import { withGraph, type GraphOptions } from '../client.ts';
import { formatOfFile, importUrl, sendFile, tokenOf, type Report } from './send.ts';

interface Flags extends GraphOptions {
  readonly format?: string;
  readonly mapping?: string;
  readonly prices?: string;
  readonly source?: string;
  readonly currency?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** In lines. More refusals than these help nobody on a terminal; --json has all that the hub tells. */
const SHOWN = 20;

/** `costs import`. */
export function addCostImport(group: Command): void {
  common(group.command('import'), COST_FORMATS)
    .description('import files of costs while they are read; the same file again changes nothing')
    .option('--mapping <file>', 'YAML or JSON that says which columns of another CSV are what')
    .addOption(new Option('--currency <code>', 'of formats that do not tell it (opencost)'))
    .action((files: string[], flags: Flags) => importFiles(files, flags, COST_FORMATS));
}

/** `tokens import`. */
export function addTokenImport(group: Command): void {
  common(group.command('import'), TOKEN_FORMATS)
    .description('import usage reports of model providers; the same report again changes nothing')
    .option('--prices <file>', 'YAML or JSON with prices of models; without it the cost is 0')
    .action((files: string[], flags: Flags) => importFiles(files, flags, TOKEN_FORMATS));
}

function common(command: Command, formats: readonly string[]): Command {
  return withGraph(command.argument('<files...>', 'files, each imported by itself'))
    .addOption(new Option('--format <name>', 'format; found by how the file begins when left out').choices(formats))
    .option('--source <name>', 'where the rows come from, the same for every export of one account; the format when left out')
    .option('--dry-run', 'the real rules on the real data; nothing is written')
    .option('--json', 'print JSON, one line for each file');
}

async function importFiles(files: readonly string[], flags: Flags, formats: readonly string[]): Promise<void> {
  const headers = {
    ...(flags.mapping !== undefined && { 'hubgraph-mapping': await checked(flags.mapping, mappingOf) }),
    ...(flags.prices !== undefined && { 'hubgraph-prices': await checked(flags.prices, pricesOf) }),
  };
  const told = flags.format ?? (flags.mapping === undefined ? undefined : 'csv');
  const kinds = await Promise.all(files.map((file) => formatOfFile(file, told, formats)));
  const url = await importUrl(flags);
  for (const [index, file] of files.entries()) {
    const report = await sendFile(file, { url, format: kinds[index]!, source: flags.source, currency: flags.currency, dryRun: flags.dryRun, headers, token: tokenOf(flags), quiet: flags.json });
    if (flags.json) console.log(JSON.stringify({ file, ...report }));
    else print(file, report, flags.dryRun ?? false);
    if (report.refused > 0 || report.broken !== null) process.exitCode = exitCodes.no.code;
  }
}

function print(file: string, report: Report, dryRun: boolean): void {
  const { read, refused, refusals, broken, months, unpriced = 0 } = report;
  console.log(`${file}: ${read} rows read, ${report.new} ${dryRun ? 'would be ' : ''}new, ${report.unchanged} unchanged, ${report.corrected} corrected, ${refused} refused${months.length > 0 ? ` (${months.join(', ')})` : ''}`);
  for (const { line, reason } of refusals.slice(0, SHOWN)) console.error(`${file}:${line}: ${reason}`);
  if (refused > SHOWN) console.error(`and ${refused - SHOWN} more (--json tells the first thousand)`);
  if (unpriced > 0) console.error(`${unpriced === 1 ? '1 row has' : `${unpriced} rows have`} no price (--prices): the cost is 0.`);
  if (broken !== null) console.error(`${file}:${broken.line}: ${broken.reason} What is before it is imported.`);
}

/** A YAML or JSON file, checked here so that the sentence names it, as a header carries it. */
async function checked(path: string, read: (value: unknown) => { readonly problems: readonly string[] } | object): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be read (${error.code}).`, exitCodes.usage.code, { cause: error });
  });
  const { parse } = await import('yaml'); // JSON is YAML, too
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new UsageError(`${path} is neither JSON nor YAML (${(error as Error).message.split('\n')[0]}).`, exitCodes.usage.code, { cause: error });
  }
  const answer = read(value);
  if ('problems' in answer) throw new UsageError(answer.problems.map((problem) => `${path}: ${problem}`).join('\n'));
  const header = Buffer.from(JSON.stringify(value)).toString('base64url');
  if (header.length > 12_000) throw new UsageError(`${path} is too long to be sent; leave out what the file does not need.`);
  return header;
}
