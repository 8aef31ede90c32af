import { addDays, dayOf } from '../money/calendar.ts';
import { anomalies } from '../store/anomaly.ts';
import type { Swept, Work } from './common.ts';

/** Providers write down charges days late, so the last days are looked at again each time. */
const LATE_DAYS = 7;

/** Tells of days that cost far more than those before them: once for a day and a service or provider, also when they cost more still later. */
export async function findAnomalies(work: Work, factor: number): Promise<{ swept: Swept }> {
  const today = dayOf(work.now);
  const told = await anomalies.tell(work.tx, await anomalies.find(work.tx, addDays(today, -LATE_DAYS), today, factor), work.now);
  for (const { day, kind, subject, factor: times } of told) {
    const id = `${day}/${subject}`;
    work.record('cost.anomaly', { subject: `cost/${id}`, data: { id, day, service: kind === 'SERVICE' ? subject : null, provider: kind === 'PROVIDER' ? subject : null, factor: times } });
  }
  return { swept: { done: told.length, more: false } };
}
