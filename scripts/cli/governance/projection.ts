import { UsageError } from '@hubgraph/kit/errors';
import { Option, type Command } from 'commander';
import { exitCodes } from '../../exit-codes.ts';
import { createClient, withGraph, type GraphClient, type GraphOptions } from '../client.ts';
import { table } from '../table.ts';
import { LISTS, readList } from './lists.ts';

interface Source {
  readonly hub: string;
  readonly state: string;
  readonly asOf: string | null;
  readonly behind: number | null;
  readonly position: number;
  readonly missed: number;
  readonly reason: string | null;
}
interface Report {
  readonly hub: string;
  readonly items: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}
interface Payload {
  readonly errors: readonly { readonly message: string }[];
  readonly rebuild?: { readonly id: string } | null;
  readonly report?: Report | null;
}
type Flags = GraphOptions & { readonly json?: boolean };
interface RebuildFlags extends Flags {
  readonly hub?: string;
  readonly from: 'lists' | 'stream';
}

const REPORT = 'report { hub items added changed removed } errors { message }';

/** `projection`: what closings know of other hubs. */
export function addProjectionCommands(governance: Command): void {
  const projection = governance.command('projection').description('what closings of workstreams know of other hubs (docs/closure.md)');
  withGraph(projection.command('status')).description('print how well each hub is known').option('--json', 'print JSON').action(status);
  withGraph(projection.command('rebuild'))
    .description('rebuild it while events go on being taken in; needs governance:close and gates:waive')
    .addOption(new Option('--hub <name>', 'only this one; every hub that the graph has, when left out').choices(Object.keys(LISTS)))
    .addOption(new Option('--from <where>', 'the lists of the hub, or its stream when that still holds all').choices(['lists', 'stream']).default('lists'))
    .option('--json', 'print JSON')
    .action(rebuild);
}

const sourcesOf = async (client: GraphClient): Promise<readonly Source[]> => (await client.request<{ closureSources: Source[] }>('query ClosureSources { closureSources { hub state asOf behind position missed reason } }')).closureSources;

async function status(flags: Flags): Promise<void> {
  const sources = await sourcesOf(createClient(flags));
  if (flags.json) return console.log(JSON.stringify(sources));
  console.log(table(['Hub', 'State', 'As of', 'Behind', 'Missing', 'Reason'], sources.map(({ hub, state, asOf, behind, missed, reason }) => [hub.toLowerCase(), state, asOf ?? '', String(behind ?? ''), String(missed), reason ?? ''])));
}

async function rebuild({ hub, from, json, ...flags }: RebuildFlags): Promise<void> {
  const client = createClient(flags);
  // a hub that was never started here has no lists either
  const hubs = hub === undefined ? (await sourcesOf(client)).filter(({ state }) => state !== 'ABSENT').map((source) => source.hub.toLowerCase()) : [hub];
  const reports: Report[] = [];
  for (const name of hubs) reports.push(from === 'stream' ? await replayed(client, name) : await listed(client, name));
  if (json) return console.log(JSON.stringify(reports));
  for (const { hub: of, items, added, changed, removed } of reports) console.log(`${of.toLowerCase()}: ${items} read, ${added} added, ${changed} changed, ${removed} removed.`);
}

async function replayed(client: GraphClient, hub: string): Promise<Report> {
  return (await run(client, 'replayClosureStream', { hub: hub.toUpperCase() }, REPORT)).report!;
}

/** The place in the stream is kept before the lists are read, so that what happens while they are read is not lost. */
async function listed(client: GraphClient, hub: string): Promise<Report> {
  const { rebuild: begun } = await run(client, 'beginClosureRebuild', { hub: hub.toUpperCase() }, 'rebuild { id } errors { message }');
  for (const list of LISTS[hub] ?? []) {
    for await (const items of readList(client, list)) if (items.length > 0) await run(client, 'stageClosureItems', { rebuild: begun!.id, items }, 'errors { message }');
  }
  return (await run(client, 'finishClosureRebuild', { rebuild: begun!.id }, REPORT)).report!;
}

async function run(client: GraphClient, verb: string, input: object, selection: string): Promise<Payload> {
  const { answer } = await client.request<{ answer: Payload }>(`mutation Rebuild($input: ${verb[0]?.toUpperCase()}${verb.slice(1)}Input!) { answer: ${verb}(input: $input) { ${selection} } }`, { input });
  const [error] = answer.errors;
  if (error) throw new UsageError(error.message, exitCodes.no.code);
  return answer;
}
