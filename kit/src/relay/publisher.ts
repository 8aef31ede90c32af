import { jetstream, type JetStreamClient } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { messageId } from '../bus/message.ts';
import type { Sql } from '../sql.ts';
import { inSpan, isTracing } from '../trace/trace.ts';
import type { Waker } from './waker.ts';

/** How publishing of one stream begins. */
export interface Publication {
  readonly stream: string;
  readonly epoch: string;
  /** First position to publish: the one behind the stream's tail. */
  readonly next: number;
  /** Up to here events are only put back into a stream that lost them; default 0. */
  readonly refillTo?: number;
}

/** One outbox row on its way. */
interface Row {
  readonly pos: string;
  readonly type: string;
  readonly event: string;
}

const IN_FLIGHT = 256;
const READ_FROM = IN_FLIGHT / 2;
const ACK_TIMEOUT_MS = 2_500;
/** After so long without anything to publish the stream is looked at: nobody else would notice that it is gone. */
const IDLE_MS = 1_000;

/**
 * Publishes sequenced rows in order, from `next` on, until `signal` aborts (then it resolves) or something is amiss.
 *
 * Every message says which sequence must precede it, so that one refusal makes all later ones refused and neither a
 * repetition nor a second relay can put anything in a wrong place: the caller only has to look at the stream's tail again.
 *
 * @param deps `confirmed` is called with the last position that the stream has, whenever it has moved, and how many milliseconds
 *   the confirming took; `idle` once in a
 *   while when everything is published, and what it throws ends the publishing
 * @throws Error at the first refused or unanswered message, or when the outbox has a hole.
 */
export async function publish(sql: Sql, connection: NatsConnection, publication: Publication, deps: { waker: Waker; confirmed: (last: number, milliseconds: number) => void; idle: (last: number) => Promise<void>; signal: AbortSignal }): Promise<void> {
  const { waker, confirmed, idle, signal } = deps;
  const client = jetstream(connection, { timeout: ACK_TIMEOUT_MS });
  let next = publication.next;
  let inFlight = 0;
  let full = false;
  let failure: Error | undefined;
  const settled = (error?: Error): void => {
    inFlight--;
    failure ??= error;
    if (failure !== undefined || (full && inFlight <= READ_FROM)) waker.wake();
  };
  while (!signal.aborted && failure === undefined) {
    full = inFlight > READ_FROM;
    if (full) {
      await waker.wait(IDLE_MS, signal);
      continue;
    }
    const rows = await read(sql, next, IN_FLIGHT - inFlight);
    for (const row of rows) {
      const pos = Number(row.pos);
      if (pos !== next) throw new Error(`the outbox has no position ${next} but ${pos}`);
      next++;
      inFlight++;
      const sent = performance.now();
      void traced(client, publication, pos, row).then(() => {
        confirmed(pos, performance.now() - sent);
        settled();
      }, settled);
    }
    if (rows.length > 0) continue;
    const since = performance.now();
    await waker.wait(IDLE_MS, signal);
    if (inFlight === 0 && performance.now() - since >= IDLE_MS && !signal.aborted) await idle(next - 1);
  }
  if (failure !== undefined) throw failure;
}

/** Sends within the trace of the change that the event tells of; what is only put back was traced in its time. */
function traced(client: JetStreamClient, publication: Publication, pos: number, row: Row): Promise<void> {
  if (!isTracing() || pos <= (publication.refillTo ?? 0)) return send(client, publication, pos, row);
  const { traceparent } = JSON.parse(row.event) as { readonly traceparent?: string };
  if (traceparent === undefined) return send(client, publication, pos, row);
  const attributes = { 'messaging.system': 'nats', 'messaging.operation.type': 'send', 'messaging.destination.name': publication.stream, 'hubgraph.position': pos };
  return inSpan(() => ({ name: `publish ${row.type}`, kind: 'producer', parent: traceparent, attributes }), () => send(client, publication, pos, row));
}

/** @throws what JetStream says, or when the event is not where it belongs. */
async function send(client: JetStreamClient, { stream, epoch }: Publication, pos: number, row: Row): Promise<void> {
  const ack = await client.publish(row.type, row.event, {
    msgID: messageId(epoch, pos),
    expect: { streamName: stream, lastSequence: pos - 1 },
    timeout: ACK_TIMEOUT_MS,
  });
  if (ack.seq !== pos) throw new Error(`position ${pos} was stored at ${ack.seq}`);
}

/** The text of jsonb depends on the value alone, so that a refilled stream has the same bytes. */
function read(sql: Sql, from: number, limit: number): Promise<Row[]> {
  return sql.query<Row>(`SELECT "pos", "type", "event"::text AS "event" FROM "outbox" WHERE "pos" >= $1 ORDER BY "pos" LIMIT $2`, [from, limit]);
}
