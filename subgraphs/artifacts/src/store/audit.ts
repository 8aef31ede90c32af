import { isUuid } from '@hubgraph/kit/ids';
import { pageOf, pagesOf, type Condition, type List, type Page, type PageArgs } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { auditHash } from '../content/audit.ts';
import type { AuditEvent } from '../model.ts';
import { prismaOf } from './client.ts';

/** How clients may narrow the audit trail. */
export interface AuditFilter {
  readonly packageId?: string | null;
  readonly actor?: string | null;
  readonly action?: string | null;
  /** From this moment on, and before this one. */
  readonly from?: Date | null;
  readonly to?: Date | null;
  readonly fromSequence?: number | null;
}

/** The end of the chain. */
export interface AuditCheckpoint {
  /** Of the last event; 0 when there is none. */
  readonly sequence: bigint;
  readonly hash: string;
  /** When the last event was; null when there is none. */
  readonly at: Date | null;
}

/** What an event tells; its place in the chain comes from the store. */
export type AuditEntry = Pick<AuditEvent, 'at' | 'actor' | 'action' | 'packageId' | 'data'>;

function list(filter: AuditFilter): List {
  const where: Condition[] = [];
  if (filter.packageId != null) where.push(isUuid(filter.packageId) ? { sql: `t."packageId" = ?::uuid`, params: [filter.packageId] } : { sql: 'false', params: [] });
  if (filter.actor != null) where.push({ sql: `t."actor" = ?::text`, params: [filter.actor] });
  if (filter.action != null) where.push({ sql: `t."action" = ?::text`, params: [filter.action] });
  if (filter.from != null) where.push({ sql: `t."at" >= ?::timestamptz`, params: [filter.from] });
  if (filter.fromSequence != null) where.push({ sql: `t."sequence" >= ?::bigint`, params: [filter.fromSequence] });
  if (filter.to != null) where.push({ sql: `t."at" < ?::timestamptz`, params: [filter.to] });
  return { table: 'AuditEvent', where, order: [{ column: 'sequence', cast: 'bigint' }] };
}

export const auditTrail = {
  /**
   * Adds an event at the end of the chain. Whoever else appends waits for the end of this transaction, and a rollback gives
   * the number back: so the sequence has no gap. Call it after every other lock of the transaction.
   */
  async append(tx: Tx, entry: AuditEntry): Promise<AuditEvent> {
    const [head] = await tx.query<Pick<AuditCheckpoint, 'sequence' | 'hash'>>(`SELECT "sequence", "hash" FROM "AuditHead" WHERE "only" FOR UPDATE`);
    if (head === undefined) throw new Error('the audit chain has no head');
    // what is hashed is what JSON keeps of it, because that is what a reader gets back
    const data = JSON.parse(JSON.stringify(entry.data)) as AuditEvent['data'];
    const link = { ...entry, data, sequence: head.sequence + 1n, previous: head.hash };
    const event: AuditEvent = { ...link, hash: auditHash(link) };
    await prismaOf(tx).auditEvent.create({ data: { ...event, data: data as object } });
    await tx.query(`UPDATE "AuditHead" SET "sequence" = $1, "hash" = $2 WHERE "only"`, [event.sequence, event.hash]);
    return event;
  },

  /** The end of the chain now; null when somebody took it away. */
  async checkpoint(sql: Sql): Promise<AuditCheckpoint | null> {
    const [head] = await sql.query<AuditCheckpoint>(`SELECT h."sequence", h."hash", e."at" FROM "AuditHead" h LEFT JOIN "AuditEvent" e ON e."sequence" = h."sequence" WHERE h."only"`);
    return head ?? null;
  },

  page: (sql: Sql, filter: AuditFilter, args: PageArgs): Promise<Page<AuditEvent>> => pageOf(sql, list(filter), args),
  /** A page for each of many packages, in one statement. */
  pagesOf: (sql: Sql, packageIds: readonly string[], args: PageArgs): Promise<Map<string, Page<AuditEvent>>> => pagesOf(sql, list({}), 'packageId', packageIds, args),
};
