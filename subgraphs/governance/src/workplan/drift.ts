import type { AcceptancePoint, Priority, TaskStatus, WorkstreamStatus } from '../model.ts';
import type { Workplan } from './model.ts';

/** A task as the graph has it. */
export interface GraphTask {
  readonly code: string;
  readonly title: string;
  readonly status: TaskStatus;
  readonly priority: Priority;
  readonly description: string | null;
  readonly waitingOn: string | null;
  readonly acceptance: readonly AcceptancePoint[];
}

/** A workstream as the graph has it. */
export interface GraphWorkstream {
  readonly code: string;
  readonly title: string;
  readonly status: WorkstreamStatus;
  /** Slugs. */
  readonly domain: string;
  readonly repo: string | null;
  readonly topic: string | null;
  readonly owner: string | null;
  readonly summary: string | null;
  readonly planningPriority: Priority | null;
  readonly planningOrder: number | null;
  readonly supersededBy: string | null;
  /** Codes of what it depends on. */
  readonly dependsOn: readonly string[];
  readonly tasks: readonly GraphTask[];
}

/** One thing that a file and the graph say differently. */
export interface Drift {
  /** Of the workstream or task. */
  readonly code: string;
  /** The field; `workstream` or `task` when one side has none of that code. */
  readonly field: string;
  /** As text; null where the file or the graph has nothing. For a missing workstream or task, the title on the other side. */
  readonly file: string | null;
  readonly graph: string | null;
}

/** What differs between a file and the graph, in the order of the file. What the file does not say, does not differ. */
export function driftOf(workplan: Workplan, graph: GraphWorkstream | null): Drift[] {
  if (graph === null) return [{ code: workplan.code, field: 'workstream', file: workplan.title, graph: null }];
  const { title, status, domain, repo, topic, owner, summary, planningPriority, planningOrder, supersededBy } = workplan;
  const drift = fieldsThatDiffer(workplan.code, { title, status, domain, repo, topic, owner, summary, planningPriority, planningOrder, supersededBy }, graph);
  drift.push(...dependenciesThatDiffer(workplan, graph));
  const left = new Map(graph.tasks.map((task) => [task.code, task]));
  for (const task of workplan.tasks) {
    const known = left.get(task.code);
    left.delete(task.code);
    if (known === undefined) drift.push({ code: task.code, field: 'task', file: task.title, graph: null });
    else drift.push(...fieldsThatDiffer(task.code, sayings(task), { ...known, acceptance: listOf(known.acceptance) }));
  }
  for (const task of left.values()) drift.push({ code: task.code, field: 'task', file: null, graph: task.title });
  return drift;
}

/** A file that names no dependencies at all says nothing about them. */
function dependenciesThatDiffer({ code, dependsOn }: Workplan, graph: GraphWorkstream): Drift[] {
  if (dependsOn === undefined) return [];
  const lacking = dependsOn.filter((wanted) => !graph.dependsOn.includes(wanted)).map((wanted) => ({ code, field: 'dependsOn', file: wanted, graph: null }));
  const extra = graph.dependsOn.filter((known) => !dependsOn.includes(known)).map((known) => ({ code, field: 'dependsOn', file: null, graph: known }));
  return [...lacking, ...extra];
}

/** Workstreams of the graph that no file has. */
export function withoutFile(graph: readonly { readonly code: string; readonly title: string }[], files: ReadonlySet<string>): Drift[] {
  return graph.filter(({ code }) => !files.has(code)).map(({ code, title }) => ({ code, field: 'workstream', file: null, graph: title }));
}

function sayings({ title, status, priority, description, waitingOn, acceptance }: Workplan['tasks'][number]): Record<string, unknown> {
  return { title, status, priority, description, waitingOn: status === 'WAITING' ? waitingOn : undefined, acceptance: listOf(acceptance) };
}

function listOf(acceptance: readonly AcceptancePoint[]): string {
  return acceptance.map(({ text, done }) => `[${done ? 'x' : ' '}] ${text}`).join('\n');
}

function fieldsThatDiffer(code: string, file: Readonly<Record<string, unknown>>, graph: object): Drift[] {
  const facts = graph as Readonly<Record<string, unknown>>;
  return Object.keys(file).flatMap((field) => {
    if (file[field] === undefined) return [];
    const [said, known] = [textOf(file[field]), textOf(facts[field])];
    return said === known ? [] : [{ code, field, file: said, graph: known }];
  });
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined || value === '' ? null : String(value);
}
