import type { Condition, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import type { SilenceState } from '../alert/state.ts';
import type { InhibitionRule, Silence } from '../model.ts';

/** Prisma's inputs do not know our read-only lists, so both are written as records of their table. */
const insert = (table: string) => `INSERT INTO "${table}" SELECT r.* FROM jsonb_populate_record(NULL::"${table}", $1::jsonb) r ON CONFLICT DO NOTHING RETURNING *`;

const IN_STATE: Readonly<Record<SilenceState, string>> = {
  PENDING: `t."startsAt" > ?::timestamptz AND t."endsAt" > ?::timestamptz`,
  ACTIVE: `t."startsAt" <= ?::timestamptz AND t."endsAt" > ?::timestamptz`,
  EXPIRED: `t."endsAt" <= greatest(?::timestamptz, ?::timestamptz)`,
};

export const silences = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<Silence>(sql, 'Silence', 'id', 'uuid', ids),
  lockById: (tx: Tx, id: string) => lockBy<Silence>(tx, 'Silence', 'id', 'uuid', id),
  async insert(tx: Tx, silence: Silence): Promise<Silence> {
    const [row] = await tx.query<Silence>(insert('Silence'), [JSON.stringify(silence)]);
    return row!;
  },
  /** Ends one at `now`; the row must be locked. */
  async end(tx: Tx, { id }: Silence, by: string, now: Date): Promise<Silence> {
    const [row] = await tx.query<Silence>(`UPDATE "Silence" SET "endsAt" = $2::timestamptz, "endedBy" = $3, "version" = "version" + 1 WHERE "id" = $1::uuid RETURNING *`, [id, now, by]);
    return row!;
  },
  /** How many have not ended; whoever asks waits for others who asked, so that a limit holds. */
  async countUnexpired(tx: Tx, now: Date): Promise<number> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('ops silences', 0))::text`);
    const [row] = await tx.query<{ count: number }>(`SELECT count(*)::int AS "count" FROM "Silence" WHERE "endsAt" > $1::timestamptz`, [now]);
    return row!.count;
  },
  /** A list, those that end last first. */
  page(sql: Sql, state: SilenceState | null, now: Date, args: PageArgs): Promise<Page<Silence>> {
    const where: Condition[] = state === null ? [] : [{ sql: IN_STATE[state], params: [now, now] }];
    return pageOf(sql, { table: 'Silence', where, order: [{ column: 'endsAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }] }, args);
  },
};

export const inhibitions = {
  /** All, by name. Commands keep their number small. */
  all: (sql: Sql): Promise<InhibitionRule[]> => sql.query(`SELECT * FROM "InhibitionRule" ORDER BY "name"`),
  lockById: (tx: Tx, id: string) => lockBy<InhibitionRule>(tx, 'InhibitionRule', 'id', 'uuid', id),
  byNames: (sql: Sql, names: readonly string[]) => rowsBy<InhibitionRule>(sql, 'InhibitionRule', 'name', 'text', names),
  /** How many there are; whoever asks waits for others who asked, so that a limit holds. */
  async count(tx: Tx): Promise<number> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('ops inhibition rules', 0))::text`);
    const [row] = await tx.query<{ count: number }>(`SELECT count(*)::int AS "count" FROM "InhibitionRule"`);
    return row!.count;
  },
  /** Null when the name is taken. */
  async insert(tx: Tx, rule: InhibitionRule): Promise<InhibitionRule | null> {
    const [row] = await tx.query<InhibitionRule>(insert('InhibitionRule'), [JSON.stringify(rule)]);
    return row ?? null;
  },
  async remove(tx: Tx, { id }: InhibitionRule): Promise<void> {
    await tx.query(`DELETE FROM "InhibitionRule" WHERE "id" = $1::uuid`, [id]);
  },
};

/** The silences that hold at `now`, those that end last first, and every inhibition rule, by name; one statement. Commands keep their number small. */
export async function rulesInForce(sql: Sql, now: Date): Promise<{ readonly active: Silence[]; readonly rules: InhibitionRule[] }> {
  const [row] = await sql.query<{ active: Silence[] | null; rules: InhibitionRule[] | null }>(
    `SELECT (SELECT jsonb_agg(to_jsonb(s) ORDER BY s."endsAt" DESC, s."id") FROM "Silence" s WHERE s."startsAt" <= $1::timestamptz AND s."endsAt" > $1::timestamptz) AS "active",
            (SELECT jsonb_agg(to_jsonb(r) ORDER BY r."name") FROM "InhibitionRule" r) AS "rules"`,
    [now],
  );
  const { active, rules } = row!;
  return {
    active: (active ?? []).map((silence) => ({ ...silence, startsAt: new Date(silence.startsAt), endsAt: new Date(silence.endsAt), createdAt: new Date(silence.createdAt) })),
    rules: (rules ?? []).map((rule) => ({ ...rule, createdAt: new Date(rule.createdAt) })),
  };
}
