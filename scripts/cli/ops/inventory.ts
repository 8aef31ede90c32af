import { readFile, stat } from 'node:fs/promises';
import { decode, fileLimits, tooLarge } from '@hubgraph/kit/front-matter/source';
import { UsageError } from '@hubgraph/kit/errors';
import { parseInventory } from '@hubgraph/ops/inventory/parse';
import type { InventoryChange } from '@hubgraph/ops/inventory/model';
import type { Command } from 'commander';
import { exitCodes } from '../../exit-codes.ts';
import { createClient, withGraph, type GraphOptions } from '../client.ts';
import { table } from '../table.ts';

interface Flags extends GraphOptions {
  readonly source?: string;
  readonly retireMissing?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}
interface Answer {
  readonly syncInventory: { readonly inventory: { readonly changes: readonly InventoryChange[] } | null; readonly errors: readonly { readonly message: string; readonly path: readonly string[] }[]; readonly events: readonly object[] };
}

const SYNC = 'mutation SyncInventory($input: SyncInventoryInput!) { syncInventory(input: $input) { inventory { changes { section slug outcome } } errors { message path } events { id } } }';

/** `inventory`: services, environments and who reports, from files. */
export function addInventoryCommands(ops: Command): void {
  const inventory = ops.command('inventory').description('services, environments, hubs, API consumers and widgets, as files tell of them');
  withGraph(inventory.command('sync').argument('<file>', 'inventory in YAML, or CSV by its name'))
    .description('bring the registry to what a file says: all of it or nothing; the same file again changes nothing')
    .option('--source <name>', 'what the file is called in the registry; its path as given when left out')
    .option('--retire-missing', 'retire services that the file told of before and does not any longer')
    .option('--dry-run', 'let the graph try with its rules, and change nothing')
    .option('--json', 'print JSON')
    .action(sync);
}

async function sync(file: string, flags: Flags): Promise<void> {
  const read = await readInventory(file);
  if ('problems' in read) return refuse(read.problems.map(({ file: name, line, column, reason }) => `${name}:${line}${column === undefined ? '' : `:${column}`}: ${reason}`), flags);
  const input = { source: flags.source ?? file, ...read.inventory, retireMissing: flags.retireMissing ?? false, dryRun: flags.dryRun ?? false };
  const { syncInventory: { inventory, errors, events } } = await createClient(flags).request<Answer>(SYNC, { input });
  if (inventory === null) return refuse(errors.map(({ message, path }) => `${placeOf(read.inventory, path)}: ${message}`), flags);
  const { changes } = inventory;
  if (flags.json) return console.log(JSON.stringify({ source: input.source, dryRun: input.dryRun, changes, events: events.length }));
  const told = changes.filter(({ outcome }) => outcome !== 'UNCHANGED');
  if (told.length > 0) console.log(table(['What', 'Slug', 'Outcome'], told.map(({ section, slug, outcome }) => [section.toLowerCase().replace('_', ' '), slug, outcome.toLowerCase()])));
  const count = (outcome: string) => changes.filter((change) => change.outcome === outcome).length;
  const would = flags.dryRun ? 'would be ' : '';
  console.log(`${count('CREATED')} ${would}created, ${count('UPDATED')} ${would}updated, ${count('UNCHANGED')} unchanged${count('RETIRED') > 0 ? `, ${count('RETIRED')} ${would}retired` : ''}.`);
  if (count('MISSING') > 0) console.log(`${count('MISSING')} that ${input.source} told of before ${count('MISSING') === 1 ? 'is' : 'are'} no longer in it: left as they are; --retire-missing retires them.`);
}

async function readInventory(file: string): Promise<ReturnType<typeof parseInventory>> {
  try {
    const { size } = await stat(file);
    if (size > fileLimits.fileBytes) return { problems: [tooLarge(file, size)] };
    const decoded = decode(file, await readFile(file));
    return 'problem' in decoded ? { problems: [decoded.problem] } : parseInventory(file, decoded.text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new UsageError(`${file} cannot be read (${code}).`, exitCodes.usage.code);
  }
}

function refuse(lines: readonly string[], flags: Flags): void {
  process.exitCode = exitCodes.no.code;
  if (flags.json) console.log(JSON.stringify({ problems: lines }));
  else for (const line of lines) console.error(line);
  if (!flags.json) console.error('Nothing was changed.');
}

/** Names an entry by its slug, which is easier to find in a file than its number. */
function placeOf(inventory: object, [, section = '', index = '', ...field]: readonly string[]): string {
  const slug = (inventory as Record<string, { slug: string }[] | undefined>)[section]?.[Number(index)]?.slug;
  return [section, slug ?? index, ...field].filter(Boolean).join(' ') || 'inventory';
}
