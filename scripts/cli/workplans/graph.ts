import type { GraphTask, GraphWorkstream } from '@hubgraph/governance/workplan/drift';
import type { GraphIds } from '@hubgraph/governance/workplan/ids';
import type { SyncWorkplanInput, SyncWorkplanPayload } from '@hubgraph/governance/workplan/sync-input';
import type { GraphClient } from '../client.ts';
import { whenAvailable } from '../when-available.ts';

/** A refusal in a payload, with what its type adds. */
export interface MutationError {
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[];
  readonly unmet?: readonly { readonly message: string }[];
  readonly blockers?: readonly { readonly message: string }[];
}

/** The part of every payload that says why not. */
export const ERRORS = `errors { code message path ... on TransitionRefused { unmet { message } } ... on ClosureRefused { blockers { message } } }`;

/** One sentence of a refusal. */
export function sentenceOf(error: MutationError): string {
  const details = [...(error.unmet ?? []), ...(error.blockers ?? [])].map(({ message }) => message);
  return [error.message, ...details.filter((detail) => !error.message.includes(detail))].join(' ');
}

const SYNC = `mutation SyncWorkplan($input: SyncWorkplanInput!) {
  syncWorkplan(input: $input) { sync { outcome changes { code field from to } unknownDependencies } ${ERRORS} events { id type } }
}`;

/** Sends one file. */
export async function sendWorkplan(client: GraphClient, input: SyncWorkplanInput): Promise<SyncWorkplanPayload & { readonly errors: readonly MutationError[] }> {
  const data = await whenAvailable(() => client.request<{ syncWorkplan: SyncWorkplanPayload & { errors: MutationError[] } }>(SYNC, { input }));
  return data.syncWorkplan;
}

interface Page<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

type Slug = { readonly slug: string } | null;
type AskedWorkstream = Omit<GraphWorkstream, 'domain' | 'repo' | 'topic' | 'supersededBy' | 'dependsOn' | 'tasks'> & {
  readonly id: string;
  readonly domain: { readonly slug: string };
  readonly repo: Slug;
  readonly topic: Slug;
  readonly supersededBy: { readonly code: string } | null;
  readonly dependencies: readonly { readonly on: { readonly code: string } }[];
};

const WORKSTREAM = `query Workplan($code: String!) {
  workstream(code: $code) { id code title status summary owner planningPriority planningOrder domain { slug } repo { slug } topic { slug } supersededBy { code } dependencies { on { code } } }
}`;
const TASKS = `query WorkplanTasks($code: String!, $after: String) {
  workstream(code: $code) { tasks(first: 200, after: $after) { nodes { id code title status priority description waitingOn acceptance { text done } } pageInfo { hasNextPage endCursor } } }
}`;
const CODES = `query Workplans($filter: WorkstreamFilter, $after: String) {
  workstreams(filter: $filter, first: 200, after: $after) { nodes { code title } pageInfo { hasNextPage endCursor } }
}`;
const CLOSED = `query ClosedWorkstreams($after: String) {
  workstreams(filter: { statuses: [COMPLETED, CANCELLED, ARCHIVED] }, first: 100, after: $after) {
    nodes { code sourcePath tasks(filter: { statuses: [TODO, IN_PROGRESS, WAITING] }, first: 1) { totalCount } } pageInfo { hasNextPage endCursor }
  }
}`;

/** A workstream with all its tasks, and the ids of all; null when the graph knows none of that code. */
export async function fetchWorkstream(client: GraphClient, code: string): Promise<{ readonly workstream: GraphWorkstream; readonly ids: GraphIds } | null> {
  const { workstream } = await whenAvailable(() => client.request<{ workstream: AskedWorkstream | null }>(WORKSTREAM, { code }));
  if (workstream === null) return null;
  const tasks = await allPages<GraphTask & { id: string }>(async (after) => {
    const page = await client.request<{ workstream: { tasks: Page<GraphTask & { id: string }> } | null }>(TASKS, { code, after });
    return page.workstream?.tasks;
  });
  const { id, domain, repo, topic, supersededBy, dependencies, ...facts } = workstream;
  return {
    workstream: { ...facts, domain: domain.slug, repo: repo?.slug ?? null, topic: topic?.slug ?? null, supersededBy: supersededBy?.code ?? null, dependsOn: dependencies.map(({ on }) => on.code), tasks },
    ids: { workstreamId: id, tasks: new Map(tasks.map((task) => [task.code, task.id])) },
  };
}

/** Code and title of every workstream of a repo. */
export function fetchCodes(client: GraphClient, repo: string): Promise<{ code: string; title: string }[]> {
  return allPages(async (after) => (await client.request<{ workstreams: Page<{ code: string; title: string }> }>(CODES, { filter: { repos: [repo] }, after })).workstreams);
}

/** Closed workstreams that still have open tasks. */
export async function fetchClosedWithOpenTasks(client: GraphClient): Promise<{ code: string; sourcePath: string | null; open: number }[]> {
  const all = await allPages<{ code: string; sourcePath: string | null; tasks: { totalCount: number } }>(async (after) =>
    (await client.request<{ workstreams: Page<{ code: string; sourcePath: string | null; tasks: { totalCount: number } }> }>(CLOSED, { after })).workstreams);
  return all.map(({ code, sourcePath, tasks }) => ({ code, sourcePath, open: tasks.totalCount })).filter(({ open }) => open > 0);
}

async function allPages<Node>(fetchPage: (after: string | null) => Promise<Page<Node> | undefined>): Promise<Node[]> {
  const nodes: Node[] = [];
  for (let after: string | null = null; ; ) {
    const page: Page<Node> | undefined = await whenAvailable(() => fetchPage(after));
    if (page === undefined) return nodes;
    nodes.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return nodes;
    after = page.pageInfo.endCursor;
  }
}
