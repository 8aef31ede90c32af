import { jetstreamManager, type StreamInfo } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import pino, { type Logger } from 'pino';
import { z } from 'zod';
import { defineEvents, type CloudEvent } from '@hubgraph/kit/events';
import type { HubManifest } from '@hubgraph/kit/hub';
import { newId } from '@hubgraph/kit/ids';
import { recordEvent, type RecordedEvent } from '@hubgraph/kit/outbox';
import type { Sql, Transactor, Tx } from '@hubgraph/kit/sql';

/** A hub of tests, without nouns of its own. */
export const manifest: HubManifest = { name: 'kit', eventHub: 'testhub', stream: 'EVENTS_KIT', port: 0 };

export const catalogue = defineEvents({
  manifest,
  feeds: {},
  types: {
    'thing.changed': { version: 1, description: 'A thing changed.', data: z.object({ id: z.string(), version: z.int(), note: z.string().optional() }) },
  },
});

/** A logger that says nothing. */
export const quiet: Logger = pino({ level: 'silent' });

/** Records one event of a thing; for tests that need no entity behind it. */
export function recordThing(tx: Tx, thing: string, version: number, note?: string): Promise<RecordedEvent> {
  return recordEvent(tx, catalogue, 'thing.changed', { subject: `thing/${thing}`, actor: 'test', time: new Date(), data: { id: thing, version, note } });
}

/** Records `count` events of a new thing, each in a transaction of its own. */
export async function recordThings(transactor: Transactor, count: number): Promise<RecordedEvent[]> {
  const thing = newId();
  const recorded: RecordedEvent[] = [];
  for (let version = 1; version <= count; version++) recorded.push(await transactor.transaction((tx) => recordThing(tx, thing, version)));
  return recorded;
}

/** One line per event: where it is and what it is. */
export interface Placed {
  readonly seq: number;
  readonly id: string;
  readonly text: string;
}

/** All sequenced rows of the outbox, in order. */
export async function outboxOf(sql: Sql): Promise<Placed[]> {
  const rows = await sql.query<{ pos: string; eventId: string; text: string }>(`SELECT "pos", "eventId", "event"::text AS "text" FROM "outbox" WHERE "pos" IS NOT NULL ORDER BY "pos"`);
  return rows.map((row) => ({ seq: Number(row.pos), id: row.eventId, text: row.text }));
}

/** All messages of the stream, in order; read one batch after the other. */
export async function streamOf(natsUrl: string, stream = manifest.stream): Promise<Placed[]> {
  return withNats(natsUrl, async (connection) => {
    const found: Placed[] = [];
    const manager = await jetstreamManager(connection, { timeout: 10_000 });
    const { state } = await manager.streams.info(stream);
    for (let next = state.first_seq; next <= state.last_seq; ) {
      const batch = await manager.direct.getBatch(stream, { seq: next, batch: 1000 });
      for await (const message of batch) {
        const text = message.string();
        found.push({ seq: message.seq, id: (JSON.parse(text) as CloudEvent).id, text });
        next = message.seq + 1;
      }
    }
    return found;
  });
}

/** What JetStream says about the stream; undefined when there is none. */
export async function streamInfo(natsUrl: string, stream = manifest.stream): Promise<StreamInfo | undefined> {
  return withNats(natsUrl, async (connection) => (await jetstreamManager(connection)).streams.info(stream).catch(() => undefined));
}

/** Runs `work` with a connection of its own to a server given by a URL with user and password. */
export async function withNats<Result>(natsUrl: string, work: (connection: NatsConnection) => Promise<Result>): Promise<Result> {
  const { host, username, password } = new URL(natsUrl);
  const connection = await connect({ servers: host, user: decodeURIComponent(username), pass: decodeURIComponent(password), reconnect: false });
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}
