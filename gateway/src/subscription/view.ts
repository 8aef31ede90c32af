import { createHash } from 'node:crypto';
import type { Positions } from './source.ts';

/** Where a subscription is on its way: before it has a place, behind the tail, at the tail, or held up by its client. */
export type SubscriptionState = 'WAITING' | 'CATCHING_UP' | 'LIVE' | 'SLOW';

/** What waits for one client. */
export interface Backlog {
  readonly events: number;
  /** Of the events as the stream has them. */
  readonly bytes: number;
}

/** One subscription, as an operator sees it. */
export interface SubscriptionView {
  readonly socket: string;
  readonly id: string;
  readonly field: string;
  /** What narrows it: the field's arguments but `after` and `snapshot`. */
  readonly filter: Readonly<Record<string, unknown>>;
  /** Equal for those who share their executions; says nothing else. */
  readonly class: string;
  readonly state: SubscriptionState;
  readonly since: Date;
  /** Everything up to here was written or passed over, by hub. */
  readonly positions: Positions;
  readonly backlog: Backlog;
  /** Frames written. */
  readonly delivered: number;
}

/** The name of a class for operators: its key holds what clients gave as variables. */
export function classId(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 22);
}
