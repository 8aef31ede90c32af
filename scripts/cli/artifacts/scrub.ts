import { setTimeout as delay } from 'node:timers/promises';
import { UsageError } from '@hubgraph/kit/errors';
import { SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import { exitCodes } from '../../exit-codes.ts';
import { createClient, withGraph, type GraphClient, type GraphOptions } from '../client.ts';
import { table } from '../table.ts';
import { whenAvailable } from '../when-available.ts';

interface ScrubFlags extends GraphOptions {
  readonly backend?: string;
  readonly all?: boolean;
  readonly wait?: boolean;
  readonly json?: boolean;
}

/** A run as the graph tells of it. */
interface Run {
  readonly id: string;
  readonly backend: string;
  readonly status: 'RUNNING' | 'STOPPED' | 'FINISHED';
  readonly error: string | null;
  readonly due: number;
  readonly checked: number;
  readonly bytes: number;
  readonly lost: number;
  readonly changed: number;
  readonly repaired: number;
}

/** A damaged copy, and who needs it. */
interface Damage {
  readonly key: string;
  readonly status: 'LOST' | 'CHANGED';
  readonly note: string | null;
  readonly files: { readonly totalCount: number; readonly nodes: readonly { readonly path: string; readonly package: { readonly id: string } | null }[] } | null;
}

/** In milliseconds, between two looks at a run. */
const PAUSE = 1_000;
const RUN = 'id backend status error due checked bytes lost changed repaired';
const START = `mutation StartScrub($input: StartScrubInput!) { startScrub(input: $input) { scrubRun { ${RUN} } errors { message } } }`;
const LOOK = `query ScrubRun($id: ID!) { scrubRun(id: $id) { ${RUN} } }`;
const DAMAGED = `query DamagedLocations($backend: String!) {
  storageLocations(filter: { backend: $backend, statuses: [LOST, CHANGED] }, first: 50) { totalCount nodes { key status note files(first: 3) { totalCount nodes { path package { id } } } } }
}`;

/** Adds `scrub` to the commands about artifacts. */
export function addScrubCommand(group: Command): void {
  withGraph(group.command('scrub'))
    .description('have the hub read stored bytes again and compare them with their digests, and repair what another storage has')
    .option('--backend <name>', 'which storage, local or s3; the one that takes uploads when left out')
    .option('--all', 'read everything, and not only what is damaged, was never read, or not for long')
    .option('--wait', 'wait for the end; exit with 1 when something is damaged, and say which files need it')
    .option('--json', 'print JSON')
    .action(scrub);
}

async function scrub(flags: ScrubFlags): Promise<void> {
  const client = createClient(flags);
  const run = await startScrub(client, flags);
  if (!flags.wait) return console.log(flags.json ? JSON.stringify({ scrubRun: run }) : `The scrub ${run.id} of ${run.backend} is under way.`);
  const show = progressOf(run, flags.json ?? false);
  const ended = await waitFor(client, run, { look: show.look }).finally(show.stop);
  const damaged = await damagedIn(client, ended.backend);
  if (damaged.totalCount > 0 || ended.status !== 'FINISHED' || ended.error !== null) process.exitCode = exitCodes.no.code;
  if (flags.json) return console.log(JSON.stringify({ scrubRun: ended, damaged }));
  if (ended.error !== null) console.error(`${ended.status === 'STOPPED' ? 'The scrub stopped, and goes on by itself within ten minutes' : 'Not everything could be read'}: ${ended.error}.`);
  if (damaged.totalCount > 0) console.log(table(['Key', 'State', 'Found', 'Needed by'], damaged.nodes.map((one) => [one.key, one.status, one.note ?? '', neededBy(one)])));
  const { checked, lost, changed, repaired } = ended;
  console.log(`${ended.backend}: ${checked} read, ${lost} lost, ${changed} changed, ${repaired} repaired; ${damaged.totalCount === 0 ? 'nothing is damaged' : `${damaged.totalCount} damaged`}${damaged.totalCount > damaged.nodes.length ? `, of which ${damaged.nodes.length} are named` : ''}.`);
}

/** Begins a run; one that is under way already is an answer no. */
export async function startScrub(client: Pick<GraphClient, 'request'>, { backend, all }: Pick<ScrubFlags, 'backend' | 'all'>): Promise<Run> {
  const { startScrub: started } = await client.request<{ startScrub: { scrubRun: Run | null; errors: readonly { message: string }[] } }>(START, { input: { backend, all: all ?? false } });
  if (started.scrubRun === null) throw new UsageError(started.errors.map(({ message }) => message).join(' '), exitCodes.no.code);
  return started.scrubRun;
}

/** Looks at a run until it runs no more. */
export async function waitFor(client: Pick<GraphClient, 'request'>, run: Run, { look, pause = PAUSE }: { readonly look: (run: Run) => void; readonly pause?: number }): Promise<Run> {
  for (let now = run; ; ) {
    look(now);
    if (now.status !== 'RUNNING') return now;
    await delay(pause);
    const { scrubRun } = await whenAvailable(() => client.request<{ scrubRun: Run | null }>(LOOK, { id: run.id }));
    if (scrubRun === null) throw new UsageError(`The graph knows no scrub ${run.id} any more.`, exitCodes.no.code);
    now = scrubRun;
  }
}

async function damagedIn(client: Pick<GraphClient, 'request'>, backend: string): Promise<{ readonly totalCount: number; readonly nodes: readonly Damage[] }> {
  return (await whenAvailable(() => client.request<{ storageLocations: { totalCount: number; nodes: Damage[] } }>(DAMAGED, { backend }))).storageLocations;
}

function neededBy({ files }: Damage): string {
  if (files === null) return '';
  const more = files.totalCount - files.nodes.length;
  return [...files.nodes.map(({ path, package: of }) => `${path} of ${of?.id ?? 'a package'}`), ...(more > 0 ? [`${more} more`] : [])].join('\n');
}

/** A bar on a terminal, on stderr; elsewhere nothing, because the end says it all. */
function progressOf(run: Run, quiet: boolean): { readonly look: (run: Run) => void; readonly stop: () => void } {
  if (quiet || !process.stderr.isTTY) return { look: () => {}, stop: () => {} };
  const bar = new SingleBar({ format: `${run.backend} {bar} {percentage}% | {value} of {total} read, {damaged} damaged | {eta_formatted}`, barCompleteChar: '█', barIncompleteChar: '░', stream: process.stderr });
  bar.start(Math.max(1, run.due), run.checked, { damaged: 0 });
  return {
    look({ due, checked, lost, changed }) {
      bar.setTotal(Math.max(1, due));
      bar.update(checked, { damaged: lost + changed });
    },
    stop: () => bar.stop(),
  };
}
