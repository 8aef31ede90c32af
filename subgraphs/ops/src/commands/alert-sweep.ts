import type { Swept } from '@hubgraph/kit/sweep';
import { escalatedTo, type EscalateMinutes } from '../alert/escalation.ts';
import { alerts, services, suppressions } from '../store/index.ts';
import { recordAlert, settleLapse, SYSTEM } from './alert-record.ts';
import type { Work } from './common.ts';

/** How many alerts one transaction of a sweep takes. */
const BATCH = 100;

/** Tells of acknowledgements that lapsed: their alerts are RAISED again. */
export async function lapseAlerts(work: Work): Promise<{ swept: Swept }> {
  const lapsed = await alerts.lockLapsed(work.tx, work.now, BATCH);
  for (const alert of lapsed) await settleLapse(work, alert);
  return { swept: { done: lapsed.length, more: lapsed.length === BATCH } };
}

/** Takes alerts that nobody acknowledged in time to their next level; not those that a silence or an inhibition holds back. */
export async function escalateAlerts(work: Work, minutes: EscalateMinutes): Promise<{ swept: Swept }> {
  const due = await alerts.lockDue(work.tx, minutes, await suppressions.condition(work.tx, false, work.now), work.now, BATCH);
  const owners = await services.bySlugs(work.tx, due.flatMap(({ service }) => (service === null ? [] : [service])));
  for (const before of due) {
    const level = before.escalation + 1;
    const to = escalatedTo(level, before, before.service === null ? null : (owners.get(before.service)?.owner ?? null));
    const alert = await alerts.save(work.tx, before, { escalation: level, escalatedAt: work.now, escalatedTo: to }, work.now);
    await alerts.addEntries(work.tx, [{ alertId: alert.id, kind: 'ESCALATED', actor: SYSTEM, note: `Level ${level}: ${to}.` }], work.now);
    await recordAlert(work, 'alert.escalated', alert, before.status);
  }
  return { swept: { done: due.length, more: due.length === BATCH } };
}
