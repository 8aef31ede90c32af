import type { Sql } from '@hubgraph/kit/sql';
import type { AttributionRule } from '../model.ts';

/** Days come back as texts. */
const COLUMNS = `t."id", t."name", t."priority", t."kind", t."match", t."targets", t."measure", t."validFrom"::text AS "validFrom", t."validTo"::text AS "validTo", t."retiredAt", t."createdBy", t."createdAt", t."updatedAt", t."version"`;

export const attributionRules = {
  /** Every rule that is not retired, first the one that counts first. Commands keep their number small. */
  inForce: (sql: Sql): Promise<AttributionRule[]> => sql.query(`SELECT ${COLUMNS} FROM "AttributionRule" t WHERE t."retiredAt" IS NULL ORDER BY t."priority", t."id"`),
};
