import type { Sql, Tx } from '@hubgraph/kit/sql';
import type { AllocatedRow } from '../attribution/match.ts';
import { field, headOf, NULL } from '../import/line.ts';
import type { Allocation, AttributionTarget, Decimal } from '../model/index.ts';
import { insertLines, type Into } from './bulk.ts';
import { plainRow } from './plain.ts';

/** In the order of a line, which begins as the line of its row does. */
const INTO: Into = {
  table: 'Allocation',
  columns: [['rowId', 'uuid'], ['billedCost', 'numeric'], ['effectiveCost', 'numeric'], ['part', 'int'], ['ruleId', 'uuid'], ['domain', 'text'], ['service', 'text'], ['workstream', 'text'], ['ratio', 'numeric'], ['month', 'text'], ['day', 'date'], ['providerName', 'text'], ['currency', 'text']],
};
const DECIMALS = ['ratio', 'billedCost', 'effectiveCost'] as const;
const plain = (row: Allocation) => plainRow<Allocation>(row, DECIMALS, ['day']);
/** The line of a part behind its head, which is that of its row with the amounts of the part; with its line break. */
export function allocationRest(part: Omit<Allocation, 'rowId' | 'billedCost' | 'effectiveCost'>): string {
  return `\t${part.part}\t${part.ruleId ?? NULL}\t${field(part.domain)}\t${field(part.service)}\t${field(part.workstream)}\t${part.ratio}\t${part.month}\t${part.day}\t${field(part.providerName)}\t${part.currency}\n`;
}
const ROW = `t."id", t."month", t."day", t."billedCost", t."effectiveCost", t."billingCurrency", t."providerName", t."serviceName", t."billingAccountId", t."subAccountId", t."tags", t."more"`;
const plainSource = (row: AllocatedRow) => plainRow<AllocatedRow>(row, ['billedCost', 'effectiveCost'], ['day']);

/** Narrows the rows that are looked at; null: all. */
export interface RowsLike {
  readonly providers?: readonly string[] | null;
  readonly accounts?: readonly string[] | null;
  readonly services?: readonly string[] | null;
  /** First day, and the first day after the last one. */
  readonly since?: string | null;
  readonly before?: string | null;
}

/** What the targets of one rule weigh in a month. */
export interface Weighing {
  readonly ruleId: string;
  readonly of: 'COST' | 'TOKENS';
  readonly targets: readonly AttributionTarget[];
}

export const allocations = {
  /** Writes parts of rows that have none, in one statement. */
  insert: (tx: Tx, parts: readonly Allocation[]): Promise<void> => insertLines(tx, INTO, parts.map((part) => Buffer.from(`${headOf(part.rowId, part)}${allocationRest(part)}`))),
  /** Writes lines: the head of import/line.ts with {@link allocationRest}. */
  insertLines: (tx: Tx, lines: Uint8Array): Promise<void> => insertLines(tx, INTO, lines.length === 0 ? [] : [lines]),
  /** Forgets the parts of rows that count no more, or that are allocated anew. */
  async remove(tx: Tx, rowIds: readonly string[]): Promise<void> {
    if (rowIds.length > 0) await tx.query(`DELETE FROM "Allocation" WHERE "rowId" = ANY($1::uuid[])`, [rowIds]);
  },
  /** The parts of many rows in one statement, in their order. */
  async ofRows(sql: Sql, rowIds: readonly string[]): Promise<Map<string, Allocation[]>> {
    const rows = await sql.query<Allocation>(`SELECT * FROM "Allocation" WHERE "rowId" = ANY($1::uuid[]) ORDER BY "rowId", "part"`, [rowIds]);
    return Map.groupBy(rows.map(plain), (row) => row.rowId);
  },
  /** Months that are not closed in which a part has one of these rules. */
  async openMonthsOf(sql: Sql, ruleIds: readonly string[]): Promise<string[]> {
    const rows = await sql.query<{ month: string }>(
      `SELECT p."month" FROM "BillingPeriod" p WHERE p."status" = 'OPEN' AND EXISTS (SELECT 1 FROM "Allocation" a WHERE a."month" = p."month" AND a."ruleId" = ANY($1::uuid[])) ORDER BY 1`,
      [ruleIds],
    );
    return rows.map(({ month }) => month);
  },
  /** The next rows of a month behind `after`, by id, locked: who replaces one of them waits. `ruleIds` asks for those only that have a part of these rules. */
  async lockRows(tx: Tx, month: string, after: string | null, limit: number, ruleIds: readonly string[] | null): Promise<AllocatedRow[]> {
    const held = ruleIds === null ? '' : `AND EXISTS (SELECT 1 FROM "Allocation" a WHERE a."rowId" = t."id" AND a."ruleId" = ANY($3::uuid[]))`;
    const rows = await tx.query<AllocatedRow>(
      `SELECT ${ROW} FROM "CostRow" t WHERE t."month" = $1 AND t."current" AND t."id" > $2::uuid ${held} ORDER BY t."id" LIMIT ${limit} FOR NO KEY UPDATE OF t`,
      [month, after ?? '00000000-0000-0000-0000-000000000000', ...(ruleIds === null ? [] : [ruleIds])],
    );
    return rows.map(plainSource);
  },
  /** The next rows of a month behind `after`, by id, that are like this; not locked. */
  async rows(sql: Sql, month: string, after: string | null, limit: number, like: RowsLike): Promise<AllocatedRow[]> {
    const rows = await sql.query<AllocatedRow>(
      `SELECT ${ROW} FROM "CostRow" t WHERE t."month" = $1 AND t."current" AND t."id" > $2::uuid AND ($3::text[] IS NULL OR t."providerName" = ANY($3::text[])) AND ($4::text[] IS NULL OR t."serviceName" = ANY($4::text[]))
         AND ($5::text[] IS NULL OR t."billingAccountId" = ANY($5::text[]) OR t."subAccountId" = ANY($5::text[])) AND ($6::text IS NULL OR t."day" >= $6::text::date) AND ($7::text IS NULL OR t."day" < $7::text::date)
       ORDER BY t."id" LIMIT ${limit}`,
      [month, after ?? '00000000-0000-0000-0000-000000000000', like.providers ?? null, like.services ?? null, like.accounts ?? null, like.since ?? null, like.before ?? null],
    );
    return rows.map(plainSource);
  },
  /**
   * What targets weigh in a month, by `<rule> <currency>` in the order of the targets. COST: effective cost that rules other than
   * SHARE gave to them, by currency. TOKENS: tokens of all four classes that they used, under the currency `*`.
   */
  async weigh(sql: Sql, month: string, weighings: readonly Weighing[]): Promise<Map<string, Decimal[]>> {
    const found = new Map<string, Decimal[]>();
    for (const kind of ['COST', 'TOKENS'] as const) {
      const asked = weighings.filter((one) => one.of === kind);
      if (asked.length === 0) continue;
      const targets = asked.flatMap(({ ruleId, targets: all }) => all.map(({ domain, service, workstream }, index) => ({ ruleId, index, domain: domain ?? null, service: service ?? null, workstream: workstream ?? null })));
      const rows = await sql.query<{ ruleId: string; index: number; currency: string; weight: string }>(WEIGH[kind], [month, JSON.stringify(targets)]);
      for (const { ruleId, index, currency, weight } of rows) {
        const key = `${ruleId} ${currency}`;
        const weights = found.get(key) ?? asked.find((one) => one.ruleId === ruleId)!.targets.map(() => '0');
        weights[index] = weight;
        found.set(key, weights);
      }
    }
    return found;
  },
};

const NAMED = ['domain', 'service', 'workstream'] as const;
/** Summed by names first, so that targets are compared with few lines and not with every part. */
const WEIGH = {
  COST: weighing(`SELECT a."domain", a."service", a."workstream", a."currency", sum(a."effectiveCost") AS "weight" FROM "Allocation" a JOIN "AttributionRule" r ON r."id" = a."ruleId" AND r."kind" <> 'SHARE' WHERE a."month" = $1 GROUP BY 1, 2, 3, 4`),
  TOKENS: weighing(`SELECT s."domain", s."service", s."workstream", '*' AS "currency", sum(s."input" + s."cachedInput" + s."cacheWrite" + s."output") AS "weight" FROM "TokenSpend" s WHERE s."month" = $1 AND s."current" GROUP BY 1, 2, 3`),
};

function weighing(summed: string): string {
  return `WITH s AS MATERIALIZED (${summed})
    SELECT w."ruleId", w."index", s."currency", sum(s."weight")::text AS "weight" FROM jsonb_to_recordset($2::jsonb) AS w("ruleId" text, "index" int, "domain" text, "service" text, "workstream" text)
    JOIN s ON ${NAMED.map((name) => `(w."${name}" IS NULL OR w."${name}" = s."${name}")`).join(' AND ')} GROUP BY 1, 2, 3`;
}
