import type { Swept } from '@hubgraph/kit/sweep';
import { addDays, dayOf } from '../money/calendar.ts';
import { anomalies, MAX_ANOMALIES, type CostAnomaly } from '../store/anomaly.ts';
import type { Work } from './common.ts';

/** Providers write down charges days late, so the last days are looked at again each time. */
const LATE_DAYS = 7;

/**
 * Tells of days that cost far more than those before them: once for a day and a service or provider, also when they cost more
 * still later. A day of the last ones that was told and is corrected meanwhile is told as well.
 */
export async function findAnomalies(work: Work, factor: number): Promise<{ swept: Swept }> {
  const today = dayOf(work.now);
  const start = addDays(today, -LATE_DAYS);
  const found = await anomalies.find(work.tx, start, today, factor);
  // when there are more than can be looked at, nothing is known of those that are not among them
  const left = found.length < MAX_ANOMALIES ? await anomalies.untell(work.tx, found, start) : [];
  for (const one of left) work.record('cost.anomaly_left', eventOf(one));
  const told = await anomalies.tell(work.tx, found, work.now);
  for (const one of told) {
    const { data, ...event } = eventOf(one);
    work.record('cost.anomaly', { ...event, data: { ...data, factor: one.factor } });
  }
  return { swept: { done: told.length + left.length, more: false } };
}

function eventOf({ day, kind, subject }: Pick<CostAnomaly, 'day' | 'kind' | 'subject'>) {
  const id = `${day}/${subject}`;
  return { subject: `cost/${id}`, data: { id, day, service: kind === 'SERVICE' ? subject : null, provider: kind === 'PROVIDER' ? subject : null } };
}
