import { checkVersion } from '@hubgraph/kit/entity';
import { isUuid } from '@hubgraph/kit/ids';
import { invalidInput, notFound, type Refused, transitionRefused } from '@hubgraph/kit/refusal';
import { hasLapsed, unattended } from '../alert/state.ts';
import type { OpsEvents } from '../events.ts';
import { alertLifecycle, type AlertFacts } from '../lifecycle/alert.ts';
import { manifest } from '../manifest.ts';
import type { Alert, AlertStatus } from '../model.ts';
import { alerts, suppressions } from '../store/index.ts';
import type { Work } from './common.ts';

/** Event names of an alert. */
export type AlertEvent = Extract<keyof OpsEvents, `alert.${string}`>;

/** Who the hub is in timelines. */
export const SYSTEM = `system:${manifest.name}`;

/** Records an event of an alert; `was` is what suppression is judged by, where that is not the alert as it is now. */
export async function recordAlert(work: Work, name: AlertEvent, alert: Alert, from: AlertStatus | null, was: Alert = alert): Promise<void> {
  const suppressed = (await suppressions.of(work.tx, [was], work.now)).has(alert.id);
  const { id, status, version, dedupKey, severity, title, subject, service, workstream, repo, owner, count, escalation } = alert;
  work.record(name, { subject: `alert/${id}`, domain: alert.domain, data: { id, from, to: status, version, dedupKey, severity, title, subject, service, workstream, repo, package: alert.package, owner, count, escalation, suppressed } });
}

/** Which alert a verb is about: by id, or the open one of a key. */
export interface AlertKey {
  readonly id?: string | null;
  readonly dedupKey?: string | null;
  readonly expectedVersion?: number | null;
}

/** Locks the alert that an input names, at the version that the caller expects. An acknowledgement that lapsed is ended first. */
export async function lockedAlert(work: Work, { id, dedupKey, expectedVersion }: AlertKey): Promise<Alert | Refused> {
  const byId = id != null;
  if (!byId && dedupKey == null) return invalidInput(['id'], 'Name the alert by its id, or by its key while it is open.');
  const alert = byId ? (isUuid(id) ? await alerts.lockById(work.tx, id) : null) : await alerts.lockOpen(work.tx, dedupKey ?? '');
  if (alert === null) return byId ? notFound('alert', id) : notFound('open alert with the key', dedupKey ?? '', ['dedupKey']);
  return checkVersion(alert, expectedVersion) ?? settleLapse(work, alert);
}

/** Tells that an acknowledgement lapsed, if it did: the alert is RAISED again and nobody has it. The row must be locked. */
export async function settleLapse(work: Work, alert: Alert): Promise<Alert> {
  if (!hasLapsed(alert, work.now)) return alert;
  const note = `${alert.owner ?? 'Somebody'} had it until ${alert.acknowledgedUntil!.toISOString()}.`;
  const raised = await alerts.save(work.tx, alert, unattended(alert.acknowledgedUntil!), work.now);
  work.note({ noun: 'Alert', entityId: alert.id, verb: 'returnAlert', from: 'ACKNOWLEDGED', to: 'RAISED', note: `The acknowledgement lapsed. ${note}` });
  await alerts.addEntries(work.tx, [{ alertId: alert.id, kind: 'LAPSED', actor: SYSTEM, note }], work.now);
  await recordAlert(work, 'alert.returned', raised, 'ACKNOWLEDGED');
  return raised;
}

/** The facts of an alert for its guards before a verb brings any. */
export const NO_FACTS: AlertFacts = { owner: null, note: null, causeGone: false };

export type AlertVerb = (typeof alertLifecycle.table.rows)[number]['verb'];

/** Decides a verb; a refusal lists every reason and what would be allowed. */
export function decideAlert(work: Work, verb: AlertVerb, alert: Alert, facts: Partial<AlertFacts>) {
  const all = { ...NO_FACTS, ...facts };
  const decided = alertLifecycle.decide(verb, alert.status, all, work.caller);
  return decided.moved ? decided : transitionRefused(decided, alertLifecycle.allowed(alert.status, all, work.caller));
}
