import { AckPolicy, DeliverPolicy, ReplayPolicy, type ConsumerConfig } from '@nats-io/jetstream';
import { createInbox, nanos, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Bus } from './bus.ts';
import { infoOf, insist, isStreamMissing, managerOf } from './jetstream.ts';
import { EPOCH_KEY, epochOf, messageOf, REFILL_KEY, sequenceIn, type StreamMessage } from './message.ts';

/** What a stream looks like at the moment it is opened. */
export interface StreamView {
  readonly epoch: string;
  /** First sequence that can be read; `last` + 1 when the stream is empty. */
  readonly first: number;
  readonly last: number;
  /** Up to here it only repeats what it held before it was lost. */
  readonly refillTo: number;
}

/** Why nothing is read from a stream that NATS does not have. */
export const missingReason = (stream: string): string => `stream ${stream} does not exist`;

/** Who gets what the tap reads. */
export interface TapTarget {
  /** Looks at the stream before every consumer; answers the sequence to go on from. */
  opened(view: StreamView): number;
  /** Messages, without hole or repetition, from the sequence that `opened` answered. */
  message(message: StreamMessage): void;
  /** The stream has a hole: the next message is `next`, and those before it will never come. */
  hole(next: number): void;
  /** Nothing is being read now, and why; `opened` ends it. */
  interrupted(reason: string): void;
}

const HEARTBEAT_MS = 500;
const SILENCE_MS = 3 * HEARTBEAT_MS;
const RETRY_MS = 100;
const MAX_RETRY_MS = 500;

/**
 * Reads a stream's live end for as long as it is open: one ordered push consumer, and our own watchdog over it, because
 * the library's ordered consumer was seen to hang. A new consumer is made, from the next sequence on, after three
 * missed heartbeats, a reconnect, a deleted consumer or stream, or a message out of sequence.
 */
export function openTap(options: { bus: Bus; stream: string; target: TapTarget; log: Logger }): { close(): Promise<void> } {
  const { bus, stream, target, log } = options;
  const closing = new AbortController();
  const { signal } = closing;

  const run = async (): Promise<void> => {
    let retry = RETRY_MS;
    while (!signal.aborted) {
      let reason: string;
      try {
        const connection = await bus.connected(signal);
        const view = await viewOf(connection, stream);
        const next = target.opened(view);
        const ended = await consume({ bus, connection, stream, target, signal, epoch: view.epoch, next });
        if (ended.progress) retry = RETRY_MS;
        reason = ended.reason;
      } catch (error) {
        reason = isStreamMissing(error) ? missingReason(stream) : (error as Error).message;
      }
      if (signal.aborted) break;
      target.interrupted(reason);
      log.debug({ stream, reason }, 'reading anew');
      // a loss of the connection is waited out by `connected`; only what repeats at once needs to be slowed down
      await delay(retry, undefined, { signal }).catch(() => undefined);
      retry = Math.min(retry * 2, MAX_RETRY_MS);
    }
  };
  const running = run();
  return {
    async close() {
      closing.abort(new Error('the tap is closed'));
      await running;
    },
  };
}

/** Looks at a stream. @throws what {@link isStreamMissing} knows when there is none, Error when it is not a hub's. */
export async function viewOf(connection: NatsConnection, stream: string): Promise<StreamView> {
  const { config, state } = await infoOf(connection, stream);
  const epoch = config.metadata?.[EPOCH_KEY];
  if (epoch === undefined) throw new Error(`stream ${stream} has no epoch: it is not a hub's`);
  return { epoch, first: state.first_seq, last: state.last_seq, refillTo: Number(config.metadata?.[REFILL_KEY] ?? 0) };
}

interface Consumption {
  readonly bus: Bus;
  readonly connection: NatsConnection;
  readonly stream: string;
  readonly target: TapTarget;
  readonly signal: AbortSignal;
  readonly epoch: string;
  readonly next: number;
}

/** One generation: reads until something is amiss and says what; nothing of it is delivered afterwards. */
async function consume(options: Consumption): Promise<{ reason: string; progress: boolean }> {
  const { bus, connection, stream, target, signal, epoch } = options;
  const manager = await managerOf(connection);
  const { promise: over, resolve: end } = Promise.withResolvers<string>();
  const name = `tap_${createInbox().replaceAll('.', '_')}`;
  let next = options.next;
  let heard = performance.now();
  let ended = false;
  const stop = (reason: string): void => {
    ended = true;
    end(reason);
  };

  const receive = (error: Error | null, message: Msg): void => {
    if (ended) return;
    if (error) return stop(error.message);
    heard = performance.now();
    if (message.headers?.code === 100) return control(message);
    const seq = sequenceIn(message.reply);
    // the server begins at the end it has while the stream is being refilled
    if (seq < next) return;
    if (seq > next) {
      // a fresh consumer was asked for `next` and has nothing before `seq`: it is gone from the stream
      if (next > options.next) return stop(`message ${seq} came in place of ${next}`);
      target.hole(seq);
    }
    const written = epochOf(message.headers, seq);
    if (written !== undefined && written !== epoch) return stop(`message ${seq} is of another epoch`);
    target.message(written === undefined ? { seq, event: undefined, raw: message.data } : messageOf(seq, message.data));
    next = seq + 1;
  };
  const control = (message: Msg): void => {
    // flow control asks for an answer; a heartbeat names the question when the answer was lost
    const question = message.reply || message.headers?.get('Nats-Consumer-Stalled');
    if (question) connection.publish(question);
    const delivered = Number(message.headers?.get('Nats-Last-Stream') || 0);
    if (delivered >= next) stop(`messages up to ${delivered} were delivered and did not arrive`);
  };

  const inbox = createInbox();
  const subscriptions = [
    connection.subscribe(inbox, { callback: receive }),
    connection.subscribe(`$JS.EVENT.ADVISORY.CONSUMER.DELETED.${stream}.${name}`, { callback: () => stop('the consumer was deleted') }),
  ];
  const unlisten = bus.onChange((up) => stop(up ? 'reconnected' : 'the connection was lost'));
  const aborted = (): void => stop('closed');
  signal.addEventListener('abort', aborted);
  const watchdog = setInterval(() => {
    if (performance.now() - heard > SILENCE_MS) stop('heartbeats are missing');
  }, HEARTBEAT_MS / 2);
  try {
    if (signal.aborted) stop('closed');
    const config = consumerConfig(name, inbox, options.next);
    await Promise.race([over, insist(async () => {
      if (!ended) await manager.consumers.add(stream, config);
    })]);
    const reason = await over;
    return { reason, progress: next > options.next };
  } finally {
    ended = true;
    clearInterval(watchdog);
    signal.removeEventListener('abort', aborted);
    unlisten();
    for (const subscription of subscriptions) subscription.unsubscribe();
    if (bus.connection() === connection) {
      const deleted = manager.consumers.delete(stream, name).catch(() => undefined);
      // for one whose server is gone there is no answer, and reading on must not wait for that
      if (signal.aborted) await deleted;
    }
  }
}

function consumerConfig(name: string, inbox: string, next: number): Partial<ConsumerConfig> {
  return {
    name,
    deliver_subject: inbox,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: next,
    ack_policy: AckPolicy.None,
    replay_policy: ReplayPolicy.Instant,
    max_deliver: 1,
    flow_control: true,
    idle_heartbeat: nanos(HEARTBEAT_MS),
    // the server removes it by itself soon after nobody listens any more
    inactive_threshold: nanos(5_000),
    mem_storage: true,
    num_replicas: 1,
  };
}
