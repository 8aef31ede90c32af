import type { Sql, Tx } from '@hubgraph/kit/sql';
import type { ClosureReview } from '../model.ts';

export const reviews = {
  /** The newest review of each workstream, in one statement. */
  async latestOf(sql: Sql, workstreamIds: readonly string[]): Promise<Map<string, ClosureReview>> {
    const rows = await sql.query<ClosureReview>(`SELECT DISTINCT ON (r."workstreamId") r.* FROM "ClosureReview" r WHERE r."workstreamId" = ANY($1::uuid[]) ORDER BY r."workstreamId", r."openedAt" DESC, r."id" DESC`, [workstreamIds]);
    return new Map(rows.map((row) => [row.workstreamId, row]));
  },

  /** The open review of a workstream, locked; null when none is open. */
  async lockOpen(tx: Tx, workstreamId: string): Promise<ClosureReview | null> {
    const [row] = await tx.query<ClosureReview>(`SELECT * FROM "ClosureReview" WHERE "workstreamId" = $1::uuid AND "status" = 'OPEN' FOR UPDATE`, [workstreamId]);
    return row ?? null;
  },

  async insert(tx: Tx, review: ClosureReview): Promise<ClosureReview> {
    const { snapshot, classifications, ...rest } = review;
    const [row] = await tx.query<ClosureReview>(
      `INSERT INTO "ClosureReview" ("id", "workstreamId", "status", "context", "outcome", "snapshot", "classifications", "openedBy", "openedAt", "reviewer", "closedAt", "reason")
       VALUES ($1::uuid, $2::uuid, $3, $4, $5, $6::jsonb, $7::jsonb, $8, $9, $10, $11, $12) RETURNING *`,
      [rest.id, rest.workstreamId, rest.status, rest.context, rest.outcome, JSON.stringify(snapshot), JSON.stringify(classifications), rest.openedBy, rest.openedAt, rest.reviewer, rest.closedAt, rest.reason],
    );
    return row as ClosureReview;
  },

  /** Closes the open review, as accepted or rejected. */
  async close(tx: Tx, id: string, changes: Pick<ClosureReview, 'status' | 'outcome' | 'context' | 'classifications' | 'reviewer' | 'reason'>, now: Date): Promise<ClosureReview> {
    const [row] = await tx.query<ClosureReview>(
      `UPDATE "ClosureReview" SET "status" = $2, "outcome" = $3, "context" = $4, "classifications" = $5::jsonb, "reviewer" = $6, "reason" = $7, "closedAt" = $8 WHERE "id" = $1::uuid RETURNING *`,
      [id, changes.status, changes.outcome, changes.context, JSON.stringify(changes.classifications), changes.reviewer, changes.reason, now],
    );
    return row as ClosureReview;
  },
};
