// What holds of an alert or a silence at a moment. Time-driven states are computed from dates here, so that no answer waits for a job.
import type { Alert, AlertSeverity, Silence } from '../model.ts';
import { ALERT_SEVERITIES } from '../model.ts';

/** 0 for INFO to 3 for CRITICAL. */
export function rankOf(severity: AlertSeverity): number {
  return ALERT_SEVERITIES.indexOf(severity);
}

/** Whether an acknowledgement is over at `now`, told or not. */
export function hasLapsed(alert: Pick<Alert, 'status' | 'acknowledgedUntil'>, now: Date): boolean {
  return alert.status === 'ACKNOWLEDGED' && alert.acknowledgedUntil !== null && alert.acknowledgedUntil <= now;
}

/** What an alert loses when it is given back or its acknowledgement lapses: nobody has it, and escalation begins anew. */
export function unattended(since: Date) {
  return { status: 'RAISED', owner: null, acknowledgedAt: null, acknowledgedUntil: null, waitsSince: since, escalation: 0, escalatedAt: null, escalatedTo: null } as const;
}

/** An alert as it is at `now`: one whose acknowledgement lapsed is RAISED since then, whether or not the job has told of it. */
export function asOf(alert: Alert, now: Date): Alert {
  return hasLapsed(alert, now) ? { ...alert, ...unattended(alert.acknowledgedUntil!) } : alert;
}

export const SILENCE_STATES = ['PENDING', 'ACTIVE', 'EXPIRED'] as const;
export type SilenceState = (typeof SILENCE_STATES)[number];

/** State of a silence: from its start (inclusive) to its end (exclusive) it is ACTIVE. */
export function silenceState({ startsAt, endsAt }: Pick<Silence, 'startsAt' | 'endsAt'>, now: Date): SilenceState {
  return endsAt <= now ? 'EXPIRED' : now < startsAt ? 'PENDING' : 'ACTIVE';
}
