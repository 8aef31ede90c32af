import type { Problem, Workplan } from '@hubgraph/governance/workplan/model';
import Table from 'cli-table3';
import type { CheckReport } from './check.ts';
import type { FileReport } from './sync.ts';

/** `file:line:column: reason`, as editors and CI understand it. */
export function problemLine({ file, line, column, reason }: Problem): string {
  return `${file}:${line}${column === undefined ? '' : `:${column}`}: ${reason}`;
}

/** How many files had which outcome. */
export function totalsOf(files: readonly FileReport[]): Record<'files' | 'created' | 'updated' | 'unchanged' | 'refused' | 'tasks' | 'events', number> {
  const count = (outcome: FileReport['outcome']) => files.filter((file) => file.outcome === outcome).length;
  const sum = (key: 'tasks' | 'events') => files.reduce((total, file) => total + file[key], 0);
  return { files: files.length, created: count('CREATED'), updated: count('UPDATED'), unchanged: count('UNCHANGED'), refused: count('REFUSED'), tasks: sum('tasks'), events: sum('events') };
}

/** The summary of a sync: a row for every file that something happened to (or for all), and one line of totals. */
export function syncTable(files: readonly FileReport[], all: boolean): string {
  const shown = files.filter((file) => all || file.idsWritten || file.outcome !== 'UNCHANGED');
  const { created, updated, unchanged, refused, ...totals } = totalsOf(files);
  const line = `${plural(totals.files, 'file')}, ${plural(totals.tasks, 'task')}: ${created} created, ${updated} updated, ${unchanged} unchanged, ${refused} refused; ${plural(totals.events, 'event')} recorded.`;
  if (shown.length === 0) return line;
  const rows = shown.map((file) => [file.file, file.code ?? '', file.outcome.toLowerCase() + (file.idsWritten ? ', ids written' : ''), file.tasks, file.changes.length, file.events]);
  return `${table(['File', 'Workstream', 'Outcome', 'Tasks', 'Changes', 'Events'], rows)}\n${line}`;
}

/** The drift as a table. */
export function driftTable({ files, drift }: CheckReport): string {
  if (drift.length === 0) return `${plural(files, 'file')}: no drift.`;
  const rows = drift.map(({ code, field, file, graph, path }) => [code, field, cell(file), cell(graph), path ?? '']);
  return `${table(['Code', 'Field', 'In the file', 'In the graph', 'File'], rows)}\n${plural(files, 'file')}: ${plural(drift.length, 'difference')}.`;
}

/** A parsed workplan for a person. */
export function workplanText(workplan: Workplan): string {
  const { code, title, domain, repo, status, owner, topic, planningPriority, planningOrder, dependsOn, createdOn, closureReview, tasks } = workplan;
  const facts = Object.entries({ title, status, domain, repo, owner, topic, priority: planningPriority, order: planningOrder, 'depends on': dependsOn?.join(', '), created: createdOn })
    .flatMap(([name, value]) => (value === undefined || value === '' ? [] : [`  ${name}: ${value}`]));
  const review = closureReview && `  closure review: ${closureReview.date}, ${closureReview.outcome}, ${plural(closureReview.classifications.length, 'task')} classified`;
  const rows = tasks.map((task) => [task.code, task.status, task.priority ?? '', cell(task.title)]);
  return [code, ...facts, ...(review ? [review] : []), tasks.length === 0 ? '  no tasks' : table(['Task', 'State', 'Priority', 'Title'], rows), ...workplan.notices.map(problemLine)].join('\n');
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

export function table(head: string[], rows: readonly (string | number)[][]): string {
  const made = new Table({ head, style: { head: [], border: [] } });
  made.push(...rows.map((row) => [...row]));
  return made.toString();
}

function cell(text: string | null): string {
  if (text === null) return '-';
  const line = text.replace(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

/** Shows on a terminal how far a run is; elsewhere silent. */
export function progress(what: string, stream: NodeJS.WriteStream = process.stderr): { step(): void; end(): void } {
  let count = 0;
  const erase = () => stream.write('\r\u001b[K');
  return {
    step() {
      count += 1;
      if (stream.isTTY) stream.write(`\r${what} ${plural(count, 'file')}`);
    },
    end: () => void (stream.isTTY && erase()),
  };
}
