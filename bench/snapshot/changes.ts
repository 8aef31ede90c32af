import { setTimeout as delay } from 'node:timers/promises';
import type { Sql } from '@hubgraph/kit/sql';

// Alerts of the ops hub, and changes to them with their events, many in one statement: the hub's own commands are not what
// is measured.

const ALERT = `"id", "dedupKey", "status", "severity", "severityRank", "title", "subject", "service", "domain", "source", "labels", "firstAt", "lastAt", "waitsSince", "createdAt", "updatedAt"`;
const alertOf = (n: string, at: string): string =>
  `gen_random_uuid(), 'key-' || ${n}, 'RAISED', 'WARNING', 1, 'Disk of service ' || ${n} % 200 || ' is nearly full', 'SERVICE', 'service-' || ${n} % 200, 'domain-' || ${n} % 20, 'bench', '{}', now(), now(), now(), ${at}, ${at}`;

/** Records one event for each row of the table expression `changed`, which has the alert, `from` and `verb`. */
const RECORD = `INSERT INTO "outbox" ("eventId", "type", "aggregate", "event")
  SELECT e."id", 'org.opshub.alert.' || c."verb", 'alert/' || c."id", jsonb_build_object('specversion', '1.0', 'id', e."id", 'source', '/hubs/ops', 'type', 'org.opshub.alert.' || c."verb", 'subject', 'alert/' || c."id",
    'time', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'datacontenttype', 'application/json', 'dataschema', '/schema/events/org.opshub.alert.' || c."verb" || '/1', 'actor', 'bench', 'domain', c."domain",
    'data', jsonb_build_object('id', c."id", 'from', c."from", 'to', c."status", 'version', c."version", 'dedupKey', c."dedupKey", 'severity', c."severity", 'title', c."title", 'subject', c."subject", 'service', c."service", 'count', c."count", 'escalation', 0, 'suppressed', false))
  FROM changed c CROSS JOIN LATERAL (SELECT gen_random_uuid() AS "id" WHERE c."id" IS NOT NULL) e`;

/** Open alerts, raised one after the other within the last day. */
export async function fill(sql: Sql, entities: number): Promise<void> {
  await sql.query(`INSERT INTO "Alert" (${ALERT}) SELECT ${alertOf('n', `now() - interval '1 day' + n * interval '1 day' / $1::int`)} FROM generate_series(1, $1::int) n`, [entities]);
  await sql.query('VACUUM (ANALYZE) "Alert"');
}

/** Changes that go on until they are ended. */
export interface Changes {
  /** Changes made so far. */
  readonly made: number;
  /** Ends them, and records one more as the last. Answers the id of its event. */
  end(): Promise<string>;
}

/** Of each hundred changes ninety are repeats, five raise an alert and five resolve one. */
const SHARES = { repeated: 0.9, raised: 0.05, resolved: 0.05 } as const;
const EVERY_MS = 50;

/** Begins to change alerts at this rate, all over the list. */
export function change(sql: Sql, perSecond: number): Changes {
  let made = 0;
  let number = 1_000_000;
  let ending = false;
  const update = (verb: 'repeated' | 'resolved', count: number): Promise<unknown[]> =>
    sql.query(
      `WITH picked AS (SELECT DISTINCT ON (a."id") a."id", a."status" FROM (SELECT gen_random_uuid() AS "at" FROM generate_series(1, $1::int)) r CROSS JOIN LATERAL (SELECT * FROM "Alert" WHERE "id" > r."at" AND "status" <> 'RESOLVED' ORDER BY "id" LIMIT 1) a),
       changed AS (UPDATE "Alert" t SET "version" = t."version" + 1, "count" = t."count" + 1, "lastAt" = now(), "updatedAt" = now() ${verb === 'resolved' ? `, "status" = 'RESOLVED', "resolvedAt" = now()` : ''} FROM picked p WHERE t."id" = p."id" RETURNING t.*, p."status" AS "from", '${verb}' AS "verb")
       ${RECORD} RETURNING "eventId"`,
      [count],
    );
  const raise = (count: number): Promise<{ eventId: string }[]> => {
    number += count;
    return sql.query<{ eventId: string }>(`WITH changed AS (INSERT INTO "Alert" AS t (${ALERT}) SELECT ${alertOf('n', 'now()')} FROM generate_series($1::int, $2::int) n RETURNING t.*, NULL::text AS "from", 'raised' AS "verb") ${RECORD} RETURNING "eventId"`, [number - count + 1, number]);
  };

  const run = async (): Promise<void> => {
    const begun = performance.now();
    let due = 0;
    while (!ending) {
      const wanted = Math.floor(((performance.now() - begun) / 1_000) * perSecond) - due;
      due += wanted;
      const [few, many] = [Math.round(wanted * SHARES.raised), Math.round(wanted * SHARES.repeated)];
      if (wanted > 0) made += (await update('repeated', many)).length + (few > 0 ? (await raise(few)).length + (await update('resolved', few)).length : 0);
      await delay(EVERY_MS);
    }
  };
  const running = perSecond > 0 ? run() : Promise.resolve();
  return {
    get made() { return made; },
    async end() {
      ending = true;
      await running;
      const [last] = await raise(1);
      made++;
      return last!.eventId;
    },
  };
}
