/** One error of a GraphQL answer, as the gateway sends it. */
export interface Fault {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly locations?: readonly { readonly line: number; readonly column: number }[];
  /** `code` is one of those in the gateway's docs/errors.md; the other members depend on it. */
  readonly extensions?: Readonly<Record<string, unknown>> & { readonly code?: string };
}

/** Something happened, or is: one answer to the subscription's document. */
export interface EventValue<Data> {
  readonly kind: 'event';
  /** As selected; null when a fault reached the root, such as an entity that is gone. `errors` says which. */
  readonly data: Data | null;
  /** What of the selection could not be had. The subscription goes on. */
  readonly errors?: readonly Fault[];
  /** Resuming from here (`after`) begins behind this event. */
  readonly cursor: string;
  /** Recorded before the subscription began; only known when the document selects `replayed`. */
  readonly replayed?: boolean;
  /**
   * Set on the present entities that come before the first event with `snapshot: true`. `first` begins a snapshot: all
   * that an earlier one said is replaced by it.
   */
  readonly snapshot?: 'first' | 'more';
}

/** Events are missing here, and this is all that is known of them. */
export interface GapValue {
  readonly kind: 'gap';
  /**
   * - `CURSOR_EXPIRED`: the events behind the cursor are no longer kept.
   * - `CURSOR_INVALID`: the cursor belongs to another graph, filter or set of rights.
   * - `STREAM_RESET`: a hub's stream began anew.
   */
  readonly reason: 'CURSOR_EXPIRED' | 'CURSOR_INVALID' | 'STREAM_RESET';
  readonly message: string;
  /** The hub whose events are missing, where only one's are. */
  readonly hub?: string;
  /** How many events of that hub are missing (before any filter), where it is known. */
  readonly missed?: number;
  /** A cursor that goes on with the first event that is still kept. */
  readonly firstAvailable?: string;
  /**
   * What the subscription does now: goes on with the first event that is still kept; begins anew at the present (with its
   * snapshot, where it has one; what happened meanwhile in other hubs is missing too); or ends.
   */
  readonly next: 'firstAvailable' | 'present' | 'end';
}

/** Nothing comes for a while; the client tries to go on and loses nothing. Told once for each interruption. */
export interface InterruptedValue {
  readonly kind: 'interrupted';
  /** Code of the gateway's error, or `CONNECTION_LOST`, `CONNECTION_FAILED`, `GOING_AWAY`, `TOKEN_UNAVAILABLE`. */
  readonly reason: string;
  readonly message: string;
}

/**
 * All that was recorded up to `cursor` has been handed out (with `snapshot: true`: the snapshot is complete). From here on
 * nothing is missed without a {@link GapValue}. Told after the start and after each interruption.
 */
export interface ReadyValue {
  readonly kind: 'ready';
  readonly cursor: string;
}

/** What a subscription hands out, in the order in which it is true. */
export type SubscriptionValue<Data> = EventValue<Data> | GapValue | InterruptedValue | ReadyValue;

/** Reasons of a {@link GapValue}. */
export const GAPS: ReadonlySet<string> = new Set<GapValue['reason']>(['CURSOR_EXPIRED', 'CURSOR_INVALID', 'STREAM_RESET']);
