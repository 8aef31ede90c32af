import type { Caller, ChangeAnswer, ChangeInput, Verb } from '@hubgraph/kit/change';
import type { Clock } from '@hubgraph/kit/clock';
import { systemIdentity } from '@hubgraph/kit/identity';
import type { Sql } from '@hubgraph/kit/sql';
import type { Logger } from 'pino';
import type { ScrubRun } from '../../model.ts';
import { StorageError, type StorageBackend } from '../../storage/backend.ts';
import { healthOf } from '../../storage/health.ts';
import { locations, scrubs } from '../../store/index.ts';
import type { ArtifactsChanges } from '../common.ts';
import { claimScrub, LEASE } from './claim.ts';
import { paceOf, type Wait } from './pace.ts';
import { visit } from './visit.ts';

export { isUnderWay } from './claim.ts';

export interface StartScrubInput extends ChangeInput {
  /** The one that takes uploads when left out. */
  readonly backend?: string | null;
  readonly all?: boolean | null;
}

/** Reads stored bytes again and compares them with their digests. One per hub. */
export interface Scrubber {
  /** Begins a run, or takes up the one that was cut off, and carries it out in the background. Refused with `Duplicate` while one is under way. */
  start(caller: Caller, verb: Verb, input: StartScrubInput): Promise<ChangeAnswer<{ scrubRun: ScrubRun }>>;
  /** The same to the end; null when one is under way already. @throws what stopped it; it goes on at the next time */
  scrub(backend: string, all: boolean, signal: AbortSignal): Promise<ScrubRun | null>;
  /** Goes on with every run that was cut off. @throws what stopped one of them, after all were tried */
  resume(signal: AbortSignal): Promise<void>;
  /** Resolves when nothing runs in the background. */
  idle(): Promise<void>;
  /** Stops what runs in the background; it goes on after a restart. */
  close(): Promise<void>;
}

export interface ScrubberDeps {
  readonly sql: Sql;
  readonly changes: ArtifactsChanges;
  readonly backends: readonly StorageBackend[];
  readonly clock: Clock;
  readonly log: Logger;
  /** MiB per second, over all runs of this process together. */
  readonly rate: number;
  readonly days: number;
  readonly wait?: Wait;
}

/** Locations that are read by one statement, and in milliseconds how often the counts are written. */
const BATCH = 100;
const BEAT = 5_000;
/** So many locations in a row that cannot be read are taken for a backend that does not work, whatever it says of its health. */
const MUCH = 10;
const caller = { identity: systemIdentity('artifacts') };
const VERB: Verb = { name: 'startScrub', scopes: [['retention:manage']], input: {} };
const zero = { checked: 0, bytes: 0, lost: 0, changed: 0, repaired: 0 };

/** Another process has the run now, because this one was silent for too long. */
class Overtaken extends Error {}

export function createScrubber(deps: ScrubberDeps): Scrubber {
  const { sql, changes, backends, clock, log, days } = deps;
  const pace = paceOf({ mebibytes: deps.rate, clock, wait: deps.wait });
  const closing = new AbortController();
  const underWay = new Set<Promise<unknown>>();

  const claim = (who: Caller, verb: Verb, { backend, all }: StartScrubInput) => changes.run(who, verb, (work) => claimScrub(work, { backend: backend ?? backends[0]?.name ?? '', all: all ?? false, days, backends: backends.map(({ name }) => name) }));

  /** Reads what is due, some at a time; what is noted survives a crash, what was read since is read once more. */
  const read = async (run: ScrubRun, lease: string, backend: StorageBackend, signal: AbortSignal): Promise<number> => {
    let unread = 0;
    let inRow = 0;
    let counts = { ...zero };
    let sound: string[] = [];
    let beat = clock.now().getTime();
    const note = async () => {
      await locations.checked(sql, sound, clock.now());
      const until = new Date(clock.now().getTime() + LEASE);
      if (!(await scrubs.progress(sql, { id: run.id, lease, until, counts }))) throw new Overtaken('another process has taken the run');
      [counts, sound, beat] = [{ ...zero }, [], clock.now().getTime()];
    };
    const passed = async (bytes: number) => {
      counts.bytes += bytes;
      if (clock.now().getTime() - beat >= BEAT) await note();
    };
    try {
      for await (const batch of locations.due(sql, run, BATCH)) {
        for (const location of batch) {
          signal.throwIfAborted();
          const visited = await visit({ sql, changes, backends, pace, log, caller }, backend, location, { signal, passed }).catch(async (error: unknown) => {
            // one object that cannot be read while the backend works says nothing of the next, nor that it is damaged
            if (signal.aborted || !(error instanceof StorageError) || ++inRow >= MUCH || !(await healthOf(backend)).ready) throw error;
            log.warn({ error, location: location.id, backend: backend.name, key: location.key }, 'stored bytes cannot be read; nothing is said about them');
            return null;
          });
          if (visited === null) {
            unread++;
            continue;
          }
          inRow = 0;
          const { sound: isSound, checked, lost, changed, repaired } = visited;
          if (isSound) sound.push(location.id);
          counts = { ...counts, checked: counts.checked + checked, lost: counts.lost + lost, changed: counts.changed + changed, repaired: counts.repaired + repaired };
        }
        await note();
      }
      return unread;
    } catch (error) {
      if (!(error instanceof Overtaken)) await note().catch((lost: unknown) => log.warn({ error: lost, scrubRun: run.id }, 'the last counts of a scrub are lost'));
      throw error;
    }
  };

  const carryOut = async (run: ScrubRun, signal: AbortSignal): Promise<ScrubRun> => {
    const backend = backends.find(({ name }) => name === run.backend);
    if (backend === undefined || run.lease === null) throw new Error(`the scrub run ${run.id} was not claimed`);
    const { id, lease } = run;
    try {
      await changes.run(caller, { ...VERB, name: 'scrub' }, async (work) => scrubs.save(work.tx, id, { due: run.checked + (await locations.countDue(sql, run)) }));
      const unread = await read(run, lease, backend, signal);
      await scrubs.release(sql, { id, lease, finishedAt: clock.now(), error: unread === 0 ? null : `${unread} ${unread === 1 ? 'location' : 'locations'} could not be read, which stay due; the log names them` });
    } catch (error) {
      if (!(error instanceof Overtaken)) await scrubs.release(sql, { id, lease, finishedAt: null, error: said(error, signal) }).catch(() => undefined); // without its lease in a minute at the latest
      if (!signal.aborted) log.error({ error, scrubRun: id, backend: run.backend }, 'a scrub stopped before its end; it goes on at its next time');
      throw error;
    }
    const [done] = (await scrubs.byIds(sql, [id])).values();
    log.info({ scrubRun: id, backend: run.backend, checked: done?.checked, lost: done?.lost, changed: done?.changed, repaired: done?.repaired }, 'scrub done');
    return done ?? run;
  };
  const tracked = (run: ScrubRun, signal: AbortSignal): Promise<ScrubRun> => {
    const running = carryOut(run, AbortSignal.any([signal, closing.signal]));
    const settled = running.then(() => undefined, () => undefined).finally(() => underWay.delete(settled));
    underWay.add(settled);
    return running;
  };

  const scrub: Scrubber['scrub'] = async (backend, all, signal) => {
    const { result } = await claim(caller, VERB, { backend, all });
    return result === null ? null : tracked(result.scrubRun, signal);
  };
  return {
    scrub,
    async start(who, verb, input) {
      const answer = await claim(who, verb, input);
      // its outcome is in the run and in the log; nobody waits for it here
      if (answer.result !== null && !answer.replayed && !input.dryRun) void tracked(answer.result.scrubRun, closing.signal).catch(() => undefined);
      return answer;
    },
    async resume(signal) {
      const faults: unknown[] = [];
      for (const { backend, all } of await scrubs.cutOff(sql, backends.map(({ name }) => name), clock.now())) await scrub(backend, all, signal).catch((error: unknown) => faults.push(error));
      if (faults.length > 0) throw new AggregateError(faults, 'scrubs stopped again');
    },
    async idle() {
      await Promise.all(underWay);
    },
    async close() {
      closing.abort(new Error('the hub stops'));
      await Promise.all(underWay);
    },
  };
}

/** Why a run stopped, for those who read it in the graph: without what only the log may hold. */
function said(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'the hub was stopped';
  if (error instanceof StorageError) return error.kind === 'unavailable' ? 'the storage does not answer' : `the storage: ${error.kind}`;
  return 'a fault, which is in the log';
}
