import { PublicError } from './errors.ts';
import { isUuid } from './ids.ts';
import type { Sql } from './sql.ts';

/** Relay's paging arguments. */
export interface PageArgs {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

/** One page of a list; `totalCount` runs its own statement, only when asked. */
export interface Page<Row> {
  readonly edges: readonly { readonly cursor: string; readonly node: Row }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean; readonly startCursor: string | null; readonly endCursor: string | null };
  totalCount(): Promise<number>;
}

/** One column of an order. All columns of an order are NOT NULL, and the last one is unique. */
export interface OrderColumn {
  readonly column: string;
  readonly descending?: boolean;
  /** SQL type that the cursor's text is cast to, such as `timestamptz`, `uuid`, `int`. */
  readonly cast: string;
}

/** A condition with `?` for each of its parameters. */
export interface Condition {
  readonly sql: string;
  readonly params: readonly unknown[];
}

/** What a list reads: one table of the hub's own schema. Names come from code, never from a client. */
export interface List {
  readonly table: string;
  readonly where: readonly Condition[];
  readonly order: readonly OrderColumn[];
}

export const DEFAULT_PAGE = 20;
export const MAX_PAGE = 200;

/**
 * Reads one page by keyset: stable under inserts, the same cost at any depth.
 *
 * @throws PublicError `BAD_USER_INPUT` for sizes out of 0..200, `first` with `last`, or a cursor of another list.
 */
export async function pageOf<Row extends object>(sql: Sql, list: List, args: PageArgs): Promise<Page<Row>> {
  const window = windowOf(list, args);
  const statement = new Statement();
  const text = `SELECT t.* FROM "${list.table}" t WHERE ${conditions(statement, list, window)} ORDER BY ${orderBy(list, window.backward)} LIMIT ${window.size + 1}`;
  const rows = await sql.query<Row>(text, statement.params);
  return toPage(list, window, rows, async () => (await countsOf(sql, list))[0]?.count ?? 0);
}

/**
 * Reads one page for each of many parents in one statement, whatever their number: the batched resolving of a nested list.
 * `parentColumn` is a column of the table, of the type `parentType`; the map has an entry for every parent asked for.
 */
export async function pagesOf<Row extends object>(sql: Sql, list: List, parentColumn: string, parents: readonly string[], args: PageArgs, parentType: 'uuid' | 'text' = 'uuid'): Promise<Map<string, Page<Row>>> {
  const window = windowOf(list, args);
  const statement = new Statement();
  const ids = statement.add(parents);
  const text = `SELECT p."parent" AS "$parent", r.* FROM unnest(${ids}::${parentType}[]) AS p("parent") CROSS JOIN LATERAL (
    SELECT t.* FROM "${list.table}" t WHERE t."${parentColumn}" = p."parent" AND ${conditions(statement, list, window)}
    ORDER BY ${orderBy(list, window.backward)} LIMIT ${window.size + 1}) r`;
  const rows = await sql.query<Row & { $parent: string }>(text, statement.params);
  const byParent = Map.groupBy(rows, (row) => row.$parent);
  // One statement counts for all parents, and only if at least one of the pages is asked for its count.
  let counts: Promise<Map<string, number>> | undefined;
  const countOf = (parent: string) => async () => {
    counts ??= countsOf(sql, list, { column: parentColumn, type: parentType, ids: parents }).then((found) => new Map(found.map((row) => [row.parent, row.count])));
    return (await counts).get(parent) ?? 0;
  };
  return new Map(parents.map((parent) => [parent, toPage<Row>(list, window, byParent.get(parent) ?? [], countOf(parent))]));
}

/** One page of rows that are all at hand, because what they are narrowed by is computed: in the order of a text that is unique. `name` is the list's, for its cursors. */
export function pageOfRows<Row extends object>(name: string, column: keyof Row & string, rows: readonly Row[], args: PageArgs): Page<Row> {
  const list: List = { table: name, where: [], order: [{ column, cast: 'text' }] };
  const window = windowOf(list, args);
  const key = (row: Row) => String(row[column]);
  const within = rows
    .filter((row) => (window.after === null || key(row) > window.after[0]!) && (window.before === null || key(row) < window.before[0]!))
    .sort((a, b) => (key(a) < key(b) === window.backward ? 1 : -1));
  return toPage(list, window, within.slice(0, window.size + 1), () => Promise.resolve(rows.length));
}

interface Window {
  readonly size: number;
  readonly backward: boolean;
  readonly after: readonly string[] | null;
  readonly before: readonly string[] | null;
}

/** Collects parameters and hands out their placeholders. */
class Statement {
  readonly params: unknown[] = [];
  add(value: unknown): string {
    this.params.push(value);
    return `$${this.params.length}`;
  }
  condition(condition: Condition): string {
    let next = 0;
    return condition.sql.replaceAll('?', () => this.add(condition.params[next++]));
  }
}

function windowOf(list: List, args: PageArgs): Window {
  const { first, last } = args;
  if (first != null && last != null) throw new PublicError('BAD_USER_INPUT', 'Give first or last, not both.');
  const size = first ?? last ?? DEFAULT_PAGE;
  if (size < 0 || size > MAX_PAGE) throw new PublicError('BAD_USER_INPUT', `${last == null ? 'first' : 'last'} is ${size}; a page has 0 to ${MAX_PAGE} entries.`, { limit: MAX_PAGE, value: size });
  return { size, backward: last != null, after: readCursor(list, args.after, 'after'), before: readCursor(list, args.before, 'before') };
}

function conditions(statement: Statement, list: List, window: Window): string {
  const parts = list.where.map((condition) => `(${statement.condition(condition)})`);
  if (window.after !== null) parts.push(beyond(statement, list, window.after, false));
  if (window.before !== null) parts.push(beyond(statement, list, window.before, true));
  return parts.length > 0 ? parts.join(' AND ') : 'true';
}

/** Rows strictly after (or before) a key in the list's order; written out, because directions may be mixed. */
function beyond(statement: Statement, list: List, key: readonly string[], backward: boolean): string {
  const values = list.order.map((column, index) => `${statement.add(key[index])}::text::${column.cast}`);
  const branches = list.order.map((column, index) => {
    const equal = list.order.slice(0, index).map((earlier, position) => `t."${earlier.column}" = ${values[position]}`);
    const operator = (column.descending ?? false) === backward ? '>' : '<';
    return [...equal, `t."${column.column}" ${operator} ${values[index]}`].join(' AND ');
  });
  // the branches alone would have every row before the key read and thrown away: an index is entered by a plain comparison
  const [first] = list.order;
  const bound = `t."${first?.column}" ${(first?.descending ?? false) === backward ? '>=' : '<='} ${values[0]}`;
  return `${bound} AND (${branches.map((branch) => `(${branch})`).join(' OR ')})`;
}

function orderBy(list: List, backward: boolean): string {
  return list.order.map((column) => `t."${column.column}" ${(column.descending ?? false) === backward ? 'ASC' : 'DESC'}`).join(', ');
}

function toPage<Row extends object>(list: List, window: Window, rows: readonly Row[], totalCount: () => Promise<number>): Page<Row> {
  const more = rows.length > window.size;
  const kept = rows.slice(0, window.size);
  if (window.backward) kept.reverse();
  const edges = kept.map((node) => ({ cursor: writeCursor(list, node), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: window.backward ? window.before !== null : more,
      hasPreviousPage: window.backward ? more : window.after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount,
  };
}

async function countsOf(sql: Sql, list: List, parents?: { column: string; type: string; ids: readonly string[] }): Promise<{ parent: string; count: number }[]> {
  const statement = new Statement();
  const of = parents === undefined ? 'true' : `t."${parents.column}" = ANY(${statement.add(parents.ids)}::${parents.type}[])`;
  const where = [of, ...list.where.map((condition) => `(${statement.condition(condition)})`)].join(' AND ');
  if (parents === undefined) return sql.query(`SELECT count(*)::int AS "count" FROM "${list.table}" t WHERE ${where}`, statement.params);
  return sql.query(`SELECT t."${parents.column}" AS "parent", count(*)::int AS "count" FROM "${list.table}" t WHERE ${where} GROUP BY 1`, statement.params);
}

function orderName(list: List): string {
  return `${list.table}:${list.order.map((column) => `${column.column}${column.descending ? '-' : ''}`).join(',')}`;
}

function writeCursor(list: List, node: object): string {
  const values = list.order.map((column) => {
    const value = (node as Record<string, unknown>)[column.column];
    return value instanceof Date ? value.toISOString().slice(0, column.cast === 'date' ? 10 : undefined) : String(value);
  });
  return Buffer.from(JSON.stringify([orderName(list), ...values])).toString('base64url');
}

/** What PostgreSQL would refuse to cast must be refused before, as the caller's mistake. */
const CASTS: Readonly<Record<string, (text: string) => boolean>> = {
  uuid: isUuid,
  int: (text) => /^-?\d{1,9}$/.test(text),
  bigint: (text) => /^-?\d{1,18}$/.test(text),
  timestamptz: (text) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) && !Number.isNaN(Date.parse(text)),
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text),
  text: (text) => !text.includes('\0'),
};

function readCursor(list: List, cursor: string | null | undefined, name: string): readonly string[] | null {
  if (cursor == null) return null;
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    parts = null;
  }
  const fits =
    Array.isArray(parts) && parts.length === list.order.length + 1 && parts[0] === orderName(list) &&
    list.order.every((column, index) => typeof parts[index + 1] === 'string' && CASTS[column.cast]?.(parts[index + 1]) === true);
  if (!fits) throw new PublicError('BAD_USER_INPUT', `${name} is not a cursor of this list.`);
  return (parts as string[]).slice(1);
}
