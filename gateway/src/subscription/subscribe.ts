import type { Identity } from '@hubgraph/kit/identity';
import type { Transport } from '../observe/reporter.ts';
import type { Prepared } from '../query/engine.ts';
import type { Frame } from './hydrate.ts';

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
