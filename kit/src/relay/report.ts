/** What happens to a relay, as it happens: for tests, metrics and `/health/ready`. */
export type RelayReport =
  /** Another process holds the lock; this one waits to take over. */
  | { readonly kind: 'standby' }
  | { readonly kind: 'leading' }
  /** The database or the lock is lost; whatever was under way has stopped. */
  | { readonly kind: 'lost'; readonly reason: string }
  /** Positions up to `last` are given. */
  | { readonly kind: 'sequenced'; readonly last: number; readonly count: number }
  /** Publishing begins at `next`; the stream was made or lost its tail when `refillTo` is not below it. */
  | { readonly kind: 'opened'; readonly epoch: string; readonly next: number; readonly refillTo: number }
  /** The stream has confirmed everything up to `last`, whose confirmation took so long. */
  | { readonly kind: 'published'; readonly last: number; readonly milliseconds: number }
  /** Publishing stopped and will be tried again from the stream's tail. */
  | { readonly kind: 'interrupted'; readonly reason: string }
  /** Stream and database contradict each other; nothing is published until an operator has decided. */
  | { readonly kind: 'alarm'; readonly reason: string }
  /** Rows that left the outbox because the stream has let them go long ago. */
  | { readonly kind: 'pruned'; readonly count: number };

export type Reporter = (report: RelayReport) => void;

/** Where a relay stands now. */
export interface RelayStatus {
  readonly role: 'starting' | 'standby' | 'leading' | 'stopped';
  /** Last position given by this process while it led. */
  readonly sequenced: number;
  /** Last position that the stream confirmed to this process. */
  readonly published: number;
  /** Events that have a position and are not in the stream yet, as this process knows. */
  readonly lag: number;
  /** Why nothing is published, when something is wrong. */
  readonly trouble?: string;
  readonly alarm?: string;
}

/** Before anything has happened. */
export const STARTING: RelayStatus = { role: 'starting', sequenced: 0, published: 0, lag: 0 };

/** The status after one more report. */
export function advance(status: RelayStatus, event: RelayReport): RelayStatus {
  const next = moved(status, event);
  return { ...next, lag: Math.max(0, next.sequenced - next.published) };
}

function moved(status: RelayStatus, event: RelayReport): RelayStatus {
  switch (event.kind) {
    case 'standby': return { ...status, role: 'standby', trouble: undefined, alarm: undefined };
    case 'leading': return { ...status, role: 'leading', trouble: undefined, alarm: undefined };
    case 'lost': return { ...status, role: 'starting', trouble: event.reason };
    case 'sequenced': return { ...status, sequenced: Math.max(status.sequenced, event.last) };
    case 'opened': return { ...status, published: event.next - 1, trouble: undefined, alarm: undefined };
    case 'published': return { ...status, published: event.last };
    case 'interrupted': return { ...status, trouble: event.reason };
    case 'alarm': return { ...status, alarm: event.reason };
    case 'pruned': return status;
  }
}
