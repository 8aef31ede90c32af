import type { Alert, AlertSeverity } from '../model.ts';
import { ALERT_SEVERITIES } from '../model.ts';

export const ESCALATION_LEVELS = 3;
const MINUTE = 60_000;

/** Minutes until an alert that nobody has goes one level up; 0: never. */
export type EscalateMinutes = Readonly<Record<AlertSeverity, number>>;

/** Reads the four numbers of the setting, from INFO to CRITICAL. */
export function escalateMinutes(numbers: readonly string[]): EscalateMinutes {
  return Object.fromEntries(ALERT_SEVERITIES.map((severity, index) => [severity, Number(numbers[index])])) as EscalateMinutes;
}

/**
 * When an alert goes to its next level; null when it does not: somebody has it, it is over, its severity never escalates or
 * there is no level left. Each level takes the minutes of the present severity, so a rise may make it due at once.
 */
export function escalatesAt(alert: Pick<Alert, 'status' | 'severity' | 'escalation' | 'escalatedAt' | 'waitsSince'>, minutes: EscalateMinutes): Date | null {
  if (alert.status !== 'RAISED' || alert.escalation >= ESCALATION_LEVELS || minutes[alert.severity] === 0) return null;
  return new Date((alert.escalatedAt ?? alert.waitsSince).getTime() + minutes[alert.severity] * MINUTE);
}

/** Whom a level is for, in words: who answers for the subject, then the maintainer of its domain, then the steward. */
export function escalatedTo(level: number, alert: Pick<Alert, 'service' | 'workstream' | 'repo' | 'domain'>, serviceOwner: string | null): string {
  if (level >= ESCALATION_LEVELS) return 'steward';
  if (level === 2) return maintainer(alert.domain);
  if (serviceOwner !== null) return `${serviceOwner}, owner of the service ${alert.service}`;
  if (alert.service !== null) return `owner of the service ${alert.service}`;
  if (alert.workstream !== null) return `owner of the workstream ${alert.workstream}`;
  if (alert.repo !== null) return `maintainer of the repo ${alert.repo}`;
  return maintainer(alert.domain);
}

function maintainer(domain: string | null): string {
  return domain === null ? 'maintainer' : `maintainer of the domain ${domain}`;
}
