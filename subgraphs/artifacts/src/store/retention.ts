import { newId } from '@hubgraph/kit/ids';
import { pageOf, type Condition, type Page, type PageArgs } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { rowsBy } from '@hubgraph/kit/store';
import type { ArtifactPackage, RetentionClass, RetentionEvent } from '../model.ts';
import { prismaOf } from './client.ts';
import { PACKAGE_ORDERS, packageConditions, type PackageFilter } from './package.ts';

/** How clients may narrow the report on what may be deleted; it is about finalized packages only. */
export interface EligibilityFilter extends Omit<PackageFilter, 'statuses'> {
  readonly eligible?: boolean | null;
}

/** How many of the packages of a report may go, and what stops the others; one may be stopped by several things. */
export interface EligibilityTotals {
  readonly packageCount: number;
  readonly eligibleCount: number;
  readonly notExpiredCount: number;
  readonly heldCount: number;
  readonly permanentCount: number;
  /** Bytes of all, and of those that may go, as if none shared any. */
  readonly byteCount: bigint;
  readonly eligibleByteCount: bigint;
}

/** The deletion guards of lifecycle/package.ts in SQL, about `ArtifactPackage t`: whether each is unmet. A test holds them to each other. */
const PERMANENT = `t."retentionClass" = 'permanent-record'`;
const NOT_EXPIRED = (now: string) => `(NOT ${PERMANENT} AND (t."expiresAt" IS NULL OR t."expiresAt" > ${now}::timestamptz))`;
const HELD = `EXISTS (SELECT 1 FROM "Hold" h WHERE h."packageId" = t."id" AND h."status" = 'ACTIVE')`;
const ELIGIBLE = (now: string) => `(NOT ${PERMANENT} AND NOT ${NOT_EXPIRED(now)} AND NOT ${HELD})`;

function conditions({ eligible, ...filter }: EligibilityFilter, now: Date): Condition[] {
  return [...packageConditions({ ...filter, statuses: ['FINALIZED'] }), ...(eligible == null ? [] : [{ sql: `${eligible ? '' : 'NOT '}${ELIGIBLE('?')}`, params: [now] }])];
}

export const retention = {
  /** All classes, the shortest first; the one without an end last. */
  classes: (sql: Sql): Promise<RetentionClass[]> => sql.query(`SELECT * FROM "RetentionClass" ORDER BY "days" NULLS LAST, "slug"`),
  classesBySlug: (sql: Sql, slugs: readonly string[]): Promise<Map<string, RetentionClass>> => rowsBy<RetentionClass>(sql, 'RetentionClass', 'slug', 'text', slugs),

  /** Every event of many packages in one statement, oldest first; packages without any are missing. */
  async eventsOf(sql: Sql, packageIds: readonly string[]): Promise<Map<string, RetentionEvent[]>> {
    const rows = await sql.query<RetentionEvent>(`SELECT * FROM "RetentionEvent" WHERE "packageId" = ANY($1::uuid[]) ORDER BY "at", "id"`, [packageIds]);
    return Map.groupBy(rows, (row) => row.packageId);
  },

  /** Adds an event. */
  async insert(tx: Tx, event: Omit<RetentionEvent, 'id'>): Promise<RetentionEvent> {
    const row = { ...event, id: newId() };
    await prismaOf(tx).retentionEvent.create({ data: row });
    return row;
  },

  /** Finalized packages, the oldest first, narrowed also by whether they may be deleted at `now`. */
  eligibility: (sql: Sql, filter: EligibilityFilter, now: Date, args: PageArgs): Promise<Page<ArtifactPackage>> =>
    pageOf(sql, { table: 'ArtifactPackage', where: conditions(filter, now), order: PACKAGE_ORDERS.CREATED }, args),
  /** The totals of what a filter leaves, whatever it says of `eligible`, in one statement. */
  async eligibilityTotals(sql: Sql, { eligible: _eligible, ...filter }: EligibilityFilter, now: Date): Promise<EligibilityTotals> {
    const params: unknown[] = [now];
    const where = conditions(filter, now).map((condition) => {
      const first = params.push(...condition.params) - condition.params.length + 1;
      let used = 0;
      return condition.sql.replaceAll('?', () => `$${first + used++}`);
    });
    const [row] = await sql.query<EligibilityTotals>(
      `SELECT count(*)::int AS "packageCount", count(*) FILTER (WHERE "eligible")::int AS "eligibleCount", count(*) FILTER (WHERE "notExpired")::int AS "notExpiredCount",
         count(*) FILTER (WHERE "held")::int AS "heldCount", count(*) FILTER (WHERE "permanent")::int AS "permanentCount",
         coalesce(sum("byteCount"), 0)::bigint AS "byteCount", coalesce(sum("byteCount") FILTER (WHERE "eligible"), 0)::bigint AS "eligibleByteCount"
       FROM (SELECT t."byteCount", ${ELIGIBLE('$1')} AS "eligible", ${NOT_EXPIRED('$1')} AS "notExpired", ${HELD} AS "held", ${PERMANENT} AS "permanent" FROM "ArtifactPackage" t WHERE ${where.join(' AND ')}) s`,
      params,
    );
    return row!;
  },
};
