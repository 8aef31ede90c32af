import { isUuid } from './ids.ts';
import { PublicError } from './errors.ts';
import type { Sql, Transactor, Tx } from './sql.ts';
import { badText } from './text.ts';
import { tracedStatement } from './trace/statement.ts';
import { activeSpan, inSpan } from './trace/trace.ts';

/** The two raw methods of a Prisma client (or of its transaction client) that the kit needs. */
export interface RawClient {
  $queryRawUnsafe<Rows>(text: string, ...params: unknown[]): Promise<Rows>;
}

/** Is told of every statement that a hub reads by, before it runs: for traces, and for tests that count. */
export type StatementObserver = (text: string) => void;

/** Sees a Prisma client as {@link Sql}. Dates, JSON and arrays come back as the models have them. */
export function sqlOf(client: RawClient, observe?: StatementObserver): Sql {
  return {
    async query<Row>(text: string, params: readonly unknown[] = []) {
      for (const param of params) for (const value of Array.isArray(param) ? param : [param]) refuseBadText(value);
      observe?.(text);
      return tracedStatement(text, () => client.$queryRawUnsafe<Row[]>(text, ...params));
    },
  };
}

/** PostgreSQL would refuse it too, but as a fault and not as the caller's mistake. */
function refuseBadText(value: unknown): void {
  const reason = typeof value === 'string' ? badText(value) : null;
  if (reason !== null) throw new PublicError('BAD_USER_INPUT', reason);
}

/**
 * A transaction that also knows its Prisma client. Stores keep the client behind the kit's {@link Tx}, so that commands
 * hand on a `tx` without knowing Prisma.
 */
export interface PrismaTx<Client extends RawClient> extends Tx {
  readonly client: Client;
}

/** Makes a hub's {@link Transactor} from its Prisma client. READ COMMITTED; a transaction may take 30 s, and waits 5 s for a connection. */
export function transactorOf<Client extends RawClient>(prisma: { $transaction<Result>(work: (client: Client) => Promise<Result>, options: object): Promise<Result> }): Transactor {
  return {
    transaction<Result>(work: (tx: Tx) => Promise<Result>) {
      const run = () => prisma.$transaction((client) => work({ ...sqlOf(client), inTransaction: true, client } as PrismaTx<Client>), { isolationLevel: 'ReadCommitted', maxWait: 5_000, timeout: 30_000 });
      return activeSpan() ? inSpan(() => ({ name: 'transaction', kind: 'client', attributes: { 'db.system.name': 'postgresql' } }), run) : run();
    },
  };
}

/** A hub's door to its own schema. */
export interface Database {
  readonly sql: Sql;
  readonly transactor: Transactor;
  close(): Promise<void>;
}

/** How the driver adapter of Prisma connects: what `PrismaPg` takes. */
export interface Connection {
  readonly pool: { readonly connectionString: string; readonly options: string; readonly max: number; readonly application_name: string };
  readonly adapter: { readonly schema: string };
}

/** What a hub's own generated Prisma client is to the kit. */
interface PrismaLike<Client extends RawClient> extends RawClient {
  $transaction<Result>(work: (client: Client) => Promise<Result>, options: object): Promise<Result>;
  $disconnect(): Promise<void>;
}

/**
 * Makes `openDatabase` of a hub from how its generated client is made. The connection is made at the first statement and
 * works in the hub's schema; `connections` bounds the pool.
 */
export function databaseOpener<Client extends RawClient>(hub: string, connect: (connection: Connection) => PrismaLike<Client>): (url: string, connections: number, observe?: StatementObserver) => Database {
  return (url, connections, observe) => {
    const prisma = connect({ pool: { connectionString: url, options: `-c search_path=${hub}`, max: connections, application_name: `hubgraph ${hub}` }, adapter: { schema: hub } });
    return { sql: sqlOf(prisma, observe), transactor: transactorOf<Client>(prisma), close: () => prisma.$disconnect() };
  };
}

/** The Prisma client behind a transaction that {@link transactorOf} opened. */
export function clientOf<Client extends RawClient>(tx: Tx): Client {
  return (tx as PrismaTx<Client>).client;
}

/** Maps rows by a key, for the batched loads. */
export function mapBy<Row, Key extends keyof Row & string>(rows: readonly Row[], key: Key): Map<string, Row> {
  return new Map(rows.map((row) => [String(row[key]), row]));
}

/** Loads rows of one table by a unique column in one statement, whatever their number. Keys that are not there, or cannot be, are missing in the map. */
export async function rowsBy<Row extends object>(sql: Sql, table: string, column: string, type: 'uuid' | 'text', keys: readonly string[]): Promise<Map<string, Row>> {
  const rows = await sql.query<Row>(`SELECT t.* FROM "${table}" t WHERE t."${column}" = ANY($1::${type}[])`, [keys.filter(type === 'uuid' ? isUuid : (key) => badText(key) === null)]);
  return mapBy(rows, column as keyof Row & string);
}

/** Loads one row and locks it for this transaction, waiting for whoever holds it; null when there is none. */
export async function lockBy<Row extends object>(tx: Tx, table: string, column: string, type: 'uuid' | 'text', key: string): Promise<Row | null> {
  const [row] = await tx.query<Row>(`SELECT t.* FROM "${table}" t WHERE t."${column}" = $1::${type} FOR UPDATE`, [key]);
  return row ?? null;
}

/** The history of many entities of one noun in one statement, oldest first. */
export async function historyOf<Line extends { entityId: string }>(sql: Sql, noun: string, ids: readonly string[]): Promise<Map<string, Line[]>> {
  const rows = await sql.query<Line>(`SELECT * FROM "transition" WHERE "noun" = $1 AND "entityId" = ANY($2::uuid[]) ORDER BY "id"`, [noun, ids]);
  return Map.groupBy(rows, (row) => row.entityId);
}
