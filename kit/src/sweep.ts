import type { Logger } from 'pino';
import type { Changes, Verb, Work } from './change.ts';
import type { EventType } from './events.ts';
import { systemIdentity } from './identity.ts';
import type { Refused } from './refusal.ts';
import type { Job } from './schedule.ts';

/** What a sweep did; `more`: it stopped at its batch, so it has to run again. */
export interface Swept {
  readonly done: number;
  readonly more: boolean;
}

/** Makes jobs of sweeps, which run in transactions of their batches, as the hub itself, until nothing is left. */
export function sweeper<Types extends Readonly<Record<string, EventType>>>({ hub, scopes, changes, log }: { readonly hub: string; readonly scopes: Verb['scopes']; readonly changes: Changes<Types>; readonly log: Logger }) {
  return (name: string, cron: string, batch: (work: Work<Types>) => Promise<{ swept: Swept } | Refused>): Job => ({
    name,
    cron,
    async run(signal) {
      let done = 0;
      for (let more = true; more && !signal.aborted; ) {
        const answer = await changes.run({ identity: systemIdentity(hub) }, { name, scopes, input: {} }, batch);
        if (answer.errors.length > 0) log.error({ job: name, errors: answer.errors }, 'a sweep was refused');
        done += answer.result?.swept.done ?? 0;
        more = answer.result?.swept.more ?? false;
      }
      if (done > 0) log.info({ job: name, done }, 'swept');
    },
  });
}
