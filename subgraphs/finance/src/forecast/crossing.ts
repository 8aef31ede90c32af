// When a runway crosses its thresholds, and what is told of it.
import { parse } from '../money/decimal.ts';
import type { Decimal, RunwayPolicy } from '../model/index.ts';

/** What was last told of a runway. */
export type Told = RunwayPolicy['told'];
export type Thresholds = Pick<RunwayPolicy, 'threshold' | 'secondThreshold'>;

/**
 * What is to be told of a runway of `months` (null: not limited) after `told`. Below a threshold it is BREACHED, below the
 * second one ESCALATED; back over one only when more than a tenth above it, so that what goes up and down around a
 * threshold is told once.
 */
export function nextTold(told: Told, months: Decimal | null, { threshold, secondThreshold }: Thresholds): Told {
  if (months === null) return 'OK';
  const left = parse(months);
  const isAtOrBelow = (limit: Decimal, isTold: boolean) => left < parse(limit) || (isTold && left * 10n <= parse(limit) * 11n);
  if (secondThreshold !== null && isAtOrBelow(secondThreshold, told === 'ESCALATED')) return 'ESCALATED';
  return isAtOrBelow(threshold, told !== 'OK') ? 'BREACHED' : 'OK';
}

/** The event that tells of a move; null when nothing moved. */
export function crossingEvent(from: Told, to: Told): 'runway.breached' | 'runway.recovered' | 'runway.changed' | null {
  if (from === to) return null;
  if (to === 'OK') return 'runway.recovered';
  return to === 'BREACHED' && from === 'ESCALATED' ? 'runway.changed' : 'runway.breached';
}
