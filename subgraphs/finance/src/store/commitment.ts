import { pageOf, pagesOf, type Condition, type List, type Page, type PageArgs } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import type { Cadence, Commitment, CommitmentKind, CommitmentStatus, Decimal, Payment } from '../model/index.ts';
import { startOfDay } from '../money/calendar.ts';
import { prismaOf } from './client.ts';
import { decimalText, plainPage, plainRow } from './plain.ts';

/** How clients may narrow a list of commitments. */
export interface CommitmentFilter {
  /** Slugs. */
  readonly domains?: readonly string[] | null;
  readonly kinds?: readonly CommitmentKind[] | null;
  readonly cadences?: readonly Cadence[] | null;
  /** As they are computed. */
  readonly statuses?: readonly CommitmentStatus[] | null;
  readonly suppliers?: readonly string[] | null;
}

/** Orders of a list of commitments. */
export const COMMITMENT_ORDERS = {
  CREATED: [{ column: 'createdAt', cast: 'timestamptz' }, { column: 'id', cast: 'uuid' }],
  CREATED_DESC: [{ column: 'createdAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
  START: [{ column: 'start', cast: 'date' }, { column: 'id', cast: 'uuid' }],
} as const;
export type CommitmentOrder = keyof typeof COMMITMENT_ORDERS;

export interface CommitmentList {
  readonly filter: CommitmentFilter;
  readonly order: CommitmentOrder;
  /** The day on which states are computed. */
  readonly today: string;
}

/** money/commitment.ts, in SQL; `?` is the day, twice. */
const STATE = `CASE WHEN t."status" NOT IN ('PENDING', 'ACTIVE', 'EXHAUSTED') THEN t."status" WHEN t."end" <= ?::text::date THEN 'EXPIRED' WHEN t."start" > ?::text::date THEN 'PENDING' WHEN t."paid" >= t."value" THEN 'EXHAUSTED' ELSE 'ACTIVE' END`;

const plain = (row: Commitment) => plainRow<Commitment>(row, ['amount', 'total', 'paid', 'value'], ['start', 'end']);
const plainPayment = (row: Payment) => plainRow<Payment>(row, ['amount', 'settled', 'spent'], ['paidOn']);

function list({ filter, order, today }: CommitmentList): List {
  const where: Condition[] = [];
  const among = (column: string, values: readonly string[] | null | undefined) => values != null && where.push({ sql: `t."${column}" = ANY(?::text[])`, params: [values] });
  among('domain', filter.domains);
  among('kind', filter.kinds);
  among('cadence', filter.cadences);
  among('supplier', filter.suppliers);
  if (filter.statuses != null) where.push({ sql: `${STATE} = ANY(?::text[])`, params: [today, today, filter.statuses] });
  return { table: 'Commitment', where, order: COMMITMENT_ORDERS[order] };
}

/** Prisma wants moments for days. */
function dated<Row extends Partial<Pick<Commitment, 'start' | 'end'>>>({ start, end, ...rest }: Row) {
  return { ...rest, ...(start === undefined ? {} : { start: startOfDay(start) }), ...(end === undefined ? {} : { end: end === null ? null : startOfDay(end) }) };
}

export const commitments = {
  async byIds(sql: Sql, ids: readonly string[]): Promise<Map<string, Commitment>> {
    return new Map([...(await rowsBy<Commitment>(sql, 'Commitment', 'id', 'uuid', ids))].map(([id, row]) => [id, plain(row)]));
  },
  page: async (sql: Sql, wanted: CommitmentList, args: PageArgs): Promise<Page<Commitment>> => plainPage(await pageOf<Commitment>(sql, list(wanted), args), plain),
  /** A page for each of many budgets (ids) or domains (slugs), in one statement. */
  async pagesOf(sql: Sql, parent: 'budgetId' | 'domain', keys: readonly string[], wanted: CommitmentList, args: PageArgs): Promise<Map<string, Page<Commitment>>> {
    const pages = await pagesOf<Commitment>(sql, list(wanted), parent, keys, args, parent === 'domain' ? 'text' : 'uuid');
    return new Map([...pages].map(([key, page]) => [key, plainPage(page, plain)]));
  },

  async lockById(tx: Tx, id: string): Promise<Commitment | null> {
    const row = await lockBy<Commitment>(tx, 'Commitment', 'id', 'uuid', id);
    return row && plain(row);
  },
  /** Locks some whose computed state is not the stored one; those that another transaction holds are left to it. */
  async lockDue(tx: Tx, today: string, limit: number): Promise<Commitment[]> {
    let next = 0;
    const state = STATE.replaceAll('?', () => `$${[1, 1][next++]}`);
    const rows = await tx.query<Commitment>(`SELECT t.* FROM "Commitment" t WHERE t."status" IN ('PENDING', 'ACTIVE', 'EXHAUSTED') AND t."status" <> ${state} ORDER BY t."id" LIMIT $2 FOR UPDATE SKIP LOCKED`, [today, limit]);
    return rows.map(plain);
  },
  insert: async (tx: Tx, commitment: Commitment): Promise<Commitment> => plain((await prismaOf(tx).commitment.create({ data: dated(commitment) as never })) as unknown as Commitment),
  /** Writes what changed and raises the version; the row must be locked. */
  async save(tx: Tx, before: Commitment, changes: Partial<Omit<Commitment, 'id' | 'version' | 'createdAt'>>, now: Date): Promise<Commitment> {
    return plain((await prismaOf(tx).commitment.update({ where: { id: before.id }, data: { ...dated(changes), updatedAt: now, version: before.version + 1 } as never })) as unknown as Commitment);
  },

  /** The payments of many, in the order of their days. */
  async paymentsOf(sql: Sql, ids: readonly string[]): Promise<Map<string, Payment[]>> {
    const rows = await sql.query<Payment>(`SELECT * FROM "Payment" WHERE "commitmentId" = ANY($1::uuid[]) ORDER BY "paidOn", "id"`, [ids]);
    return Map.groupBy(rows.map(plainPayment), (row) => row.commitmentId);
  },
  /** What was paid of one, in its own currency. */
  async paidAmount(sql: Sql, id: string): Promise<Decimal> {
    const [row] = await sql.query<{ sum: string }>(`SELECT coalesce(sum("amount"), 0)::text AS "sum" FROM "Payment" WHERE "commitmentId" = $1::uuid`, [id]);
    return decimalText(row?.sum ?? '0');
  },
  /** The payment with a key of its source. */
  async paymentBy(sql: Sql, source: string, sourceKey: string): Promise<Payment | null> {
    const [row] = await sql.query<Payment>(`SELECT * FROM "Payment" WHERE "source" = $1 AND "sourceKey" = $2`, [source, sourceKey]);
    return row === undefined ? null : plainPayment(row);
  },
  /** Inserts a new one; null when its key is there, also of a transaction that commits meanwhile. */
  async insertPayment(tx: Tx, payment: Payment): Promise<Payment | null> {
    const [row] = await prismaOf(tx).payment.createManyAndReturn({ data: [{ ...payment, paidOn: startOfDay(payment.paidOn) }], skipDuplicates: true });
    return row === undefined ? null : plainPayment(row as unknown as Payment);
  },
};
