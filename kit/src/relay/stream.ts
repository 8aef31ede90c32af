import { DiscardPolicy, RetentionPolicy, StorageType, type JetStreamManager, type StreamConfig, type StreamInfo } from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/transport-node';
import { infoOf, isStreamMissing, managerOf } from '../bus/jetstream.ts';
import { EPOCH_KEY, REFILL_KEY } from '../bus/message.ts';
import type { HubManifest } from '../hub.ts';
import type { Sql } from '../sql.ts';

/** How a hub's stream is kept. */
export interface StreamSettings {
  /** How long the stream keeps an event, in milliseconds; the outbox keeps it at least as long. */
  readonly maxAgeMs: number;
  /** 1 on one server; 3 in a cluster of three machines. */
  readonly replicas: number;
}

export const DEFAULT_STREAM: StreamSettings = { maxAgeMs: 7 * 24 * 3_600_000, replicas: 1 };

/** Stream and database contradict each other; only a person can tell which of them is right. */
export class StreamAlarm extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'StreamAlarm';
  }
}

/** Where to publish, and from which position on. */
export interface OpenedStream {
  readonly epoch: string;
  readonly next: number;
  /** Positions up to this one were in the stream before and are only put back. */
  readonly refillTo: number;
  /** First sequence in the stream. */
  readonly first: number;
}

interface OutboxView {
  readonly epoch: string;
  readonly last: number;
  readonly published: number;
  /** First position that still has its row; `last` + 1 when none has. */
  readonly first: number;
}

const DUPLICATE_WINDOW_MS = 120_000;

/**
 * Finds out where publishing goes on: behind the stream's own tail, never at a remembered place. A missing stream is made
 * to begin at the first position that the outbox still has; one that lost its tail is simply shorter.
 *
 * @throws StreamAlarm when the stream does not continue this outbox; it is left as it is.
 * @throws what NATS or PostgreSQL says when they cannot answer.
 */
export async function openStream(sql: Sql, connection: NatsConnection, manifest: HubManifest, settings: StreamSettings): Promise<OpenedStream> {
  const manager = await managerOf(connection);
  const { stream } = manifest;
  // the stream first: what is committed in between can only make the outbox longer
  const found = await infoOf(connection, stream).catch((error: unknown) => {
    if (isStreamMissing(error)) return undefined;
    throw error;
  });
  const outbox = await outboxView(sql);
  if (found === undefined) {
    const metadata = { [EPOCH_KEY]: outbox.epoch, [REFILL_KEY]: String(outbox.published) };
    await manager.streams.add({ ...configOf(manifest, settings), first_seq: outbox.first, metadata });
    return { epoch: outbox.epoch, next: outbox.first, refillTo: outbox.published, first: outbox.first };
  }
  await examine(sql, manager, found, outbox);
  const { last_seq: last, first_seq: first } = found.state;
  const lostTail = last < outbox.published;
  await adjust(manager, found, configOf(manifest, settings), lostTail ? outbox.published : undefined);
  return { epoch: outbox.epoch, next: last + 1, refillTo: outbox.published, first };
}

/** @throws Error when the stream is not there any more or does not end at `last`. */
export async function checkTail(connection: NatsConnection, stream: string, last: number): Promise<void> {
  const { state } = await infoOf(connection, stream);
  if (state.last_seq !== last) throw new Error(`stream ${stream} ends at ${state.last_seq} and not at ${last}`);
}

/**
 * Gives the outbox a new epoch and removes the stream; the relay then makes a new one from the rows that the outbox has.
 * Every cursor given out before is refused from then on (`STREAM_RESET`). For an operator who has looked at an alarm and
 * decided that the database is right. Interrupted half-way, it is to be run again.
 *
 * @returns the new epoch.
 */
export async function newEpoch(sql: Sql, connection: NatsConnection, manifest: HubManifest): Promise<string> {
  const [row] = await sql.query<{ epoch: string }>(`UPDATE "outboxState" SET "epoch" = gen_random_uuid(), "published" = "last" RETURNING "epoch"`);
  const manager = await managerOf(connection);
  await manager.streams.delete(manifest.stream).catch((error: unknown) => {
    if (!isStreamMissing(error)) throw error;
  });
  return row!.epoch;
}

async function examine(sql: Sql, manager: JetStreamManager, { config, state }: StreamInfo, outbox: OutboxView): Promise<void> {
  const stream = config.name;
  const epoch = config.metadata?.[EPOCH_KEY];
  if (epoch !== outbox.epoch) throw new StreamAlarm(`stream ${stream} has epoch ${epoch ?? 'none'} and the outbox ${outbox.epoch}: they do not belong together`);
  if (state.last_seq > outbox.last) {
    throw new StreamAlarm(`stream ${stream} ends at ${state.last_seq} and the outbox at ${outbox.last}: the database was restored from an older backup`);
  }
  if (state.last_seq + 1 < outbox.first) {
    throw new StreamAlarm(`stream ${stream} ends at ${state.last_seq} and the outbox begins at ${outbox.first}: what lies between is lost`);
  }
  // a database that was restored may have grown past the stream since; then the last event tells
  if (state.messages === 0 || state.last_seq < outbox.first) return;
  const [row] = await sql.query<{ eventId: string }>(`SELECT "eventId" FROM "outbox" WHERE "pos" = $1`, [state.last_seq]);
  const message = await manager.streams.getMessage(stream, { seq: state.last_seq });
  const id = message?.json<{ id?: string }>().id;
  if (message !== null && id !== row?.eventId) {
    throw new StreamAlarm(`stream ${stream} has event ${id} at ${state.last_seq} and the outbox ${row?.eventId}: the database was restored from an older backup`);
  }
}

async function outboxView(sql: Sql): Promise<OutboxView> {
  const [row] = await sql.query<{ epoch: string; last: string; published: string; first: string }>(
    `SELECT "epoch", "last", "published", coalesce((SELECT min("pos") FROM "outbox"), "last" + 1) AS "first" FROM "outboxState"`,
  );
  return { epoch: row!.epoch, last: Number(row!.last), published: Number(row!.published), first: Number(row!.first) };
}

/** Brings a stream that exists to the settings, and marks up to where it is being refilled. */
async function adjust(manager: JetStreamManager, { config }: StreamInfo, wanted: Partial<StreamConfig>, refillTo: number | undefined): Promise<void> {
  const differs = config.max_age !== wanted.max_age || config.num_replicas !== wanted.num_replicas;
  if (!differs && refillTo === undefined) return;
  // a refill that was cut off once already still ends where it was to end
  const mark = Math.max(refillTo ?? 0, Number(config.metadata?.[REFILL_KEY] ?? 0));
  const metadata = { ...config.metadata, [REFILL_KEY]: String(mark) };
  await manager.streams.update(config.name, { ...config, max_age: wanted.max_age, num_replicas: wanted.num_replicas, metadata });
}

function configOf(manifest: HubManifest, settings: StreamSettings): Partial<StreamConfig> & { name: string } {
  return {
    name: manifest.stream,
    description: `Events of the ${manifest.name} hub; sequence = position in its outbox`,
    subjects: [`org.${manifest.eventHub}.>`],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    // with `new` a full stream would stop the relay; an event that age drops is still in the outbox
    discard: DiscardPolicy.Old,
    max_age: nanos(settings.maxAgeMs),
    num_replicas: settings.replicas,
    duplicate_window: nanos(Math.min(DUPLICATE_WINDOW_MS, settings.maxAgeMs)),
    deny_delete: true,
    deny_purge: true,
    allow_direct: true,
  };
}
