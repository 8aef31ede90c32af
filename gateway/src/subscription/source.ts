import type { StreamEvent, StreamMessage } from '@hubgraph/kit/bus/message';
import { CursorExpired, StreamReset } from '@hubgraph/kit/bus/outcomes';
import type { LogStats, StreamLog } from '@hubgraph/kit/bus/stream-log';
import type { PartHealth } from '@hubgraph/kit/hub';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Reporter } from '../observe/reporter.ts';
import { receivingSpan } from './event-trace.ts';
import type { Topics } from './topics.ts';

/** One event at its place in its hub's stream; the same object for every reader as long as the ring holds it. */
export type Entry = StreamEvent;

/** A place in one stream: its generation and the last event seen. */
export type Position = readonly [epoch: string, pos: number];

/** Before the first event, of whatever generation: the place in a stream that nobody has seen yet. */
export const NOWHERE: Position = ['00000000-0000-0000-0000-000000000000', 0];

/** Places by hub. */
export type Positions = Readonly<Record<string, Position>>;

/** The stream of one hub, as the subscriptions see it. */
export interface Source {
  readonly hub: string;
  /** The last event that was handed to the topics; undefined until the stream was first seen. */
  readonly tail: Position | undefined;
  /** Waits for {@link tail}. Rejects only when `signal` aborts. */
  seen(signal: AbortSignal): Promise<Position>;
  /**
   * The events behind `after`, in order, without holes, for a reader that is not at the tail; outages are waited out.
   *
   * @throws CursorExpired, StreamReset or CursorAhead when that cannot be had.
   */
  read(after: Position, signal: AbortSignal): AsyncIterable<Entry>;
  /** What stands at this place, while it is in memory; without `event` it is none of ours. */
  at(seq: number): StreamMessage | undefined;
  /** Calls `listener` when the stream breaks off for those at the tail, which is still known then; answers how to end that. */
  onBreak(listener: (error: Error) => void): () => void;
  health(): PartHealth;
  stats(): LogStats;
  /** Ends the reading and closes the log. */
  stop(): Promise<void>;
}

/** What a source reads and whom it tells. */
export interface SourceOptions {
  readonly hub: string;
  readonly log: StreamLog;
  readonly topics: Topics;
  /** Where readers of these hubs stand, each at its source's tail. */
  readonly positionsOf: (hubs: readonly string[]) => Positions;
  readonly reporter: Reporter;
  readonly logger: Logger;
}

const RETRY_MS = 200;

/** Follows one stream from its present end on and hands every event to the topics: one reader for all clients at the tail. */
export function openSource({ hub, log, topics, positionsOf, reporter, logger }: SourceOptions): Source {
  const stopping = new AbortController();
  const { signal } = stopping;
  const breaks = new Set<(error: Error) => void>();
  let tail: Position | undefined;
  let first = Promise.withResolvers<Position>();
  first.promise.catch(() => undefined);

  const follow = async (): Promise<void> => {
    const { epoch, last } = await log.opened(signal);
    tail = [epoch, last];
    reporter.report('stream.following', { hub, epoch, tail: last });
    first.resolve(tail);
    for await (const entry of log.read(last, signal, epoch)) {
      // the tail moves first: a cursor made for this event must include it
      tail = [epoch, entry.seq];
      const span = receivingSpan(hub, entry);
      const seats = topics.dispatch(hub, entry, positionsOf);
      span?.set({ 'hubgraph.seats': seats });
      span?.end();
      reporter.report('event.dispatched', { hub, pos: entry.seq, type: entry.event.type, seats });
    }
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        await follow();
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof StreamReset || error instanceof CursorExpired) {
          logger.error({ hub, err: error }, 'the stream broke off; its subscriptions end');
          reporter.report('stream.reset', { hub });
        } else {
          logger.error({ hub, err: error }, 'reading the stream failed; its subscriptions end');
        }
        for (const listener of [...breaks]) listener(error as Error);
        tail = undefined;
        first = Promise.withResolvers<Position>();
        first.promise.catch(() => undefined);
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    first.reject(signal.reason);
  };
  const running = run();

  return {
    hub,
    get tail() { return tail; },
    async seen(waiting) {
      if (tail) return tail;
      waiting.throwIfAborted();
      const gone = Promise.withResolvers<never>();
      const give = (): void => gone.reject(waiting.reason);
      waiting.addEventListener('abort', give, { once: true });
      try {
        return await Promise.race([first.promise, gone.promise]);
      } finally {
        waiting.removeEventListener('abort', give);
      }
    },
    at: (seq) => log.at(seq),
    stats: () => log.stats(),
    read: ([epoch, pos], reading) => log.read(pos, reading, epoch),
    onBreak(listener) {
      breaks.add(listener);
      return () => void breaks.delete(listener);
    },
    health() {
      const trouble = log.trouble() ?? (tail ? undefined : 'the stream was not seen yet');
      return { part: `gateway.events.${hub}`, ready: trouble === undefined, reason: trouble };
    },
    async stop() {
      stopping.abort(new Error('the gateway stops'));
      await log.close();
      await running;
    },
  };
}
