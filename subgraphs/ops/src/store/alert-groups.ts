import type { Condition } from '@hubgraph/kit/page';
import type { Sql } from '@hubgraph/kit/sql';
import { ALERT_SEVERITIES, type AlertSeverity } from '../model.ts';
import { alertConditions, type AlertList } from './alert.ts';

export const ALERT_GROUPINGS = ['SERVICE', 'DOMAIN', 'WORKSTREAM', 'REPO', 'PACKAGE', 'SEVERITY', 'SOURCE', 'LABEL'] as const;
export type AlertGrouping = (typeof ALERT_GROUPINGS)[number];

/** One thing that alerts are grouped by; a label by its name. */
export interface GroupBy {
  readonly by: AlertGrouping;
  readonly label: string | null;
}

/** Alerts that have the same under everything they are grouped by. */
export interface AlertGroup {
  /** In the order of the grouping; null: they have nothing there. */
  readonly values: readonly (string | null)[];
  readonly count: number;
  readonly severity: AlertSeverity;
  readonly severities: readonly { readonly severity: AlertSeverity; readonly count: number }[];
  readonly lastAt: Date;
}

const COLUMNS: Readonly<Record<Exclude<AlertGrouping, 'LABEL'>, string>> = { SERVICE: 'service', DOMAIN: 'domain', WORKSTREAM: 'workstream', REPO: 'repo', PACKAGE: 'package', SEVERITY: 'severity', SOURCE: 'source' };

/** Groups the alerts that fit; the group with the worst alert first, then the largest, at most `limit`. */
export async function alertGroups(sql: Sql, wanted: Omit<AlertList, 'order'>, by: readonly GroupBy[], limit: number): Promise<AlertGroup[]> {
  const params: unknown[] = [];
  const numbered = ({ sql: text, params: more }: Condition) => {
    let next = 0;
    return text.replaceAll('?', () => `$${params.push(more[next++])}`);
  };
  const values = by.map(({ by: grouping, label }) => numbered(grouping === 'LABEL' ? { sql: `t."labels"->>?::text`, params: [label] } : { sql: `t."${COLUMNS[grouping]}"`, params: [] }));
  const where = alertConditions(wanted).map((condition) => `(${numbered(condition)})`);
  const counts = ALERT_SEVERITIES.map((_severity, rank) => `count(*) FILTER (WHERE t."severityRank" = ${rank})::int`);
  const rows = await sql.query<{ values: (string | null)[]; count: number; rank: number; counts: number[]; lastAt: Date }>(
    `SELECT ARRAY[${values.join(', ')}]::text[] AS "values", count(*)::int AS "count", max(t."severityRank") AS "rank", ARRAY[${counts.join(', ')}] AS "counts", max(t."lastAt") AS "lastAt"
     FROM "Alert" t WHERE ${where.join(' AND ') || 'true'} GROUP BY 1 ORDER BY "rank" DESC, "count" DESC, "values" LIMIT ${limit}`,
    params,
  );
  return rows.map(({ values: same, count, rank, counts: bySeverity, lastAt }) => ({
    values: same, count, lastAt, severity: ALERT_SEVERITIES[rank]!,
    severities: ALERT_SEVERITIES.map((severity, index) => ({ severity, count: bySeverity[index]! })).filter((line) => line.count > 0).reverse(),
  }));
}
