import type { ConfigOf } from '@hubgraph/kit/config';
import type { Job } from '@hubgraph/kit/schedule';
import { sweeper } from '@hubgraph/kit/sweep';
import type { Logger } from 'pino';
import { escalateMinutes } from './alert/escalation.ts';
import { escalateAlerts, lapseAlerts } from './commands/alert-sweep.ts';
import type { OpsChanges } from './commands/common.ts';
import { expireGates } from './commands/gate-settle.ts';
import { reviewRisks } from './commands/risk-sweep.ts';
import type { config } from './config.ts';
import { manifest } from './manifest.ts';

/** What a job may need. */
export interface JobDeps {
  readonly changes: OpsChanges;
  readonly log: Logger;
  readonly settings: ConfigOf<typeof config>;
}

/** What the hub does by itself, on one replica at a time. */
export function jobs(deps: JobDeps): Job[] {
  const { changes, log, settings } = deps;
  const minutes = escalateMinutes(settings.HUBGRAPH_ESCALATE_MINUTES);
  const sweep = sweeper({ hub: manifest.name, scopes: [['ops:write']], changes, log });
  return [
    sweep('lapse-alerts', '* * * * *', lapseAlerts),
    sweep('escalate-alerts', '* * * * *', (work) => escalateAlerts(work, minutes)),
    sweep('expire-gates', '* * * * *', expireGates),
    sweep('review-risks', '*/10 * * * *', (work) => reviewRisks(work, settings.HUBGRAPH_RISK_ESCALATE_SCORE)),
  ];
}
