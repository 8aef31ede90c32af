import type { Clock } from '@hubgraph/kit/clock';
import type { ConfigOf } from '@hubgraph/kit/config';
import type { Verb } from '@hubgraph/kit/change';
import { systemIdentity } from '@hubgraph/kit/identity';
import type { Job } from '@hubgraph/kit/schedule';
import type { Sql, Transactor } from '@hubgraph/kit/sql';
import type { Logger } from 'pino';
import type { ArtifactsChanges } from './commands/common.ts';
import { settleLegalHolds } from './commands/legal-hold.ts';
import type { Scrubber } from './commands/scrub/index.ts';
import { paceOf } from './commands/scrub/pace.ts';
import { discardAbandoned, failStalled, removeBytes, replicate } from './commands/storage.ts';
import type { config } from './config.ts';
import { PATIENCE } from './lifecycle/package.ts';
import type { Blob } from './model.ts';
import type { StorageBackend } from './storage/backend.ts';
import { locations, type BlobWindow } from './store/index.ts';

/** What the jobs work with. */
export interface JobDeps {
  readonly sql: Sql;
  readonly transactor: Transactor;
  readonly changes: ArtifactsChanges;
  readonly backends: readonly StorageBackend[];
  readonly scrubber: Scrubber;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: ConfigOf<typeof config>;
}

const caller = { identity: systemIdentity('artifacts') };
const verb = (name: string, scope: 'artifacts:write' | 'retention:manage'): Verb => ({ name, scopes: [[scope]], input: {} });
/** Blobs whose bytes are removed in one transaction. */
const REMOVED_AT_ONCE = 50;

/** What the hub does by itself, on one replica at a time. Each may be cut off anywhere and begin again; none holds more than some thousand rows. */
export function jobs(deps: JobDeps): Job[] {
  const { sql, transactor, changes, backends, scrubber, clock, log, settings } = deps;
  const pace = paceOf({ mebibytes: settings.HUBGRAPH_ARTIFACTS_SCRUB_RATE, clock });
  return [
    {
      name: 'scrub',
      cron: settings.HUBGRAPH_ARTIFACTS_SCRUB_CRON,
      run: (signal) => eachBackend(backends, signal, async ({ name }) => {
        if ((await scrubber.scrub(name, false, signal)) === null) log.info({ backend: name }, 'a scrub is under way already');
      }),
    },
    // a crash, a restart or a storage that was away for an hour must not cost a night
    { name: 'resume-scrub', cron: '*/10 * * * *', run: (signal) => scrubber.resume(signal) },
    {
      name: 'stalled',
      cron: '*/15 * * * *',
      async run(signal) {
        let failed = 0;
        for await (const id of locations.stalled(sql, new Date(clock.now().getTime() - PATIENCE))) {
          signal.throwIfAborted();
          const { result, errors } = await changes.run(caller, verb('failArtifactPackage', 'artifacts:write'), (work) => failStalled(work, id));
          if (errors.length > 0) log.error({ package: id, errors }, 'a stalled package was not failed');
          else if (result?.package != null) failed++;
        }
        let discarded = 0;
        await eachBackend(backends, signal, async (backend) => void (discarded += await discardAbandoned({ sql, backend, now: clock.now(), signal })));
        log.info({ failed, discarded }, 'stalled packages failed, abandoned uploads discarded');
      },
    },
    {
      name: 'removal',
      cron: '41 * * * *',
      run: (signal) => eachBackend(backends, signal, async (backend) => {
        let removed = 0;
        let fault: unknown = null;
        for await (const blobs of windows((after) => locations.removable(sql, backend.name, after))) {
          for (let rest = blobs.map(({ blake3 }) => blake3); rest.length > 0; rest = rest.slice(REMOVED_AT_ONCE)) {
            signal.throwIfAborted();
            const { result } = await changes.run(caller, verb('removeBytes', 'artifacts:write'), (work) => removeBytes(work, { backend, blake3s: rest.slice(0, REMOVED_AT_ONCE) }));
            removed += result?.removed.length ?? 0;
            fault ??= result?.fault;
            if (result?.stopped) throw fault;
          }
        }
        log.info({ backend: backend.name, removed }, 'bytes that no package needs removed');
        if (fault != null) throw fault;
      }),
    },
    {
      name: 'replication',
      cron: '*/15 * * * *',
      async run(signal) {
        if (backends.length < 2) return;
        await eachBackend(backends, signal, async (target) => {
          let copied = 0;
          let failed = 0;
          for await (const blobs of windows((after) => locations.missing(sql, target.name, after))) {
            for (const blob of blobs) {
              signal.throwIfAborted();
              if (await replicate({ sql, transactor, backends, pace, log, now: () => clock.now() }, target, blob, signal)) copied++;
              else failed++;
            }
          }
          if (copied + failed > 0) log.info({ backend: target.name, copied, failed }, 'bytes copied to another storage');
        });
      },
    },
    {
      name: 'legal-holds',
      cron: '*/5 * * * *',
      async run() {
        const { set, lifted, failed } = await settleLegalHolds({ sql, transactor, backends, log });
        if (set + lifted + failed > 0) log.info({ set, lifted, failed }, 'legal holds of the storage settled');
      },
    },
  ];
}

/** Does it for each backend, also when one of them fails; throws what went wrong afterwards. */
async function eachBackend(backends: readonly StorageBackend[], signal: AbortSignal, work: (backend: StorageBackend) => Promise<void>): Promise<void> {
  const faults: unknown[] = [];
  for (const backend of backends) {
    signal.throwIfAborted();
    await work(backend).catch((error: unknown) => faults.push(error));
  }
  if (faults.length === 1) throw faults[0];
  if (faults.length > 1) throw new AggregateError(faults, 'several storages failed');
}

/** The windows of a search over blobs, one after the other. */
async function* windows(look: (after: string) => Promise<BlobWindow>): AsyncGenerator<readonly Blob[]> {
  for (let after: string | null = ''; after !== null; ) {
    const { blobs, next }: BlobWindow = await look(after);
    yield blobs;
    after = next;
  }
}
