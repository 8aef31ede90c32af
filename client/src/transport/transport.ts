import type { Clock } from '../clock.ts';
import type { Endpoints } from '../endpoints.ts';
import type { Attempt, Pace } from '../pace.ts';
import type { Tokens } from '../token.ts';
import type { Fault } from '../values.ts';

/** What is asked, ready to be sent. */
export interface Operation {
  readonly query: string;
  readonly operationName?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** One answer of the gateway; `data` is left out when the operation was refused or ended. */
export interface Payload {
  readonly data?: unknown;
  readonly errors?: readonly Fault[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** Why a stream broke off although nothing is wrong with its operation. */
export interface Lost {
  readonly reason: 'CONNECTION_LOST' | 'CONNECTION_FAILED' | 'GOING_AWAY' | 'TOKEN_UNAVAILABLE' | 'UNAUTHENTICATED' | 'RENEWING';
  readonly message: string;
}

/** Hears of one stream. After `refused`, `lost`, or {@link Stream.close} nothing more is said. */
export interface Listener {
  /** One answer; `characters` measures what it takes to keep it. */
  event(payload: Payload, characters: number): void;
  /** Resuming from `cursor` misses nothing and repeats nothing; `current` when the stream has caught up with what happens. */
  place(cursor: string, current: boolean): void;
  /** The gateway's answer to this operation, or its end: there is no data to come. */
  refused(errors: readonly Fault[]): void;
  /** The transport has told its {@link Pace} already. */
  lost(why: Lost): void;
}

/** A stream under way. */
export interface Stream {
  /** Ends it; the listener hears nothing of that. Safe to call twice. */
  close(): void;
}

/** Carries subscriptions. */
export interface Transport {
  /** Begins a stream, behind `cursor` if there is one. The listener is not called before this has returned. */
  open(operation: Operation, cursor: string | undefined, listener: Listener): Stream;
  /** Ends all connections; the listeners of what is open hear nothing of that. */
  close(): void;
}

/** What became of a connection. */
export interface Report {
  readonly kind: 'connecting' | 'connected' | 'renewed' | 'lost';
  readonly transport: 'ws' | 'sse';
  readonly url: string;
  /** Of `lost`. */
  readonly reason?: Lost['reason'];
  readonly message?: string;
}

/** What every transport works with. */
export interface TransportDeps {
  readonly endpoints: Endpoints;
  readonly tokens: Tokens;
  readonly pace: Pace;
  readonly clock: Clock;
  /** Milliseconds without a sign of life after which a gateway is asked for one, and then given up. */
  readonly silence: number;
  readonly observe: (report: Report) => void;
}

/** Where and since when one connection is. */
export interface Connection {
  readonly url: string;
  readonly attempt: Attempt;
}

/** Milliseconds until the next question when the application could not give a new token. */
export const ASK_AGAIN = 2_000;
/** Milliseconds to connect and be welcomed. */
export const WELCOME = 10_000;

/** Counts the loss of a connection, and goes to another gateway where the present one is the cause. */
export function countLoss({ endpoints, pace, observe }: TransportDeps, transport: 'ws' | 'sse', { url, attempt }: Connection, { reason, message }: Lost, retryAfter = 0): void {
  const isItsFault = reason === 'CONNECTION_LOST' || reason === 'CONNECTION_FAILED' || reason === 'GOING_AWAY';
  if (isItsFault) endpoints.failed(url);
  // another gateway did not ask to wait
  pace.failed(attempt, isItsFault && endpoints.count > 1 ? 0 : retryAfter);
  observe({ kind: 'lost', transport, url, reason, message });
}
