import type { Problem } from '@hubgraph/kit/front-matter/source';
import { CsvError, parse } from 'csv-parse/sync';
import { entryOf, FIELDS } from './entry.ts';
import type { Inventory, InventoryPlace, Section } from './model.ts';

const LONGEST = 2_000;
const EMPTY: Inventory = { environments: [], services: [], hubs: [], apiConsumers: [], widgets: [] };

interface Row {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

/**
 * Reads an inventory in CSV: one service a line, or one environment when there is a column `kind`. The first line names the
 * columns; `environments` holds slugs divided by `;`, each with `=` and a URL if there is one.
 */
export function parseCsv(path: string, text: string): { readonly inventory: Inventory } | { readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const report = (line: number, reason: string) => void problems.push({ file: path, line, reason });
  let columns: string[] = [];
  let rows: Row[] = [];
  try {
    rows = parse(text, { bom: true, columns: (names: string[]) => (columns = names.map((name) => name.trim())), info: true, skip_empty_lines: true, trim: true, max_record_size: 64 * 1024 }) as unknown as Row[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    report((error as CsvError & { lines?: number }).lines ?? 1, `Not valid CSV: ${error.message}.`);
    return { problems };
  }
  const section: Section = columns.includes('kind') ? 'environments' : 'services';
  const known = FIELDS[section].map((name) => name.replace('!', ''));
  for (const column of columns) if (!known.includes(column)) report(1, `The column ${column || 'without a name'} is not known of ${section}; known are ${known.join(', ')}.`);
  if (columns.length === 0) report(1, 'The file is empty.');
  for (const column of new Set(columns.filter((name, index) => columns.indexOf(name) !== index))) report(1, `The column ${column} is there twice.`);
  const entries = rows.flatMap(({ record, info }) => {
    const { environments, ...texts } = record;
    for (const [name, value] of Object.entries(texts)) if (value.length > LONGEST) report(info.lines, `${name} has ${value.length} characters; at most ${LONGEST} are kept.`);
    return entryOf(section, { texts, ...(environments === undefined ? {} : { environments: placesOf(environments) }), report: (_field, reason) => report(info.lines, reason) }) ?? [];
  });
  return problems.length > 0 ? { problems } : { inventory: { ...EMPTY, [section]: entries } };
}

function placesOf(text: string): InventoryPlace[] {
  return text.split(';').map((part) => part.trim()).filter(Boolean).map((part) => {
    const at = part.indexOf('=');
    return at === -1 ? { environment: part } : { environment: part.slice(0, at).trim(), url: part.slice(at + 1).trim() };
  });
}
