import type { ConfigOf } from '@hubgraph/kit/config';
import { systemIdentity } from '@hubgraph/kit/identity';
import type { Refused } from '@hubgraph/kit/refusal';
import type { Job } from '@hubgraph/kit/schedule';
import type { Logger } from 'pino';
import { escalateMinutes } from './alert/escalation.ts';
import { escalateAlerts, lapseAlerts, type Swept } from './commands/alert-sweep.ts';
import type { OpsChanges, Work } from './commands/common.ts';
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
  /** Runs a sweep in transactions of its batches until nothing is left. */
  const sweep = (name: string, cron: string, batch: (work: Work) => Promise<{ swept: Swept } | Refused>): Job => ({
    name,
    cron,
    async run(signal) {
      let done = 0;
      for (let more = true; more && !signal.aborted; ) {
        const answer = await changes.run({ identity: systemIdentity(manifest.name) }, { name, scopes: [['ops:write']], input: {} }, batch);
        if (answer.errors.length > 0) log.error({ job: name, errors: answer.errors }, 'a sweep was refused');
        done += answer.result?.swept.done ?? 0;
        more = answer.result?.swept.more ?? false;
      }
      if (done > 0) log.info({ job: name, done }, 'swept');
    },
  });
  return [
    sweep('lapse-alerts', '* * * * *', lapseAlerts),
    sweep('escalate-alerts', '* * * * *', (work) => escalateAlerts(work, minutes)),
    sweep('expire-gates', '* * * * *', expireGates),
    sweep('review-risks', '*/10 * * * *', (work) => reviewRisks(work, settings.HUBGRAPH_RISK_ESCALATE_SCORE)),
  ];
}
