import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf, pagesOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import type { Deployment, DeploymentResult, EnvironmentKind } from '../model.ts';
import { prismaOf } from './client.ts';

/** How clients may narrow a list of deployments. */
export interface DeploymentFilter {
  readonly services?: readonly string[] | null;
  readonly domains?: readonly string[] | null;
  readonly environments?: readonly EnvironmentKind[] | null;
  readonly places?: readonly string[] | null;
  readonly results?: readonly DeploymentResult[] | null;
  readonly releaseDigest?: string | null;
  readonly since?: Date | null;
  readonly until?: Date | null;
}

/** Orders of a list of deployments. */
export const DEPLOYMENT_ORDERS = {
  STARTED: [{ column: 'startedAt', cast: 'timestamptz' }, { column: 'id', cast: 'uuid' }],
  STARTED_DESC: [{ column: 'startedAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
} as const;
export type DeploymentOrder = keyof typeof DEPLOYMENT_ORDERS;

function list(filter: DeploymentFilter, order: DeploymentOrder): List {
  const where: Condition[] = [];
  const among = (column: string, values: readonly string[] | null | undefined) => values != null && where.push({ sql: `t."${column}" = ANY(?::text[])`, params: [values] });
  among('service', filter.services);
  among('domain', filter.domains);
  among('environment', filter.environments);
  among('place', filter.places);
  among('result', filter.results);
  if (filter.releaseDigest != null) where.push({ sql: `t."releaseDigest" = ?::text`, params: [filter.releaseDigest] });
  if (filter.since != null) where.push({ sql: `t."startedAt" >= ?::timestamptz`, params: [filter.since] });
  if (filter.until != null) where.push({ sql: `t."startedAt" < ?::timestamptz`, params: [filter.until] });
  return { table: 'Deployment', where, order: DEPLOYMENT_ORDERS[order] };
}

/** The release that runs in one kind of environment. */
export interface RunningRelease {
  readonly service: string;
  readonly environment: EnvironmentKind;
  readonly releaseDigest: string;
  readonly deploymentId: string;
}

export const deployments = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<Deployment>(sql, 'Deployment', 'id', 'uuid', ids),
  lockById: (tx: Tx, id: string) => lockBy<Deployment>(tx, 'Deployment', 'id', 'uuid', id),
  /** Locks the one that a source told of under its key; null when there is none. */
  async lockBySource(tx: Tx, source: string, sourceKey: string): Promise<Deployment | null> {
    const [row] = await tx.query<Deployment>(`SELECT * FROM "Deployment" WHERE "source" = $1 AND "sourceKey" = $2 FOR UPDATE`, [source, sourceKey]);
    return row ?? null;
  },
  page: (sql: Sql, filter: DeploymentFilter, order: DeploymentOrder, args: PageArgs): Promise<Page<Deployment>> => pageOf(sql, list(filter, order), args),
  /** A page for each of many services, in one statement. */
  pagesOf: (sql: Sql, slugs: readonly string[], filter: DeploymentFilter, order: DeploymentOrder, args: PageArgs): Promise<Map<string, Page<Deployment>>> => pagesOf(sql, list(filter, order), 'service', slugs, args, 'text'),

  /** The deployments that undo many others, in one statement, oldest first; those that nobody undid are missing. */
  async rollbacksOf(sql: Sql, ids: readonly string[]): Promise<Map<string, Deployment[]>> {
    const rows = await sql.query<Deployment & { rollbackOfId: string }>(`SELECT * FROM "Deployment" WHERE "rollbackOfId" = ANY($1::uuid[]) ORDER BY "startedAt", "id"`, [ids]);
    return Map.groupBy(rows, (row) => row.rollbackOfId);
  },
  /** What runs where: of each service and kind of environment the last deployment that succeeded, in one statement. */
  running: (sql: Sql, slugs: readonly string[]) =>
    sql.query<RunningRelease>(
      `SELECT s."slug" AS "service", k."kind" AS "environment", d."releaseDigest", d."id" AS "deploymentId" FROM unnest($1::text[]) AS s("slug") CROSS JOIN unnest(ARRAY['LOCAL', 'STAGING', 'PRODUCTION']) AS k("kind")
       CROSS JOIN LATERAL (SELECT t."id", t."releaseDigest" FROM "Deployment" t WHERE t."service" = s."slug" AND t."environment" = k."kind" AND t."result" = 'SUCCEEDED' ORDER BY t."finishedAt" DESC, t."id" DESC LIMIT 1) d`,
      [slugs],
    ),

  /** Inserts a new one as it is; null when its source told of it already, also by a transaction that commits meanwhile. */
  async insert(tx: Tx, deployment: Deployment): Promise<Deployment | null> {
    const [row] = await prismaOf(tx).deployment.createManyAndReturn({ data: [{ ...deployment }], skipDuplicates: true });
    return (row as Deployment | undefined) ?? null;
  },
  /** Writes what changed and raises the version; the row must be locked. */
  async save(tx: Tx, before: Deployment, changes: Partial<Pick<Deployment, 'finishedAt' | 'result' | 'release' | 'rollbackOfId'>>, now: Date): Promise<Deployment> {
    return (await prismaOf(tx).deployment.update({ where: { id: before.id }, data: { ...changes, updatedAt: now, version: before.version + 1 } })) as Deployment;
  },
};
