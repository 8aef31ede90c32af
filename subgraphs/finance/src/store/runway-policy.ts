import type { Sql, Tx } from '@hubgraph/kit/sql';
import { rowsBy } from '@hubgraph/kit/store';
import type { RunwayPolicy } from '../model/index.ts';
import { prismaOf } from './client.ts';
import { plainRow } from './plain.ts';

const plain = (row: object) => plainRow<RunwayPolicy>(row, ['threshold', 'secondThreshold'], []);

export const runwayPolicies = {
  async byDomains(sql: Sql, domains: readonly string[]): Promise<Map<string, RunwayPolicy>> {
    const rows = await rowsBy<RunwayPolicy>(sql, 'RunwayPolicy', 'domain', 'text', domains);
    return new Map([...rows].map(([domain, row]) => [domain, plain(row)]));
  },
  /** Locks the policies of some domains, of all when null, in the order of their slugs. */
  async lock(tx: Tx, domains: readonly string[] | null): Promise<RunwayPolicy[]> {
    return (await tx.query<RunwayPolicy>(`SELECT t.* FROM "RunwayPolicy" t WHERE $1::text[] IS NULL OR "domain" = ANY($1::text[]) ORDER BY "domain" FOR UPDATE`, [domains])).map(plain);
  },
  /** Domains that have a policy or an account that counts for their runway, by slug. */
  async domains(sql: Sql): Promise<string[]> {
    const rows = await sql.query<{ domain: string }>(`SELECT "domain" FROM "RunwayPolicy" UNION SELECT "domain" FROM "Account" WHERE "liquid" ORDER BY 1`);
    return rows.map(({ domain }) => domain);
  },

  /** Inserts the first policy of a domain; null when there is one, also of a transaction that commits meanwhile. */
  async insert(tx: Tx, policy: RunwayPolicy): Promise<RunwayPolicy | null> {
    const [row] = await prismaOf(tx).runwayPolicy.createManyAndReturn({ data: [{ ...policy }], skipDuplicates: true });
    return row === undefined ? null : plain(row);
  },
  /** Writes what changed and raises the version; the row must be locked. */
  async save(tx: Tx, before: RunwayPolicy, changes: Partial<Omit<RunwayPolicy, 'domain' | 'version'>>): Promise<RunwayPolicy> {
    return plain(await prismaOf(tx).runwayPolicy.update({ where: { domain: before.domain }, data: { ...changes, version: before.version + 1 } }));
  },
};
