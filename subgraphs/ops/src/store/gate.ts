import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf, pagesOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import type { Gate, GatePhase } from '../model.ts';
import { prismaOf } from './client.ts';

/** How clients may narrow a list of gates by what is stored; the status is computed, so it is no part of it. */
export interface GateFilter {
  readonly codes?: readonly string[] | null;
  readonly services?: readonly string[] | null;
  readonly domains?: readonly string[] | null;
  readonly workstreams?: readonly string[] | null;
  /** Codes. */
  readonly migrationRuns?: readonly string[] | null;
  readonly owners?: readonly string[] | null;
  readonly phases?: readonly GatePhase[] | null;
  /** Only these; what a computed status leaves of a list. */
  readonly ids?: readonly string[] | null;
}

/** Orders of a list of gates. */
export const GATE_ORDERS = {
  CODE: [{ column: 'code', cast: 'text' }, { column: 'id', cast: 'uuid' }],
  CREATED: [{ column: 'createdAt', cast: 'timestamptz' }, { column: 'id', cast: 'uuid' }],
  UPDATED_DESC: [{ column: 'updatedAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
} as const;
export type GateOrder = keyof typeof GATE_ORDERS;

/** The columns by which a gate is of something. */
export type GateParent = 'service' | 'domain' | 'workstream' | 'migrationRunId';

/** What changed, and with it the gates that look at it. */
export interface GateScope {
  /** Slugs: gates of these services, and gates whose evidence is theirs. */
  readonly services?: readonly string[];
  /** Codes. */
  readonly workstreams?: readonly string[];
  /** Codes. */
  readonly migrationRuns?: readonly string[];
  /** Slugs: gates that look at the evidence of a whole domain. */
  readonly domains?: readonly string[];
  readonly gateIds?: readonly string[];
}

function conditions(filter: GateFilter): Condition[] {
  const where: Condition[] = [];
  const among = (column: string, values: readonly string[] | null | undefined) => values != null && where.push({ sql: `t."${column}" = ANY(?::text[])`, params: [values] });
  among('code', filter.codes);
  among('service', filter.services);
  among('domain', filter.domains);
  among('workstream', filter.workstreams);
  among('owner', filter.owners);
  among('phase', filter.phases);
  if (filter.migrationRuns != null) where.push({ sql: `t."migrationRunId" IN (SELECT r."id" FROM "MigrationRun" r WHERE r."code" = ANY(?::text[]))`, params: [filter.migrationRuns] });
  if (filter.ids != null) where.push({ sql: `t."id" = ANY(?::uuid[])`, params: [filter.ids] });
  return where;
}

function list(filter: GateFilter, order: GateOrder): List {
  return { table: 'Gate', where: conditions(filter), order: GATE_ORDERS[order] };
}

export const gates = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<Gate>(sql, 'Gate', 'id', 'uuid', ids),
  byCodes: (sql: Sql, codes: readonly string[]) => rowsBy<Gate>(sql, 'Gate', 'code', 'text', codes),
  lockById: (tx: Tx, id: string) => lockBy<Gate>(tx, 'Gate', 'id', 'uuid', id),

  page: (sql: Sql, filter: GateFilter, order: GateOrder, args: PageArgs): Promise<Page<Gate>> => pageOf(sql, list(filter, order), args),
  /** A page for each of many services, domains, workstreams (slugs, codes) or migration runs (ids), in one statement. */
  pagesOf: (sql: Sql, parent: GateParent, keys: readonly string[], filter: GateFilter, order: GateOrder, args: PageArgs): Promise<Map<string, Page<Gate>>> =>
    pagesOf(sql, list(filter, order), parent, keys, args, parent === 'migrationRunId' ? 'uuid' : 'text'),
  /** All that fit, by code; with `of`, those of one of these services, domains, workstreams or migration runs. Gates are few: thousands at most. */
  all(sql: Sql, filter: GateFilter, of?: { readonly parent: GateParent; readonly keys: readonly string[] }): Promise<Gate[]> {
    const where = [...conditions(filter), ...(of === undefined ? [] : [{ sql: `t."${of.parent}" = ANY(?::${of.parent === 'migrationRunId' ? 'uuid' : 'text'}[])`, params: [of.keys] }])];
    const params = where.flatMap((condition) => condition.params);
    let next = 0;
    const text = where.map((condition) => `(${condition.sql})`).join(' AND ').replaceAll('?', () => `$${++next}`);
    return sql.query(`SELECT t.* FROM "Gate" t ${text && `WHERE ${text}`} ORDER BY t."code", t."id"`, params);
  },

  /**
   * Locks the gates that look at a scope, in the order of their ids, so that two transactions never wait for each other in
   * a circle. A gate looks at the evidence of the first that it has: migration run, service, workstream, domain.
   */
  lockScope(tx: Tx, { services = [], workstreams = [], migrationRuns = [], domains = [], gateIds = [] }: GateScope): Promise<Gate[]> {
    return tx.query(
      `SELECT t.* FROM "Gate" t WHERE t."id" IN (
         SELECT g."id" FROM "Gate" g WHERE g."service" = ANY($1::text[])
         UNION ALL SELECT g."id" FROM "Gate" g WHERE g."migrationRunId" IN (SELECT r."id" FROM "MigrationRun" r WHERE r."code" = ANY($3::text[]) OR r."service" = ANY($1::text[]))
         UNION ALL SELECT g."id" FROM "Gate" g WHERE g."workstream" = ANY($2::text[]) AND g."service" IS NULL AND g."migrationRunId" IS NULL
         UNION ALL SELECT g."id" FROM "Gate" g WHERE g."domain" = ANY($4::text[]) AND g."service" IS NULL AND g."migrationRunId" IS NULL AND g."workstream" IS NULL
         UNION ALL SELECT unnest($5::uuid[]))
       ORDER BY t."id" FOR NO KEY UPDATE`,
      [services, workstreams, migrationRuns, domains, gateIds],
    );
  },
  /** Locks some whose status may have changed by time alone, or because the risk of their waiver was closed; those that another transaction holds are left to it. */
  lockDue: (tx: Tx, now: Date, limit: number): Promise<Gate[]> =>
    tx.query(
      `SELECT t.* FROM "Gate" t WHERE t."id" IN (
         (SELECT g."id" FROM "Gate" g WHERE g."changesAt" <= $1::timestamptz ORDER BY g."changesAt", g."id" LIMIT $2)
         UNION ALL (SELECT g."id" FROM "Gate" g WHERE g."decision" = 'WAIVED' AND EXISTS (SELECT 1 FROM "Risk" r WHERE r."id" = g."waiverRisk" AND r."status" = 'CLOSED') ORDER BY g."id" LIMIT $2))
       ORDER BY t."id" FOR NO KEY UPDATE SKIP LOCKED`,
      [now, limit],
    ),

  /** Inserts a new one as it is; null when the code is taken, also by a transaction that commits meanwhile. */
  async insert(tx: Tx, gate: Gate): Promise<Gate | null> {
    const [row] = await prismaOf(tx).gate.createManyAndReturn({ data: [{ ...gate, requirements: gate.requirements as never }], skipDuplicates: true });
    return (row as unknown as Gate | undefined) ?? null;
  },
  /** Writes a gate as it is now, version included; the row must be locked. */
  async save(tx: Tx, { id, ...gate }: Gate): Promise<Gate> {
    return (await prismaOf(tx).gate.update({ where: { id }, data: { ...gate, requirements: gate.requirements as never } })) as unknown as Gate;
  },
};
