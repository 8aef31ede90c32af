import { lineProblems, MAX_LINE, textProblems } from '@hubgraph/kit/fields';
import { newId } from '@hubgraph/kit/ids';
import { invalidField, Refused, type MutationErrorData } from '@hubgraph/kit/refusal';
import { isLabelName } from '../alert/matchers.ts';
import { rankOf, unattended } from '../alert/state.ts';
import type { Alert, AlertSeverity } from '../model.ts';
import { alerts } from '../store/index.ts';
import { decideAlert, lockedAlert, recordAlert, settleLapse, type AlertKey } from './alert-record.ts';
import type { Work } from './common.ts';
import { secretProblems } from './secrets.ts';
import { subjectProblems, subjectsOf, type SubjectsInput } from './subjects.ts';

const MAX_LABELS = 32;
const MAX_DETAIL = 5_000;
const HOUR = 3_600_000;
/** An acknowledgement longer than this is a forgotten one. */
const MAX_ACKNOWLEDGED_DAYS = 90;

export interface RaiseAlertInput extends SubjectsInput {
  /** By which repeats are recognised; 1 to 500 characters. */
  readonly dedupKey: string;
  readonly severity: AlertSeverity;
  readonly title: string;
  readonly detail?: string | null;
  readonly labels?: Readonly<Record<string, string>> | null;
  /** Who says so: a person, a hub's stream, a webhook; the caller when left out. */
  readonly source?: string | null;
}

/**
 * Raises an alert. An open one of the same key is counted up instead: it takes over title, detail and labels, its severity
 * only when that is higher. An acknowledgement stops repeats: they are counted but not told, unless the severity rises.
 * Whatever runs at once, one key has at most one open alert and every raise is counted.
 */
export async function raiseAlert(work: Work, input: RaiseAlertInput): Promise<{ alert: Alert } | Refused> {
  const wrong = raiseProblems(input);
  if (wrong.length > 0) return new Refused(wrong);
  const { dedupKey, severity, title, detail = null, source } = input;
  const labels = input.labels ?? {};
  const { now, caller } = work;
  for (;;) {
    const open = await alerts.lockOpen(work.tx, dedupKey);
    if (open !== null) return { alert: await repeat(work, open, { severity, title, detail, labels }) };
    const alert = await alerts.insert(work.tx, {
      ...unattended(now), ...(await subjectsOf(work, input)), id: newId(), dedupKey, severity, severityRank: rankOf(severity), title, detail, labels, source: source ?? caller.sub,
      count: 1, firstAt: now, lastAt: now, resolvedAt: null, resolvedBy: null, note: null, createdAt: now, updatedAt: now, version: 1,
    });
    // Null: another raise of the key was first; it has committed by now, so the next look finds its alert.
    if (alert === null) continue;
    await alerts.addEntries(work.tx, [{ alertId: alert.id, kind: 'RAISED', actor: caller.sub, note: severity }], now);
    work.note({ noun: 'Alert', entityId: alert.id, verb: 'raiseAlert', from: null, to: 'RAISED' });
    await recordAlert(work, 'alert.raised', alert, null);
    return { alert };
  }
}

async function repeat(work: Work, locked: Alert, said: Pick<Alert, 'severity' | 'title' | 'detail' | 'labels'>): Promise<Alert> {
  const before = await settleLapse(work, locked);
  const rises = rankOf(said.severity) > before.severityRank;
  const told = rises || before.status === 'RAISED';
  const severity = rises ? said.severity : before.severity;
  const alert = await alerts.repeat(work.tx, before, { ...said, severity, severityRank: rankOf(severity) }, { actor: work.caller.sub, told, now: work.now });
  if (rises) await alerts.addEntries(work.tx, [{ alertId: alert.id, kind: 'SEVERITY_CHANGED', actor: work.caller.sub, note: `${before.severity} to ${severity}` }], work.now);
  if (told) await recordAlert(work, 'alert.repeated', alert, before.status);
  return alert;
}

function raiseProblems(input: RaiseAlertInput): MutationErrorData[] {
  const { dedupKey, title, detail, source } = input;
  const labels = Object.entries(input.labels ?? {});
  return [
    ...lineProblems('dedupKey', dedupKey),
    ...lineProblems('title', title),
    ...textProblems({ detail }, MAX_DETAIL),
    ...(source == null ? [] : lineProblems('source', source)),
    ...subjectProblems(input),
    ...(labels.length > MAX_LABELS ? [invalidField(['labels'], `At most ${MAX_LABELS} labels.`)] : []),
    ...labels.flatMap(([name, value]) => [
      ...(isLabelName(name) ? [] : [invalidField(['labels'], 'The name of a label begins with a letter or underscore; then letters, digits and _ . - / follow, at most 100 in all.')]),
      ...(value.length > MAX_LINE ? [invalidField(['labels'], `A label has at most ${MAX_LINE} characters.`)] : []),
    ]),
    ...secretProblems({ dedupKey, title, detail, source }),
    ...secretProblems(input.labels ?? {}, ['labels']),
  ];
}

export interface AcknowledgeAlertInput extends AlertKey {
  /** The caller when left out. */
  readonly owner?: string | null;
  /** When the acknowledgement lapses; after the hub's usual time when left out. */
  readonly until?: Date | null;
  readonly note?: string | null;
}

/** Gives a RAISED alert to somebody, for a time: repeats and escalation stop. `hours` is how long when the input does not say. */
export async function acknowledgeAlert(work: Work, input: AcknowledgeAlertInput, hours: number): Promise<{ alert: Alert } | Refused> {
  const before = await lockedAlert(work, input);
  if (before instanceof Refused) return before;
  const { note = null, until } = input;
  const owner = input.owner ?? work.caller.sub;
  const latest = new Date(work.now.getTime() + MAX_ACKNOWLEDGED_DAYS * 24 * HOUR);
  const wrong = [
    ...(owner.length > MAX_LINE ? lineProblems('owner', owner) : []),
    ...noteProblems(note),
    ...secretProblems({ owner }),
    ...(until == null || (until > work.now && until <= latest) ? [] : [invalidField(['until'], `An acknowledgement lapses in the future, within ${MAX_ACKNOWLEDGED_DAYS} days.`)]),
  ];
  if (wrong.length > 0) return new Refused(wrong);
  const decided = decideAlert(work, 'acknowledgeAlert', before, { owner, note });
  if (decided instanceof Refused) return decided;
  const acknowledgedUntil = until ?? new Date(work.now.getTime() + hours * HOUR);
  const alert = await alerts.save(work.tx, before, { status: decided.to, owner, acknowledgedAt: work.now, acknowledgedUntil }, work.now);
  work.note({ noun: 'Alert', entityId: alert.id, verb: 'acknowledgeAlert', from: decided.from, to: decided.to, note });
  await alerts.addEntries(work.tx, [{ alertId: alert.id, kind: 'ACKNOWLEDGED', actor: work.caller.sub, note: [`${owner} has it until ${acknowledgedUntil.toISOString()}.`, note].filter(Boolean).join(' ') }], work.now);
  await recordAlert(work, 'alert.acknowledged', alert, decided.from);
  return { alert };
}

export interface NotedAlertInput extends AlertKey {
  readonly note?: string | null;
}

/** Gives an ACKNOWLEDGED alert back: it is RAISED, nobody has it, and escalation begins anew. */
export async function returnAlert(work: Work, input: NotedAlertInput): Promise<{ alert: Alert } | Refused> {
  const before = await lockedAlert(work, input);
  if (before instanceof Refused) return before;
  const { note = null } = input;
  const wrong = noteProblems(note);
  if (wrong.length > 0) return new Refused(wrong);
  const decided = decideAlert(work, 'returnAlert', before, { note });
  if (decided instanceof Refused) return decided;
  const alert = await alerts.save(work.tx, before, unattended(work.now), work.now);
  work.note({ noun: 'Alert', entityId: alert.id, verb: 'returnAlert', from: decided.from, to: decided.to, note });
  await alerts.addEntries(work.tx, [{ alertId: alert.id, kind: 'RETURNED', actor: work.caller.sub, note }], work.now);
  await recordAlert(work, 'alert.returned', alert, decided.from);
  return { alert };
}

export interface ResolveAlertInput extends NotedAlertInput {
  /** Whether the source itself says that the cause is gone; then no note is needed. */
  readonly causeGone?: boolean | null;
  /** Who says that the cause is gone, as the alert was raised with; the caller when left out. */
  readonly source?: string | null;
}

/** Ends an open alert: with a note by a person, or because the source that raised it says that the cause is gone. */
export async function resolveAlert(work: Work, input: ResolveAlertInput): Promise<{ alert: Alert } | Refused> {
  const before = await lockedAlert(work, input);
  return before instanceof Refused ? before : resolve(work, before, input);
}

/**
 * Ends the open alert of a key because its cause is gone, for sources that do not know ids. None that is open is nothing to
 * do, not a refusal. `source` must be what it was raised with, unless a note is given or the caller is the hub itself.
 */
export async function resolveByKey(work: Work, dedupKey: string, note: string | null = null, source: string | null = null): Promise<{ alert: Alert | null } | Refused> {
  const open = await alerts.lockOpen(work.tx, dedupKey);
  return open === null ? { alert: null } : resolve(work, await settleLapse(work, open), { note, source, causeGone: true });
}

async function resolve(work: Work, before: Alert, { note = null, causeGone, source }: Pick<ResolveAlertInput, 'note' | 'causeGone' | 'source'>): Promise<{ alert: Alert } | Refused> {
  const wrong = noteProblems(note);
  if (wrong.length > 0) return new Refused(wrong);
  const bySource = causeGone === true && (work.caller.roles.includes('system') || (source ?? work.caller.sub) === before.source);
  const decided = decideAlert(work, 'resolveAlert', before, { note, causeGone: bySource });
  if (decided instanceof Refused) return decided;
  const alert = await alerts.save(work.tx, before, { status: decided.to, resolvedAt: work.now, resolvedBy: bySource && source != null ? source : work.caller.sub, note }, work.now);
  const said = note ?? 'The source says that the cause is gone.';
  work.note({ noun: 'Alert', entityId: alert.id, verb: 'resolveAlert', from: decided.from, to: decided.to, note: said });
  await alerts.addEntries(work.tx, [{ alertId: alert.id, kind: 'RESOLVED', actor: work.caller.sub, note: said }], work.now);
  await recordAlert(work, 'alert.resolved', alert, decided.from, before);
  return { alert };
}

/** Writes a note into the timeline of an alert, in any state. Nothing else changes, so no event tells of it. */
export async function noteAlert(work: Work, input: AlertKey & { readonly note: string }): Promise<{ alert: Alert } | Refused> {
  const before = await lockedAlert(work, input);
  if (before instanceof Refused) return before;
  const { note } = input;
  const wrong = note.trim() === '' ? [invalidField(['note'], 'A note says something.')] : noteProblems(note);
  if (wrong.length > 0) return new Refused(wrong);
  await alerts.addEntries(work.tx, [{ alertId: before.id, kind: 'NOTED', actor: work.caller.sub, note }], work.now);
  return { alert: before };
}

function noteProblems(note: string | null): MutationErrorData[] {
  return [...textProblems({ note }, MAX_DETAIL), ...secretProblems({ note })];
}
