import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf, pagesOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import type { Service, ServiceEnvironment, ServiceTier } from '../model.ts';
import { prismaOf } from './client.ts';

/** How clients may narrow a list of services. */
export interface ServiceFilter {
  readonly slugs?: readonly string[] | null;
  readonly domains?: readonly string[] | null;
  readonly repos?: readonly string[] | null;
  readonly owners?: readonly string[] | null;
  readonly tiers?: readonly ServiceTier[] | null;
  /** Those that run, or those that do not. */
  readonly retired?: boolean | null;
  readonly text?: string | null;
}

/** Orders of a list of services. */
export const SERVICE_ORDERS = {
  SLUG: [{ column: 'slug', cast: 'text' }, { column: 'id', cast: 'uuid' }],
  CREATED: [{ column: 'createdAt', cast: 'timestamptz' }, { column: 'id', cast: 'uuid' }],
  UPDATED_DESC: [{ column: 'updatedAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
} as const;
export type ServiceOrder = keyof typeof SERVICE_ORDERS;

/** That a service runs in an environment, under the environment's id. */
export type Place = ServiceEnvironment;

function list(filter: ServiceFilter, order: ServiceOrder): List {
  const where: Condition[] = [];
  const among = (column: string, values: readonly string[] | null | undefined) => values != null && where.push({ sql: `t."${column}" = ANY(?::text[])`, params: [values] });
  among('slug', filter.slugs);
  among('domain', filter.domains);
  among('repo', filter.repos);
  among('owner', filter.owners);
  among('tier', filter.tiers);
  if (filter.retired != null) where.push({ sql: `t."retiredAt" IS ${filter.retired ? 'NOT ' : ''}NULL`, params: [] });
  if (filter.text != null) where.push({ sql: `strpos(lower(t."slug" || ' ' || t."name" || ' ' || coalesce(t."description", '')), lower(?::text)) > 0`, params: [filter.text] });
  return { table: 'Service', where, order: SERVICE_ORDERS[order] };
}

export const services = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<Service>(sql, 'Service', 'id', 'uuid', ids),
  bySlugs: (sql: Sql, slugs: readonly string[]) => rowsBy<Service>(sql, 'Service', 'slug', 'text', slugs),
  lockById: (tx: Tx, id: string) => lockBy<Service>(tx, 'Service', 'id', 'uuid', id),

  page: (sql: Sql, filter: ServiceFilter, order: ServiceOrder, args: PageArgs): Promise<Page<Service>> => pageOf(sql, list(filter, order), args),
  /** A page for each of many domains or repos, in one statement. */
  pagesOf: (sql: Sql, parent: 'domain' | 'repo', keys: readonly string[], filter: ServiceFilter, order: ServiceOrder, args: PageArgs): Promise<Map<string, Page<Service>>> => pagesOf(sql, list(filter, order), parent, keys, args, 'text'),

  /** Services that run and that an inventory file told of, by slug; locked for this transaction. */
  ofSource: (tx: Tx, source: string) => tx.query<Service>(`SELECT * FROM "Service" WHERE "source" = $1 AND "retiredAt" IS NULL ORDER BY "slug" FOR UPDATE`, [source]),

  /** Inserts a new one as it is; null when the slug is taken, also by a transaction that commits meanwhile. */
  async insert(tx: Tx, service: Service): Promise<Service | null> {
    const [row] = await prismaOf(tx).service.createManyAndReturn({ data: [{ ...service }], skipDuplicates: true });
    return (row as Service | undefined) ?? null;
  },
  /** Writes what changed and raises the version; the row must be locked. */
  async save(tx: Tx, before: Service, changes: Partial<Omit<Service, 'id' | 'slug' | 'version' | 'createdAt'>>, now: Date): Promise<Service> {
    return (await prismaOf(tx).service.update({ where: { id: before.id }, data: { ...changes, updatedAt: now, version: before.version + 1 } })) as Service;
  },

  /** Where many services run, in one statement; services that run nowhere are missing. */
  async placesOf(sql: Sql, ids: readonly string[]): Promise<Map<string, Place[]>> {
    const rows = await sql.query<Place>(`SELECT p.* FROM "ServiceEnvironment" p JOIN "Environment" e ON e."id" = p."environmentId" WHERE p."serviceId" = ANY($1::uuid[]) ORDER BY e."slug"`, [ids]);
    return Map.groupBy(rows, (row) => row.serviceId);
  },
  /** Says where a service runs: exactly in these environments from now on; what is known of those that stay, stays. */
  async setPlaces(tx: Tx, serviceId: string, places: readonly { readonly environmentId: string; readonly url: string | null }[]): Promise<void> {
    await tx.query(`DELETE FROM "ServiceEnvironment" WHERE "serviceId" = $1::uuid AND NOT "environmentId" = ANY($2::uuid[])`, [serviceId, places.map(({ environmentId }) => environmentId)]);
    await tx.query(
      `INSERT INTO "ServiceEnvironment" ("serviceId", "environmentId", "url") SELECT $1::uuid, r."environmentId", r."url" FROM jsonb_to_recordset($2::jsonb) AS r("environmentId" uuid, "url" text)
       ON CONFLICT ("serviceId", "environmentId") DO UPDATE SET "url" = excluded."url"`,
      [serviceId, JSON.stringify(places)],
    );
  },
  /** Says which release runs in an environment; makes the place when the service was not known to run there. */
  async setRelease(tx: Tx, serviceId: string, environmentId: string, releaseDigest: string, deploymentId: string): Promise<void> {
    await tx.query(
      `INSERT INTO "ServiceEnvironment" ("serviceId", "environmentId", "releaseDigest", "deploymentId") VALUES ($1::uuid, $2::uuid, $3, $4::uuid)
       ON CONFLICT ("serviceId", "environmentId") DO UPDATE SET "releaseDigest" = excluded."releaseDigest", "deploymentId" = excluded."deploymentId"`,
      [serviceId, environmentId, releaseDigest, deploymentId],
    );
  },
};
