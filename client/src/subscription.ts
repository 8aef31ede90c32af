import type { Clock } from './clock.ts';
import { HubgraphError, refusal } from './errors.ts';
import type { Pace } from './pace.ts';
import { createQueue, type QueueBounds } from './queue.ts';
import type { Listener, Lost, Operation, Payload, Stream, Transport } from './transport/transport.ts';
import { GAPS, type EventValue, type Fault, type GapValue, type SubscriptionValue } from './values.ts';

/** A subscription as an iterator; it may be iterated once. */
export interface Subscription<Data> extends AsyncIterableIterator<SubscriptionValue<Data>, undefined, undefined> {
  /**
   * Where whoever has handled what was handed out so far may resume (`after`), in this process or another; undefined before
   * there is a place.
   */
  readonly cursor: string | undefined;
  /** Ends the subscription and gives up what was not handed out. Safe to call twice. */
  return(): Promise<IteratorReturnResult<undefined>>;
}

/** How a subscription begins and what it does when events are missing. */
export interface SubscribeOptions {
  /** Begins behind this cursor: of an event, of a mutation's payload, or {@link Subscription.cursor} of an earlier one. */
  readonly after?: string;
  /** Sets the variable `$snapshot` of the document: first the present entities, then what changes. */
  readonly snapshot?: boolean;
  /** Ends the iteration as `return()` does. */
  readonly signal?: AbortSignal;
  /**
   * After a gap was handed out: go on with the first event that there is (`continue`, the default), or end (`stop`), for
   * applications that read the present state anew before they subscribe again.
   */
  readonly onGap?: 'continue' | 'stop';
}

/** What a subscription works with. */
export interface SubscriptionDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Of the connections, which streams share. */
  readonly pace: Pace;
  /** Of this subscription alone: its own failures, such as being too slow. */
  readonly ownPace: Pace;
  readonly bounds: QueueBounds;
}

/** Codes of the gateway that the same request may overcome later. */
const LATER: ReadonlySet<string> = new Set(['TOO_SLOW', 'RATE_LIMITED', 'HUB_UNAVAILABLE', 'TIMEOUT', 'INTERNAL']);
/** So often in a row a new token may be refused, before any sign that one is good. */
const MOST_REFUSALS = 2;
/** Milliseconds after which a token that the gateway ends was a good one. */
const TOKEN_PROVEN = 5_000;

/**
 * Keeps one subscription going: opens streams one after the other, each behind the last event that the one before brought
 * into the queue, so that whatever breaks off, every event is handed out once and in order. A queue that is full ends the
 * stream; it goes on when the consumer has taken half of it. `closing` ends it with its client.
 */
export function createSubscription<Data>(operation: Operation, options: SubscribeOptions, closing: AbortSignal, { transport, clock, pace, ownPace, bounds }: SubscriptionDeps): Subscription<Data> {
  const { snapshot = false, onGap = 'continue', signal } = options;
  const signals = signal ? [signal, closing] : [closing];
  const queue = createQueue<SubscriptionValue<Data>>(bounds, () => roomy());
  let phase: 'idle' | 'streaming' | 'waiting' | 'paused' | 'ended' = 'idle';
  let stream: Stream | undefined;
  let cancelWait: (() => void) | undefined;
  /** Behind the last value in the queue. */
  let place = options.after;
  /** Behind the last value handed out. */
  let handedOut = options.after;
  let isInterrupted = false;
  /** Whether {@link place} lies within a snapshot, which then begins anew. */
  let isPartial = snapshot && place === undefined;
  let inSnapshot = false;
  let tokenRefusals = 0;

  const put = (value: SubscriptionValue<Data>, characters = 0): void => queue.put({ value, place, characters });

  const open = (): void => {
    cancelWait = undefined;
    if (phase === 'ended') return;
    if (queue.isFull) {
      phase = 'paused';
      return;
    }
    const wait = pace.wait();
    if (wait > 0) return later(wait);
    phase = 'streaming';
    inSnapshot = false;
    const attempt = ownPace.begin();
    // what an earlier stream still says is not for this one
    const mine = (act: () => void): void => {
      if (stream === opened) act();
    };
    const listener: Listener = {
      event: (payload, characters) => mine(() => event(payload, characters)),
      place: (cursor, current) => mine(() => placed(cursor, current)),
      refused: (errors) => mine(() => refused(errors, () => ownPace.failed(attempt, retryAfterOf(errors)))),
      lost: (why) => mine(() => {
        if (clock.now() - attempt.at > TOKEN_PROVEN) tokenRefusals = 0;
        lost(why);
      }),
    };
    const opened = (stream = transport.open(operation, place, listener));
  };

  const later = (milliseconds: number): void => {
    phase = 'waiting';
    cancelWait = clock.after(milliseconds, open);
  };
  const again = (): void => later(Math.max(pace.wait(), ownPace.wait()));
  const roomy = (): void => {
    if (phase === 'paused') open();
  };

  const event = (payload: Payload, characters: number): void => {
    const { data, errors = [], extensions = {} } = payload;
    const { cursor } = extensions;
    if (data === undefined) {
      close();
      return refused(errors, () => undefined);
    }
    if (typeof cursor !== 'string') return fail(new HubgraphError('BAD_RESPONSE', 'An event came without a cursor.', errors));
    tokenRefusals = 0;
    place = cursor;
    isPartial = extensions.snapshot === true;
    const mark = isPartial ? (inSnapshot ? 'more' : 'first') : undefined;
    inSnapshot ||= isPartial;
    const replayed = replayedOf(data);
    const value: EventValue<Data> = {
      kind: 'event', data: data as Data | null, cursor,
      ...(errors.length > 0 && { errors }), ...(replayed !== undefined && { replayed }), ...(mark && { snapshot: mark }),
    };
    isInterrupted = false;
    put(value, characters);
    if (!queue.isFull) return;
    close();
    phase = 'paused';
  };

  const placed = (cursor: string, current: boolean): void => {
    tokenRefusals = 0;
    // in the middle of a snapshot only its own cursors, or its end, are a place
    if (isPartial && !current) return;
    place = cursor;
    isPartial = false;
    if (current) {
      isInterrupted = false;
      put({ kind: 'ready', cursor });
    } else if (!queue.move(cursor)) {
      handedOut = cursor;
    }
  };

  const interrupt = (reason: string, message: string): void => {
    if (!isInterrupted) put({ kind: 'interrupted', reason, message });
    isInterrupted = true;
  };

  const lost = ({ reason, message }: Lost): void => {
    stream = undefined;
    if (reason === 'UNAUTHENTICATED' && ++tokenRefusals >= MOST_REFUSALS) return fail(new HubgraphError(reason, message));
    if (reason !== 'RENEWING') interrupt(reason, message);
    again();
  };

  const refused = (errors: readonly Fault[], count: () => void): void => {
    stream = undefined;
    const [{ message = '', extensions: { code = '', cursor, ...facts } = {} } = {}] = errors as Fault[];
    if (typeof cursor === 'string' && !isPartial) place = cursor;
    count();
    if (GAPS.has(code)) return gap(code as GapValue['reason'], message, facts);
    // whoever gets a cursor with the error may go on, whatever the reason
    if (!LATER.has(code) && typeof cursor !== 'string') return fail(refusal(errors));
    interrupt(code, message);
    again();
  };

  const gap = (reason: GapValue['reason'], message: string, facts: Readonly<Record<string, unknown>>): void => {
    const { hub, missed, firstAvailable } = facts as Pick<GapValue, 'hub' | 'missed' | 'firstAvailable'>;
    const next = onGap === 'stop' ? 'end' : firstAvailable === undefined ? 'present' : 'firstAvailable';
    if (next !== 'end') {
      place = firstAvailable;
      isPartial = snapshot && place === undefined;
    }
    put({ kind: 'gap', reason, message, ...(hub !== undefined && { hub }), ...(missed !== undefined && { missed }), ...(firstAvailable !== undefined && { firstAvailable }), next });
    if (next === 'end') finish();
    else again();
  };

  const close = (): void => {
    const ending = stream;
    stream = undefined;
    ending?.close();
  };
  /** Nothing more is put in; what is there is still handed out. */
  const finish = (error?: Error): void => {
    if (phase === 'ended') return;
    phase = 'ended';
    cancelWait?.();
    close();
    for (const from of signals) from.removeEventListener('abort', giveUp);
    queue.end(error);
  };
  const fail = (error: Error): void => finish(error);
  const giveUp = (): void => {
    queue.clear();
    finish();
  };
  for (const from of signals) {
    from.addEventListener('abort', giveUp, { once: true });
    if (from.aborted) giveUp();
  }

  return {
    get cursor() { return handedOut; },
    async next() {
      if (phase === 'idle') open();
      const taken = await queue.take();
      if (!taken) return { done: true, value: undefined };
      handedOut = taken.place;
      return { done: false, value: taken.value };
    },
    async return() {
      giveUp();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** In milliseconds. */
function retryAfterOf([first]: readonly Fault[]): number {
  const { retryAfter } = first?.extensions ?? {};
  return typeof retryAfter === 'number' ? retryAfter : 0;
}

/** What the only root field says of itself, when it was asked. */
function replayedOf(data: unknown): boolean | undefined {
  const [event] = Object.values(data ?? {}) as ({ readonly replayed?: unknown } | null)[];
  return typeof event?.replayed === 'boolean' ? event.replayed : undefined;
}
