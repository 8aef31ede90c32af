import type { PublicError } from '@hubgraph/kit/errors';
import type { Identity } from '@hubgraph/kit/identity';
import type { EndReason, Transport } from '../observe/reporter.ts';
import type { Prepared } from '../query/engine.ts';
import type { Frame } from './hydrate.ts';
import type { SubscriptionState, SubscriptionView } from './view.ts';

/** One subscribe message. */
export interface Subscribe {
  readonly prepared: Prepared;
  /** As the client gave them. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** The root field's arguments, coerced. */
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly identity: Identity;
  /** A cursor that came beside the operation; it is younger than an `after` inside of it. */
  readonly cursor?: string;
  /** How reports name the subscription. */
  readonly socket: string;
  readonly id: string;
  /** Of the request that subscribed. */
  readonly traceparent?: string;
}

/** What decides how events are answered. */
export type Served = Pick<Subscribe, 'prepared' | 'variables' | 'arguments' | 'identity'>;

/** Where frames go. */
export interface Sink {
  readonly transport: Transport;
  /**
   * Whether the client can take a frame at this moment; true once it is gone, too. Absent where that cannot be told without
   * waiting: such a client does not share the frames of its group in one go.
   */
  readonly open?: boolean;
  /** Resolves to true once the client can take a frame, to false when it has been too slow for too long. */
  ready(): Promise<boolean>;
  /** `more`: others follow at once, so that they may go to the network together. */
  write(frame: Frame, more?: boolean): void;
  /** All up to `cursor` was written: the client has caught up, and with its snapshot if it wanted one. At most once; must not wait. */
  current?(cursor: string): void;
}

/** One client's subscription. */
export interface Subscriber {
  /**
   * Sends events until {@link end}. Rejects with a PublicError when it cannot go on; the reason's `cursor` fact says
   * where the client may resume.
   */
  run(): Promise<void>;
  /** Ends {@link run}. */
  end(reason: EndReason): void;
  /** Makes {@link run} reject with what `make` makes of {@link cursor}. Nothing is written after it. */
  fail(make: (cursor: string | undefined) => PublicError): void;
  /** How it is served at present. */
  readonly served: Served;
  /**
   * Goes on, without losing or doubling anything, for another identity of the same subject or by another preparation of the
   * same operation, also where it has more event types. Events that wait and were admitted before are asked about again;
   * cursors are bound anew.
   *
   * @returns false when it cannot go on in place: there are more event types and it is in a snapshot
   * @throws PublicError `FORBIDDEN` when the identity may see none of its events; it goes on as before then
   */
  serve(prepared: Prepared, identity: Identity): boolean;
  /** Resuming from here misses nothing and repeats nothing that was written; undefined before there is a place. */
  cursor(): string | undefined;
  readonly socket: string;
  readonly id: string;
  readonly field: string;
  readonly state: SubscriptionState;
  readonly delivered: number;
  /** Equal for those who share their executions. */
  readonly classKey: string;
  /** How it stands at this moment. */
  view(): SubscriptionView;
}
