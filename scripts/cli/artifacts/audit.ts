import type { ChainBreak, ChainPoint } from '@hubgraph/artifacts/content/audit-chain';
import { UsageError } from '@hubgraph/kit/errors';
import type { Command } from 'commander';
import { exitCodes } from '../../exit-codes.ts';
import { createClient, withGraph, type GraphClient, type GraphOptions } from '../client.ts';
import { whenAvailable } from '../when-available.ts';

interface AuditFlags extends GraphOptions {
  readonly verify?: boolean;
  readonly checkpoint?: string;
  readonly from?: string;
  readonly json?: boolean;
}

/** Adds `audit` to the commands about artifacts. */
export function addAuditCommand(group: Command): void {
  withGraph(group.command('audit'))
    .description('print the end of the audit chain, or recompute the chain and exit with 1 where it is broken')
    .option('--verify', 'read every event and recompute its hash here')
    .option('--checkpoint <seq:hash>', 'an end of the chain that was printed earlier and kept elsewhere: finds a chain that was cut off or written anew')
    .option('--from <seq>', 'begin with this event instead of the first')
    .option('--json', 'print JSON')
    .action(audit);
}

async function audit(flags: AuditFlags): Promise<void> {
  const pinned = flags.checkpoint === undefined ? undefined : readCheckpoint(flags.checkpoint);
  const from = flags.from === undefined ? 1 : readSequence(flags.from);
  if (!flags.verify && (pinned !== undefined || flags.from !== undefined)) throw new UsageError('--checkpoint and --from need --verify.', exitCodes.usage.code);
  if (pinned !== undefined && pinned.sequence < from - 1) throw new UsageError(`A checkpoint of event ${pinned.sequence} says nothing about a chain from event ${from} on: begin with event ${pinned.sequence + 1} or earlier.`, exitCodes.usage.code);
  const client = createClient(flags);
  if (!flags.verify) {
    const end = await fetchEnd(client);
    if (end === null) throw new UsageError('The audit chain does not know its end any more: verify it.', exitCodes.no.code);
    return console.log(flags.json ? JSON.stringify({ checkpoint: end }) : `${end.sequence}:${end.hash}`);
  }
  const found = await verifyAudit(client, { from, pinned });
  if (found.break !== null) process.exitCode = exitCodes.no.code;
  if (flags.json) return console.log(JSON.stringify(found));
  const { checked, checkpoint } = found;
  if (found.break !== null) console.error(`${found.break.message} ${checked === 0 ? 'No event before it was read.' : `Events ${from} to ${from + checked - 1} are right.`}`);
  else console.log(`${checked === 0 ? 'No event to verify.' : `Events ${from} to ${from + checked - 1} are right.`}${pinned === undefined ? '' : ` The chain goes on from the checkpoint of event ${pinned.sequence}.`}\nCheckpoint: ${checkpoint!.sequence}:${checkpoint!.hash}`);
}

/** What came of verifying a chain. */
export interface AuditVerified {
  /** Events that were found right before the end or the first break. */
  readonly checked: number;
  readonly break: ChainBreak | null;
  /** The end of the chain, to be kept elsewhere; null when it is broken. */
  readonly checkpoint: ChainPoint | null;
}

interface FetchedEvent {
  readonly sequence: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly packageId: string | null;
  readonly data: unknown;
  readonly previous: string;
  readonly hash: string;
}

const END = 'query AuditEnd { auditCheckpoint { sequence hash } }';
const PAGE = `query AuditPage($from: SafeInt!) {
  auditEvents(filter: { fromSequence: $from }, first: 200) { nodes { sequence at actor action packageId data previous hash } }
}`;

/** Reads the chain from event `from` on, a page at a time, up to the end that it has when this begins, and recomputes it here. */
export async function verifyAudit(client: Pick<GraphClient, 'request'>, { from, pinned }: { readonly from: number; readonly pinned?: ChainPoint }): Promise<AuditVerified> {
  const { verifyChain } = await import('@hubgraph/artifacts/content/audit-chain');
  const chain = verifyChain({ from, pinned });
  const result = (broken: ChainBreak | null, end: ChainPoint | null): AuditVerified => ({ checked: chain.last.sequence - from + 1, break: broken, checkpoint: broken === null ? end : null });
  const end = await fetchEnd(client);
  if (end !== null && pinned === undefined && from > end.sequence + 1) throw new UsageError(`The chain has ${end.sequence} events; there is none to begin with at ${from}.`, exitCodes.usage.code);
  // what is added after this began is for the next time
  while (end === null || chain.last.sequence < end.sequence) {
    const events = await fetchEvents(client, chain.last.sequence + 1);
    if (events.length === 0) break;
    for (const event of events) {
      if (chain.last.sequence === end?.sequence) break;
      const broken = chain.add(event);
      if (broken !== null) return result(broken, end);
    }
  }
  return result(chain.end(end), end);
}

async function fetchEnd(client: Pick<GraphClient, 'request'>): Promise<ChainPoint | null> {
  return (await whenAvailable(() => client.request<{ auditCheckpoint: ChainPoint | null }>(END))).auditCheckpoint;
}

async function fetchEvents(client: Pick<GraphClient, 'request'>, from: number): Promise<readonly FetchedEvent[]> {
  return (await whenAvailable(() => client.request<{ auditEvents: { nodes: FetchedEvent[] } }>(PAGE, { from }))).auditEvents.nodes;
}

function readCheckpoint(text: string): ChainPoint {
  const [, sequence, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (sequence === undefined || hash === undefined) throw new UsageError(`${text} is not a checkpoint: it is a number, a colon and 64 hexadecimal digits, as this command prints it.`, exitCodes.usage.code);
  return { sequence: Number(sequence), hash };
}

function readSequence(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new UsageError(`${text} is not the number of an event: they count from 1.`, exitCodes.usage.code);
  return Number(text);
}
