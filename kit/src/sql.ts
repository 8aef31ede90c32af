/**
 * The narrow door to PostgreSQL that the kit needs: one statement, positional parameters (`$1`), rows back.
 *
 * Prisma's transaction client, a `pg` pool and a `pg` client all fit behind it, so that the kit knows none of them.
 */
export interface Sql {
  /** Runs one statement. Throws what the driver throws; SQLSTATE is on the error as the driver puts it there. */
  query<Row = Record<string, unknown>>(text: string, params?: readonly unknown[]): Promise<Row[]>;
}

/** An {@link Sql} inside an open transaction: whatever runs on it is committed or rolled back together. */
export interface Tx extends Sql {
  readonly inTransaction: true;
}

/** Something that can open a transaction, as every hub's store does. */
export interface Transactor {
  /** Commits when `work` resolves, rolls back when it throws (and throws the same). READ COMMITTED. */
  transaction<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result>;
}
