import { UsageError } from '@hubgraph/kit/errors';
import { InvalidArgumentError, type Command } from 'commander';
import { exitCodes } from '../../exit-codes.ts';
import { createClient, withGraph, type GraphClient, type GraphOptions } from '../client.ts';
import { table } from '../table.ts';

interface Message {
  readonly id: string;
  readonly stream: string;
  readonly position: number;
  readonly type: string | null;
  readonly subject: string | null;
  readonly reason: string;
  readonly at: string;
  readonly attempts: number;
  readonly outcome: string | null;
  readonly settledAt: string | null;
  readonly settledBy: string | null;
  readonly message?: string;
}
interface Payload {
  readonly errors: readonly { readonly message: string }[];
}
interface Page {
  readonly poisonMessages: { readonly nodes: readonly Message[]; readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null } };
}
type Flags = GraphOptions & { readonly json?: boolean };

const FACTS = 'id stream position type subject reason at attempts outcome settledAt settledBy';
const LIST = `query PoisonList($filter: PoisonMessageFilter, $first: Int, $after: String) { poisonMessages(filter: $filter, first: $first, after: $after) { totalCount nodes { ${FACTS} } pageInfo { hasNextPage endCursor } } }`;
const SHOW = `query PoisonMessage($id: ID!) { poisonMessage(id: $id) { ${FACTS} message } }`;
const REPLAY = 'mutation ReplayPoison($input: ReplayPoisonInput!) { replayPoison(input: $input) { errors { message } } }';
const DISCARD = 'mutation DiscardPoison($input: DiscardPoisonInput!) { discardPoison(input: $input) { errors { message } } }';

/** `poison`: events of other hubs that could not be taken in. */
export function addPoisonCommands(ops: Command): void {
  const poison = ops.command('poison').description('events of other hubs that could not be taken in and were set aside');
  withGraph(poison.command('list')).description('list them, oldest first').option('--all', 'also those that were replayed or discarded').option('--first <n>', 'how many, 1 to 200', count, 50).option('--json', 'print JSON').action(list);
  withGraph(poison.command('show').argument('<id>')).description('print one with its reason and its message').option('--json', 'print JSON').action(show);
  withGraph(poison.command('replay').argument('[id...]')).description('take them in after all, in order; stops at the first that still cannot be').option('--all', 'all that wait').action(replay);
  withGraph(poison.command('discard').argument('<id>')).description('give one up').requiredOption('--reason <text>', 'why').action(discard);
}

function count(text: string): number {
  const number = Number(text);
  if (!/^\d{1,3}$/.test(text) || number < 1 || number > 200) throw new InvalidArgumentError('It must be 1 to 200.');
  return number;
}

async function list(flags: Flags & { readonly all?: boolean; readonly first: number }): Promise<void> {
  const { poisonMessages: found } = await createClient(flags).request<{ poisonMessages: { totalCount: number; nodes: Message[] } }>(LIST, { filter: flags.all ? null : { waiting: true }, first: flags.first });
  if (flags.json) return console.log(JSON.stringify(found));
  if (found.totalCount === 0) return console.log(flags.all ? 'No event was ever set aside.' : 'No event waits.');
  console.log(table(['Id', 'Stream', 'Position', 'Type', 'Subject', 'State', 'Reason'], found.nodes.map((one) => [one.id, one.stream, String(one.position), one.type ?? '', one.subject ?? '', one.outcome?.toLowerCase() ?? 'waits', one.reason])));
  if (found.totalCount > found.nodes.length) console.log(`${found.nodes.length} of ${found.totalCount} are listed.`);
}

async function show(id: string, flags: Flags): Promise<void> {
  const { poisonMessage } = await createClient(flags).request<{ poisonMessage: Message | null }>(SHOW, { id });
  if (poisonMessage === null) throw new UsageError(`No event with id ${id} was set aside.`, exitCodes.no.code);
  if (flags.json) return console.log(JSON.stringify(poisonMessage));
  const { message, ...facts } = poisonMessage;
  console.log(table(['', ''], Object.entries(facts).map(([name, value]) => [name, String(value ?? '')])));
  console.log(message);
}

/** Ids of all that wait, oldest first. */
async function waitingIds(client: GraphClient): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | null = null, more = true; more; ) {
    const { poisonMessages: page }: Page = await client.request<Page>(LIST, { filter: { waiting: true }, first: 200, after });
    ids.push(...page.nodes.map((one) => one.id));
    after = page.pageInfo.endCursor;
    more = page.pageInfo.hasNextPage;
  }
  return ids;
}

async function replay(ids: readonly string[], flags: GraphOptions & { readonly all?: boolean }): Promise<void> {
  if ((ids.length > 0) === (flags.all === true)) throw new UsageError('Name events by their ids, or all by --all.', exitCodes.usage.code);
  const client = createClient(flags);
  let done = 0;
  for (const id of flags.all ? await waitingIds(client) : ids) {
    const { replayPoison } = await client.request<{ replayPoison: Payload }>(REPLAY, { input: { id } });
    const [error] = replayPoison.errors;
    if (error) throw new UsageError(`${done} replayed. ${id}: ${error.message}`, exitCodes.no.code);
    done++;
  }
  console.log(`${done} replayed.`);
}

async function discard(id: string, flags: GraphOptions & { readonly reason: string }): Promise<void> {
  const { discardPoison } = await createClient(flags).request<{ discardPoison: Payload }>(DISCARD, { input: { id, reason: flags.reason } });
  const [error] = discardPoison.errors;
  if (error) throw new UsageError(error.message, exitCodes.no.code);
  console.log('Discarded.');
}
