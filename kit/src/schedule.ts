import { Cron } from 'croner';
import { Client } from 'pg';
import type { Logger } from 'pino';
import type { Clock } from './clock.ts';

/** Work that a hub does by itself, at set times. */
export interface Job {
  /** Unique within the hub. */
  readonly name: string;
  /** When: a cron expression, in UTC. */
  readonly cron: string;
  /** Does it once; must be safe to repeat, because a crash may come at any point. What takes long ends when `signal` aborts: the hub stops then. */
  run(signal: AbortSignal): Promise<void>;
}

/** A running timetable. */
export interface Schedule {
  /** Runs one job now, unless another replica is at it; false when one is. */
  runNow(name: string): Promise<boolean>;
  /** Ends the timetable, tells the jobs under way by their signal, and waits for them. */
  stop(): Promise<void>;
}

/**
 * Runs jobs by croner. Each run holds a session advisory lock named after hub and job, so that of several replicas one
 * does it and the others skip; a replica that dies loses its connection and with it the lock.
 */
export function startSchedule(jobs: readonly Job[], deps: { databaseUrl: string; schema: string; clock: Clock; log: Logger }): Schedule {
  const underWay = new Set<Promise<unknown>>();
  const stopping = new AbortController();

  const once = async (job: Job): Promise<boolean> => {
    const client = new Client({ connectionString: deps.databaseUrl, application_name: `hubgraph ${deps.schema} ${job.name}` });
    // Without a listener the loss of the connection in the middle of a job would end the process.
    client.on('error', (error) => deps.log.warn({ error, job: job.name }, 'the connection that holds a job\'s lock was lost'));
    await client.connect();
    try {
      const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS mine', [`hubgraph job ${deps.schema} ${job.name}`]);
      if (!rows[0]?.mine) return false;
      const from = deps.clock.now();
      await job.run(stopping.signal);
      deps.log.info({ job: job.name, milliseconds: deps.clock.now().getTime() - from.getTime() }, 'job done');
      return true;
    } finally {
      await client.end();
    }
  };
  const tracked = (job: Job): Promise<boolean> => {
    const running = once(job);
    underWay.add(running);
    return running.finally(() => underWay.delete(running));
  };

  const crons = jobs.map((job) => new Cron(job.cron, { timezone: 'UTC', protect: true, catch: (error) => void (stopping.signal.aborted || deps.log.error({ error, job: job.name }, 'job failed; it runs again at its next time')) }, async () => void (await tracked(job))));
  return {
    runNow(name) {
      const job = jobs.find((candidate) => candidate.name === name);
      if (job === undefined) throw new Error(`there is no job ${name}`);
      return tracked(job);
    },
    async stop() {
      for (const cron of crons) cron.stop();
      stopping.abort(new Error('the hub stops'));
      await Promise.allSettled(underWay);
    },
  };
}
