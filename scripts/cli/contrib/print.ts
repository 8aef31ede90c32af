import { table } from '../table.ts';
import { plural } from '../workplans/print.ts';
import type { FileReport } from './sync.ts';

/** How many files had which outcome. */
export function totalsOf(files: readonly FileReport[]): Record<'files' | 'created' | 'updated' | 'unchanged' | 'refused' | 'events', number> {
  const count = (outcome: FileReport['outcome']) => files.filter((file) => file.outcome === outcome).length;
  return { files: files.length, created: count('CREATED'), updated: count('UPDATED'), unchanged: count('UNCHANGED'), refused: count('REFUSED'), events: files.reduce((sum, file) => sum + file.events, 0) };
}

/** The summary of a sync: a row for every file that was not unchanged (or for all), and one line of totals. */
export function syncTable(files: readonly FileReport[], all: boolean): string {
  const shown = files.filter((file) => all || file.outcome !== 'UNCHANGED');
  const { created, updated, unchanged, refused, ...totals } = totalsOf(files);
  const line = `${plural(totals.files, 'file')}: ${created} created, ${updated} updated, ${unchanged} unchanged, ${refused} refused; ${plural(totals.events, 'event')} recorded.`;
  if (shown.length === 0) return line;
  const rows = shown.map((file) => [file.file, file.slug ?? '', file.status?.toLowerCase() ?? '', file.outcome.toLowerCase() + (file.idWritten ? ', id written' : ''), file.changes.length, file.events]);
  return `${table(['File', 'Contribution', 'State', 'Outcome', 'Changes', 'Events'], rows)}\n${line}`;
}
