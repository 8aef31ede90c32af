import type { Prepared } from '../query/engine.ts';

/** How a client is connected. */
export type Transport = 'ws' | 'sse' | 'multipart';

/** One call to a hub within a request. */
export interface CallMade {
  readonly hub: string;
  readonly milliseconds: number;
  /** `ok`, or the code of the first error. */
  readonly outcome: string;
}

/** Why a subscription ended: the client said so, the socket went, the gateway stops, or a top-level error code. */
export type EndReason = 'complete' | 'socket' | 'stop' | (string & {});

/** Everything that the gateway tells about itself: names with their facts. */
export interface Reports {
  /** An HTTP request was answered; streams when they end. `route` is the pattern of the path. */
  readonly 'http.answered': { readonly method: string; readonly route: string; readonly status: number; readonly milliseconds: number };
  /** An operation was looked up or made ready to run; `code` says why it was refused. */
  readonly 'operation.prepared': { readonly known: boolean; readonly milliseconds: number; readonly code: string | undefined };
  /** A query or mutation runs. */
  readonly 'operation.begun': { readonly kind: Prepared['kind'] };
  /** It is answered; `code` is `ok` or that of the first error. */
  readonly 'operation.ended': { readonly prepared: Prepared; readonly requestId: string; readonly milliseconds: number; readonly code: string; readonly calls: readonly CallMade[] };
  /** A hub is asked, for a request or for events. */
  readonly 'hub.asked': { readonly hub: string };
  /** It has answered, or not. */
  readonly 'hub.answered': CallMade & { readonly kind: Prepared['kind'] };
  /** One event was written to so many clients; `lag` is the time since its change in milliseconds, unless it comes from the past. */
  readonly 'frames.written': { readonly hub: string; readonly transport: Transport; readonly clients: number; readonly lag: number | undefined };
  /** Older events were read for a subscription that is behind what is in memory. */
  readonly 'stream.caughtUp': { readonly hub: string; readonly events: number };
  /** The live end of a stream cannot be read for now. */
  readonly 'stream.interrupted': { readonly hub: string; readonly reason: string };
  /** A subscription was refused before it began, or an operation of a connection. */
  readonly 'subscription.refused': { readonly transport: Transport; readonly code: string };
  /** A connection was refused with this status. */
  readonly 'connection.refused': { readonly status: number };
  /** A client wanted to go on with another token; `outcome` is `renewed` or why not. */
  readonly 'token.renewed': { readonly outcome: string };
  /** A connection's token came to its end. */
  readonly 'token.ended': { readonly why: 'expired' | 'revoked' };
  /** Somebody is trusted no longer. */
  readonly 'revocation.heard': { readonly kind: string };
  /** The log of one stream is followed from `tail` on; again after every reset. */
  readonly 'stream.following': { readonly hub: string; readonly epoch: string; readonly tail: number };
  /** The stream began anew or lost events that were not read: its subscriptions have ended. */
  readonly 'stream.reset': { readonly hub: string };
  /** An event was offered to the `seats` subscriptions that match it. */
  readonly 'event.dispatched': { readonly hub: string; readonly pos: number; readonly type: string; readonly seats: number };
  /** One execution of one class for one event has ended. */
  readonly 'event.hydrated': { readonly hub: string; readonly type: string; readonly milliseconds: number };
  /** Another supergraph is served; so many subscriptions went on and so many ended. */
  readonly 'supergraph.entered': { readonly digest: string; readonly kept: number; readonly ended: number };
  /** A changed file cannot be served; the former supergraph is served on. */
  readonly 'supergraph.refused': { readonly digest: string; readonly reason: string };
  readonly 'socket.opened': { readonly socket: string };
  /** `connection_init` was accepted. */
  readonly 'socket.acknowledged': { readonly socket: string; readonly sub: string };
  readonly 'socket.closed': { readonly socket: string; readonly code: number };
  /** A response over HTTP stays open for operations; `socket` names it in other reports. */
  readonly 'response.opened': { readonly socket: string; readonly transport: 'sse' | 'multipart'; readonly sub: string | undefined };
  readonly 'response.closed': { readonly socket: string; readonly transport: 'sse' | 'multipart' };
  /** A subscription waits for a stream that was never seen yet, such as in an outage of NATS. */
  readonly 'subscription.waiting': { readonly socket: string; readonly id: string; readonly field: string; readonly hub: string };
  /** Really subscribed: whatever is recorded from now on reaches the client. Once per subscription. */
  readonly 'subscription.ready': { readonly socket: string; readonly id: string; readonly field: string; readonly resumed: boolean };
  /** The client's queue was full: it reads from the log until it is current again. */
  readonly 'subscription.behind': { readonly socket: string; readonly id: string; readonly hub: string; readonly pos: number };
  /** All entities of the snapshot that was asked for are on their way to the client. */
  readonly 'subscription.complete': { readonly socket: string; readonly id: string; readonly field: string };
  /** After {@link Reports."subscription.behind"} or a resume: at the tail of this hub's stream. */
  readonly 'subscription.current': { readonly socket: string; readonly id: string; readonly hub: string; readonly pos: number };
  /** 1 MiB (or as configured) waits on the socket, so nothing more is written to it for now. */
  readonly 'socket.blocked': { readonly socket: string; readonly bytes: number };
  readonly 'subscription.ended': { readonly socket: string; readonly id: string; readonly field: string; readonly reason: EndReason };
}

/** Hears what the gateway reports. Metrics are one, the waiting reporter of the tests is another. Must not throw. */
export interface Reporter {
  report<Name extends keyof Reports>(name: Name, facts: Reports[Name]): void;
}

/** One that tells all of them, in this order. */
export function reporters(...all: readonly Reporter[]): Reporter {
  return {
    report(name, facts) {
      for (const one of all) one.report(name, facts);
    },
  };
}

/** Hears nothing. */
export const silentReporter: Reporter = { report() {} };
