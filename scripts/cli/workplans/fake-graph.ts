import { readFileSync } from 'node:fs';
import type { GraphTask, GraphWorkstream } from '@hubgraph/governance/workplan/drift';
import type { CleanupTasksInput, SyncWorkplanInput } from '@hubgraph/governance/workplan/sync-input';
import type { UsageError } from '@hubgraph/kit/errors';
import { Kind, buildSchema, getVariableValues, parse, validate } from 'graphql';
import type { GraphClient } from '../client.ts';

// What the commands ask must be what the committed schema has.
const api = buildSchema(readFileSync(new URL('../../../schema/api.graphql', import.meta.url), 'utf8'), { assumeValidSDL: true });

function misfits(query: string, variables: Readonly<Record<string, unknown>>): string[] {
  const document = parse(query);
  const wrong = validate(api, document);
  if (wrong.length > 0) return wrong.map(({ message }) => message);
  const operation = document.definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
  const { errors = [] } = getVariableValues(api, operation?.variableDefinitions ?? [], JSON.parse(JSON.stringify(variables)));
  return errors.map(({ message }) => message);
}

/** A graph in memory that answers what the commands ask, for tests of the commands alone. */
export interface FakeGraph {
  readonly client: GraphClient;
  readonly workstreams: Map<string, GraphWorkstream & { id: string; sourcePath: string; sha256: string }>;
  readonly calls: { readonly operation: string; readonly variables: Readonly<Record<string, any>> }[]; // any: as the commands sent them
  /** Throws what it returns, for the nth sync (from 0). */
  fail(when: (nth: number) => UsageError | undefined): void;
}

/** Makes an empty one. */
export function fakeGraph(): FakeGraph {
  const workstreams: FakeGraph['workstreams'] = new Map();
  const calls: FakeGraph['calls'] = [];
  let failure: (nth: number) => UsageError | undefined = () => undefined;
  let syncs = 0;

  const answers: Record<string, (variables: any) => unknown> = { // any: the variables differ per operation
    SyncWorkplan({ input }: { input: SyncWorkplanInput }) {
      const failed = failure(syncs++);
      if (failed !== undefined) throw failed;
      return { syncWorkplan: take(input) };
    },
    Workplan: ({ code }) => ({ workstream: asked(workstreams.get(code)) }),
    WorkplanTasks({ code, after }) {
      const from = Number(after ?? 0);
      const tasks = workstreams.get(code)?.tasks ?? [];
      return { workstream: { tasks: { nodes: tasks.slice(from, from + 2).map((task) => ({ ...task, id: idOf(task.code) })), pageInfo: { hasNextPage: tasks.length > from + 2, endCursor: String(from + 2) } } } };
    },
    Workplans: ({ filter }) => ({ workstreams: { nodes: [...workstreams.values()].filter(({ repo }) => filter.repos.includes(repo)), pageInfo: { hasNextPage: false, endCursor: null } } }),
    ClosedWorkstreams: () => ({ workstreams: {
      nodes: [...workstreams.values()].filter(({ status }) => status === 'COMPLETED').map(({ code, sourcePath, tasks }) => ({ code, sourcePath, tasks: { totalCount: tasks.filter(({ status }) => status === 'TODO').length } })),
      pageInfo: { hasNextPage: false, endCursor: null },
    } }),
    CleanupTasks({ input }: { input: CleanupTasksInput }) {
      const done = input.files.flatMap(({ tasks }) => tasks.filter(({ status }) => status === 'DONE').map(({ code }) => code));
      return { cleanupTasks: { report: { completed: done, cancelled: [], drift: done.map((code) => ({ code, file: 'DONE', graph: 'TODO' })), unread: [...workstreams.keys()].filter((code) => !input.files.some((file) => file.code === code)) }, errors: [] } };
    },
    FlagStaleTasks: () => ({ flagStaleTasks: { report: { flagged: [`A-WP-1-T${calls.length}`], more: calls.length < 3 }, errors: [] } }),
  };

  function take(input: SyncWorkplanInput) {
    if (input.domain === 'nowhere') return { sync: null, events: [], errors: [{ code: 'NOT_FOUND', message: `${input.tasks[0]?.code ?? input.code} is refused.`, path: ['domain'] }] };
    const before = workstreams.get(input.code);
    const unknownDependencies = (input.dependsOn ?? []).filter((code) => !workstreams.has(code));
    const outcome = before === undefined ? 'CREATED' : before.sha256 === input.source.sha256 ? 'UNCHANGED' : 'UPDATED';
    if (!input.dryRun) workstreams.set(input.code, stored(input));
    return { sync: { outcome, changes: outcome === 'UNCHANGED' ? [] : [{ code: input.code, field: 'status', from: null, to: input.status }], unknownDependencies }, errors: [], events: outcome === 'UNCHANGED' ? [] : [{ id: '1', type: 'x' }] };
  }

  return {
    workstreams, calls,
    fail: (when) => void (failure = when),
    client: {
      endpoint: 'memory',
      async request<Data>(query: string, variables: Readonly<Record<string, unknown>> = {}) {
        const operation = /(?:query|mutation) (\w+)/.exec(query)![1]!;
        calls.push({ operation, variables });
        const wrong = misfits(query, variables);
        if (wrong.length > 0) throw new Error(`${operation} does not fit the schema: ${wrong.join(' ')}`);
        await new Promise(setImmediate);
        return answers[operation]!(variables) as Data;
      },
    },
  };
}

function stored(input: SyncWorkplanInput) {
  const { code, title, status, domain, repo = null, topic = null, owner = null, summary, planningPriority = null, planningOrder = null, supersededBy = null, dependsOn = [] } = input;
  const tasks = input.tasks.map(({ priority = 'MEDIUM', waitingOn = null, ...task }): GraphTask => ({ ...task, priority, waitingOn }));
  return { id: idOf(code), code, title, status, domain, repo, topic, owner, summary, planningPriority, planningOrder, supersededBy, dependsOn, tasks, sourcePath: input.source.path, sha256: input.source.sha256 };
}

function asked(workstream: (GraphWorkstream & { id: string }) | undefined) {
  const slug = (word: string | null) => (word === null ? null : { slug: word });
  return workstream === undefined ? null : { ...workstream, domain: slug(workstream.domain), repo: slug(workstream.repo), topic: slug(workstream.topic), supersededBy: workstream.supersededBy === null ? null : { code: workstream.supersededBy }, dependencies: workstream.dependsOn.map((on) => ({ on: { code: on } })) };
}

/** The id that this graph gives to a code. */
export function idOf(code: string): string {
  return `0190cccc-0000-7000-8000-${Buffer.from(code).toString('hex').slice(-12).padStart(12, '0')}`;
}
