import type { Sql, Tx } from '@hubgraph/kit/sql';
import type { Dependency } from '../model.ts';
import { prismaOf } from './client.ts';

/**
 * What the node `r` waits for. Besides the rows, a workstream waits for its own tasks; of those only the ones that depend
 * on something, or are the goal of the search (`$2`), can lie on a path. Lateral, so that each node is looked up by an
 * index: joined as a whole, every step of the recursion would read both tables.
 */
const EDGES = `LATERAL (
  SELECT d."toId" FROM "Dependency" d WHERE d."fromId" = r."id"
  UNION ALL
  SELECT k."id" FROM "Task" k WHERE k."workstreamId" = r."id" AND (k."id" = $2::uuid OR EXISTS (SELECT 1 FROM "Dependency" d WHERE d."fromId" = k."id"))) e`;

export const dependencies = {
  /** What each of these workstreams and tasks depends on, oldest first, in one statement. */
  of: (sql: Sql, fromIds: readonly string[]) => grouped(sql, 'fromId', fromIds),
  /** What depends on each of these, oldest first, in one statement. */
  onto: (sql: Sql, toIds: readonly string[]) => grouped(sql, 'toId', toIds),

  /** The dependency between two ends, locked; null when there is none. */
  async lockBetween(tx: Tx, fromId: string, toId: string): Promise<Dependency | null> {
    const [row] = await tx.query<Dependency>(`SELECT * FROM "Dependency" WHERE "fromId" = $1::uuid AND "toId" = $2::uuid FOR UPDATE`, [fromId, toId]);
    return row ?? null;
  },

  /** Ids that a workstream names as dependencies and that do not exist; normally none. */
  async unknownOf(sql: Sql, workstreamId: string): Promise<string[]> {
    const rows = await sql.query<{ toId: string }>(
      `SELECT d."toId" FROM "Dependency" d WHERE d."fromId" = $1::uuid
         AND NOT EXISTS (SELECT 1 FROM "Workstream" w WHERE w."id" = d."toId") AND NOT EXISTS (SELECT 1 FROM "Task" k WHERE k."id" = d."toId") ORDER BY d."toId"`,
      [workstreamId],
    );
    return rows.map((row) => row.toId);
  },

  /** Makes this the only transaction that adds dependencies until it ends, so that two cannot close a cycle together. */
  async lockGraph(tx: Tx): Promise<void> {
    // As text, because Prisma cannot read a column of type void.
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('governance.Dependency', 0))::text`);
  },

  /**
   * The shortest chain of codes by which `fromId` waits for `toId`, both ends included; null when it does not.
   * Hold {@link lockGraph} when something is decided by it.
   */
  async pathBetween(sql: Sql, fromId: string, toId: string): Promise<string[] | null> {
    // Collecting nodes and not paths keeps this linear: a graph of n diamonds has 2^n paths.
    const edges = await sql.query<{ fromId: string; toId: string }>(
      `WITH RECURSIVE reached("id") AS (SELECT $1::uuid UNION SELECT e."toId" FROM reached r CROSS JOIN ${EDGES})
       SELECT r."id" AS "fromId", e."toId" FROM reached r CROSS JOIN ${EDGES} ORDER BY 1, 2`,
      [fromId, toId],
    );
    const path = shortestPath(edges, fromId, toId);
    if (path === null) return null;
    const rows = await sql.query<{ id: string; code: string }>(`SELECT "id", "code" FROM "Workstream" WHERE "id" = ANY($1::uuid[]) UNION ALL SELECT "id", "code" FROM "Task" WHERE "id" = ANY($1::uuid[])`, [path]);
    const codes = new Map(rows.map((row) => [row.id, row.code]));
    return path.map((id) => codes.get(id) ?? id);
  },

  /** Inserts a new one as it is. */
  async insert(tx: Tx, dependency: Dependency): Promise<Dependency> {
    return (await prismaOf(tx).dependency.create({ data: { ...dependency } })) as Dependency;
  },

  async remove(tx: Tx, id: string): Promise<void> {
    await prismaOf(tx).dependency.delete({ where: { id } });
  },
};

async function grouped(sql: Sql, column: 'fromId' | 'toId', ids: readonly string[]): Promise<Map<string, Dependency[]>> {
  const rows = await sql.query<Dependency>(`SELECT * FROM "Dependency" WHERE "${column}" = ANY($1::uuid[]) ORDER BY "createdAt", "id"`, [ids]);
  return Map.groupBy(rows, (row) => row[column]);
}

function shortestPath(edges: readonly { fromId: string; toId: string }[], from: string, to: string): string[] | null {
  const next = Map.groupBy(edges, (edge) => edge.fromId);
  const cameFrom = new Map<string, string | null>([[from, null]]);
  for (const node of cameFrom.keys()) {
    if (node === to) break;
    for (const edge of next.get(node) ?? []) if (!cameFrom.has(edge.toId)) cameFrom.set(edge.toId, node);
  }
  if (!cameFrom.has(to)) return null;
  const path: string[] = [];
  for (let node: string | null | undefined = to; node != null; node = cameFrom.get(node)) path.unshift(node);
  return path;
}
