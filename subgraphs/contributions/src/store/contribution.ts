import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf, pagesOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import type { Contribution, ContributionStatus, ContributionType } from '../model.ts';
import { prismaOf } from './client.ts';

/** How clients may narrow a list of contributions. */
export interface ContributionFilter {
  readonly types?: readonly ContributionType[] | null;
  readonly statuses?: readonly ContributionStatus[] | null;
  readonly targetOrg?: string | null;
  readonly targetRepo?: string | null;
  readonly workstream?: string | null;
  readonly needsFollowUp?: boolean | null;
  readonly text?: string | null;
}

/** Orders of a list of contributions. */
export const CONTRIBUTION_ORDERS = {
  CREATED: [{ column: 'createdAt', cast: 'timestamptz' }, { column: 'id', cast: 'uuid' }],
  CREATED_DESC: [{ column: 'createdAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
  UPDATED_DESC: [{ column: 'updatedAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
  SLUG: [{ column: 'slug', cast: 'text' }, { column: 'id', cast: 'uuid' }],
} as const;
export type ContributionOrder = keyof typeof CONTRIBUTION_ORDERS;

/** What a list of contributions is asked with; those submitted at `followUpBefore` or earlier, and not acknowledged, need a follow-up. */
export interface ContributionList {
  readonly filter: ContributionFilter;
  readonly order: ContributionOrder;
  readonly followUpBefore: Date;
}

/** The columns by which a contribution belongs to something of another hub. */
export type ContributionParent = 'repo' | 'workstream' | 'package';

/** How many contributions there are of a type in a state. */
export interface ContributionCount {
  readonly type: ContributionType;
  readonly status: ContributionStatus;
  readonly count: number;
}

/** What happened in one ISO week, which begins on Monday, UTC. */
export interface WeekCount {
  /** Such as `2026-W09`. */
  readonly week: string;
  /** Monday. */
  readonly from: string;
  readonly submitted: number;
  readonly resolved: number;
}

function list({ filter, order, followUpBefore }: ContributionList): List {
  const where: Condition[] = [];
  if (filter.types != null) where.push({ sql: `t."type" = ANY(?::text[])`, params: [filter.types] });
  if (filter.statuses != null) where.push({ sql: `t."status" = ANY(?::text[])`, params: [filter.statuses] });
  if (filter.targetOrg != null) where.push({ sql: `lower(t."targetOrg") = lower(?::text)`, params: [filter.targetOrg] });
  if (filter.targetRepo != null) where.push({ sql: `lower(t."targetRepo") = lower(?::text)`, params: [filter.targetRepo] });
  if (filter.workstream != null) where.push({ sql: `t."workstream" = ?::text`, params: [filter.workstream] });
  if (filter.needsFollowUp != null) where.push({ sql: `(t."status" = 'SUBMITTED' AND t."submittedAt" <= ?::timestamptz) IS ${filter.needsFollowUp ? 'TRUE' : 'NOT TRUE'}`, params: [followUpBefore] });
  if (filter.text != null) where.push({ sql: `strpos(lower(t."slug" || ' ' || t."title" || ' ' || coalesce(t."body", '') || ' ' || coalesce(t."notes", '')), lower(?::text)) > 0`, params: [filter.text] });
  return { table: 'Contribution', where, order: CONTRIBUTION_ORDERS[order] };
}

/** Prisma's inputs want plain, mutable lists. */
function toColumns<Part extends Partial<Contribution>>({ evidence, ...rest }: Part) {
  return { ...rest, ...(evidence === undefined ? {} : { evidence: [...evidence] }) };
}

export const contributions = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<Contribution>(sql, 'Contribution', 'id', 'uuid', ids),
  bySlugs: (sql: Sql, slugs: readonly string[]) => rowsBy<Contribution>(sql, 'Contribution', 'slug', 'text', slugs),
  lockById: (tx: Tx, id: string) => lockBy<Contribution>(tx, 'Contribution', 'id', 'uuid', id),
  lockBySlug: (tx: Tx, slug: string) => lockBy<Contribution>(tx, 'Contribution', 'slug', 'text', slug),

  page: (sql: Sql, wanted: ContributionList, args: PageArgs): Promise<Page<Contribution>> => pageOf(sql, list(wanted), args),
  /** A page for each of many repos, workstreams or packages, in one statement. */
  pagesOf: (sql: Sql, parent: ContributionParent, keys: readonly string[], wanted: ContributionList, args: PageArgs): Promise<Map<string, Page<Contribution>>> => pagesOf(sql, list(wanted), parent, keys, args, 'text'),

  /** All contributions about many packages (purls without version) in one statement, newest first; packages without any are missing. */
  async byPackages(sql: Sql, purls: readonly string[]): Promise<Map<string, Contribution[]>> {
    const rows = await sql.query<Contribution & { package: string }>(`SELECT * FROM "Contribution" WHERE "package" = ANY($1::text[]) ORDER BY "createdAt" DESC, "id" DESC`, [purls]);
    return Map.groupBy(rows, (row) => row.package);
  },

  /** Those that many contributions are superseded by, in one statement, oldest first; contributions without any are missing. */
  async successorsOf(sql: Sql, ids: readonly string[]): Promise<Map<string, Contribution[]>> {
    const rows = await sql.query<Contribution & { supersedesId: string }>(`SELECT * FROM "Contribution" WHERE "supersedesId" = ANY($1::uuid[]) ORDER BY "createdAt", "id"`, [ids]);
    return Map.groupBy(rows, (row) => row.supersedesId);
  },

  /** Inserts a new one as it is; null when the slug is taken, also by a transaction that commits meanwhile. */
  async insert(tx: Tx, contribution: Contribution): Promise<Contribution | null> {
    const [row] = await prismaOf(tx).contribution.createManyAndReturn({ data: [toColumns(contribution)], skipDuplicates: true });
    return (row as Contribution | undefined) ?? null;
  },

  /** Writes what changed and raises the version; the row must be locked. */
  async save(tx: Tx, before: Contribution, changes: Partial<Omit<Contribution, 'id' | 'slug' | 'version' | 'createdAt'>>, now: Date): Promise<Contribution> {
    return (await prismaOf(tx).contribution.update({ where: { id: before.id }, data: { ...toColumns(changes), updatedAt: now, version: before.version + 1 } })) as Contribution;
  },

  /**
   * The next number of an extension point, for as long as this transaction lasts: whoever asks for the same `domain` waits
   * for its end, and a rollback gives the number back. So numbers have no gap.
   */
  async nextExtensionPoint(tx: Tx, domain: string): Promise<number> {
    const [row] = await tx.query<{ last: number }>(`INSERT INTO "ExtensionPointCounter" ("domain", "last") VALUES ($1, 1) ON CONFLICT ("domain") DO UPDATE SET "last" = "ExtensionPointCounter"."last" + 1 RETURNING "last"`, [domain]);
    return row!.last;
  },
  /** Tells the counter of a number that a file brought along, so that it is not given again. */
  async passExtensionPoint(tx: Tx, domain: string, number: number): Promise<void> {
    await tx.query(`INSERT INTO "ExtensionPointCounter" ("domain", "last") VALUES ($1, $2) ON CONFLICT ("domain") DO UPDATE SET "last" = greatest("ExtensionPointCounter"."last", $2)`, [domain, number]);
  },

  /** Which of `slugs` are taken; whoever asks for one of the same `base` waits for the end of this transaction. */
  async takenSlugs(tx: Tx, base: string, slugs: readonly string[]): Promise<Set<string>> {
    await claim(tx, `slug ${base}`);
    return new Set((await contributions.bySlugs(tx, slugs)).keys());
  },

  /** Locks the contribution that was read from this file of this repo; whoever asks for the same file waits for the end of this transaction. */
  async lockBySource(tx: Tx, domain: string, repo: string | null, path: string): Promise<Contribution | null> {
    await claim(tx, `source ${domain} ${repo ?? ''} ${path}`);
    const [row] = await tx.query<Contribution>(`SELECT * FROM "Contribution" WHERE "sourcePath" = $1 AND "domain" = $2 AND "repo" IS NOT DISTINCT FROM $3::text ORDER BY "createdAt", "id" LIMIT 1 FOR UPDATE`, [path, domain, repo]);
    return row ?? null;
  },

  /** How many there are by type and state; combinations without any are left out. */
  counts: (sql: Sql): Promise<ContributionCount[]> => sql.query(`SELECT "type", "status", count(*)::int AS "count" FROM "Contribution" GROUP BY 1, 2 ORDER BY 1, 2`),
  /** The same for each of many domains in one statement; domains without any are missing. */
  async countsOf(sql: Sql, domains: readonly string[]): Promise<Map<string, ContributionCount[]>> {
    const rows = await sql.query<ContributionCount & { domain: string }>(`SELECT "domain", "type", "status", count(*)::int AS "count" FROM "Contribution" WHERE "domain" = ANY($1::text[]) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`, [domains]);
    return Map.groupBy(rows, (row) => row.domain);
  },

  /** What was submitted and resolved in every ISO week from the one of `from` to the one of `to`, weeks without anything included. */
  velocity: (sql: Sql, from: Date, to: Date): Promise<WeekCount[]> =>
    sql.query(
      `WITH weeks AS (
         SELECT generate_series(date_trunc('week', $1::timestamptz AT TIME ZONE 'UTC'), date_trunc('week', $2::timestamptz AT TIME ZONE 'UTC'), interval '1 week') AS "monday"
       ), happened AS (
         SELECT date_trunc('week', "submittedAt" AT TIME ZONE 'UTC') AS "monday", 1 AS "submitted", 0 AS "resolved" FROM "Contribution" WHERE "submittedAt" IS NOT NULL
         UNION ALL SELECT date_trunc('week', "resolvedAt" AT TIME ZONE 'UTC'), 0, 1 FROM "Contribution" WHERE "resolvedAt" IS NOT NULL
       )
       SELECT to_char(w."monday", 'IYYY-"W"IW') AS "week", to_char(w."monday", 'YYYY-MM-DD') AS "from", coalesce(sum(h."submitted"), 0)::int AS "submitted", coalesce(sum(h."resolved"), 0)::int AS "resolved"
       FROM weeks w LEFT JOIN happened h ON h."monday" = w."monday" GROUP BY w."monday" ORDER BY w."monday"`,
      [from, to],
    ),
};

/** A lock on a name that need not be in any table, until the transaction ends. */
async function claim(tx: Tx, name: string): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))::text`, [`contributions ${name}`]);
}
