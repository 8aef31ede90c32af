import type { CloudEvent, EventCatalogue, EventData, EventType } from './events.ts';
import { typeOf } from './events.ts';
import { newId } from './ids.ts';
import type { Sql, Tx } from './sql.ts';

/** What a command says about one event; the rest of the envelope follows from the catalogue. */
export interface EventFact<Data = Record<string, unknown>> {
  /** CloudEvents `subject`, such as `workstream/<id>`; the events of one subject keep the order of its changes. */
  readonly subject: string;
  /** Slug of the domain it belongs to, when it has one. */
  readonly domain?: string;
  readonly actor: string;
  readonly traceparent?: string;
  readonly time: Date;
  readonly data: Data;
}

/** An {@link EventFact} with the event's name in its catalogue, such as `workstream.completed`. */
export interface EventEntry extends EventFact {
  readonly name: string;
}

/** What a mutation's payload tells about a recorded event. */
export interface RecordedEvent {
  readonly id: string;
  readonly type: string;
  /** Row of the outbox; `createConfirmations` finds its position by it. */
  readonly outboxId: number;
}

/** An event larger than this, in bytes of JSON, is refused: payloads carry ids and words, the graph has the rest. */
export const MAX_EVENT_BYTES = 64 * 1024;

/**
 * Records one event in the transaction of its change. See {@link recordEvents} for when to call it.
 */
export async function recordEvent<const Types extends Readonly<Record<string, EventType>>, Name extends keyof Types & string>(
  tx: Tx,
  catalogue: EventCatalogue<Types>,
  name: Name,
  fact: EventFact<EventData<Types, Name>>,
): Promise<RecordedEvent> {
  const [recorded] = await recordEvents(tx, catalogue, [{ ...fact, name, data: fact.data as Record<string, unknown> }]);
  return recorded!;
}

/**
 * Records events in the order given, in one statement whatever their number.
 *
 * Call it after the rows that changed are locked (by the guarded UPDATE or SELECT ... FOR UPDATE) and not before: whoever
 * waits for such a lock then takes its outbox ids later, which is what keeps the events of one entity in order.
 * The relay must be woken after the commit, never inside the transaction.
 *
 * @throws Error for an unknown name, data that does not fit its schema, or more than {@link MAX_EVENT_BYTES}: mistakes of
 *   ours, so the transaction has to fail.
 */
export async function recordEvents(tx: Tx, catalogue: EventCatalogue, entries: readonly EventEntry[]): Promise<RecordedEvent[]> {
  if (entries.length === 0) return [];
  const texts = entries.map((entry) => textOf(eventOf(catalogue, entry)));
  const rows = await tx.query<{ id: bigint | number | string; eventId: string; type: string }>(
    `INSERT INTO "outbox" ("eventId", "type", "aggregate", "event")
     SELECT (e->>'id')::uuid, e->>'type', e->>'subject', e FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS r(e, n) ORDER BY n
     RETURNING "id", "eventId", "type"`,
    [`[${texts.join(',')}]`],
  );
  return rows.map((row) => ({ id: row.eventId, type: row.type, outboxId: Number(row.id) }));
}

function eventOf(catalogue: EventCatalogue, entry: EventEntry): CloudEvent {
  const known = catalogue.types[entry.name];
  if (known === undefined) throw new Error(`there is no event ${entry.name} in the catalogue of ${catalogue.manifest.name}`);
  const data = known.data.safeParse(entry.data);
  if (!data.success) throw new Error(`event ${entry.name}: ${data.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`);
  const type = typeOf(catalogue.manifest, entry.name);
  return {
    specversion: '1.0',
    id: newId(),
    source: `/hubs/${catalogue.manifest.name}`,
    type,
    subject: entry.subject,
    time: entry.time.toISOString(),
    datacontenttype: 'application/json',
    dataschema: `/schema/events/${type}/${known.version}`,
    actor: entry.actor,
    domain: entry.domain,
    traceparent: entry.traceparent,
    data: data.data,
  };
}

function textOf(event: CloudEvent): string {
  const text = JSON.stringify(event);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_EVENT_BYTES) throw new Error(`event ${event.type} has ${bytes} bytes; at most ${MAX_EVENT_BYTES} are allowed`);
  return text;
}

/** What of an outbox is not in the stream yet. */
export interface Unpublished {
  readonly count: number;
  /** Age of the oldest; 0 when there is none. */
  readonly seconds: number;
}

/** Looks at what waits, at the same cost however much that is. Positions confirmed within the last moment may still count. */
export async function unpublished(sql: Sql): Promise<Unpublished> {
  const [row] = await sql.query<{ count: number; seconds: number }>(
    `SELECT (s."last" - s."published")::float8 + (SELECT count(*) FROM "outbox" WHERE "pos" IS NULL) AS "count",
      coalesce(extract(epoch FROM now() - coalesce(
        (SELECT "recordedAt" FROM "outbox" WHERE "pos" = s."published" + 1),
        (SELECT "recordedAt" FROM "outbox" WHERE "pos" IS NULL ORDER BY "id" LIMIT 1))), 0)::float8 AS "seconds"
     FROM "outboxState" s`,
  );
  return { count: Number(row?.count ?? 0), seconds: Math.max(0, Number(row?.seconds ?? 0)) };
}
