import type { Tx } from '@hubgraph/kit/sql';
import type { Allocation } from '../model.ts';

/** In the order of the statement. */
const COLUMNS = [['rowId', 'uuid'], ['part', 'int'], ['ruleId', 'uuid'], ['domain', 'text'], ['service', 'text'], ['workstream', 'text'], ['ratio', 'numeric'], ['billedCost', 'numeric'], ['effectiveCost', 'numeric'], ['month', 'text'], ['day', 'date'], ['providerName', 'text'], ['currency', 'text']] as const;
const INSERT = `INSERT INTO "Allocation" (${COLUMNS.map(([name]) => `"${name}"`).join(', ')}) SELECT * FROM unnest(${COLUMNS.map(([, type], index) => `$${index + 1}::${type === 'numeric' || type === 'date' ? `text[]::${type}` : type}[]`).join(', ')})`;

export const allocations = {
  /** Writes parts of rows that have none yet, in one statement. */
  async insert(tx: Tx, parts: readonly Allocation[]): Promise<void> {
    if (parts.length > 0) await tx.query(INSERT, COLUMNS.map(([name]) => parts.map((part) => part[name])));
  },
  /** Forgets the parts of rows that count no more, or that are allocated anew. */
  async remove(tx: Tx, rowIds: readonly string[]): Promise<void> {
    if (rowIds.length > 0) await tx.query(`DELETE FROM "Allocation" WHERE "rowId" = ANY($1::uuid[])`, [rowIds]);
  },
};
