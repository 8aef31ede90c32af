import { newId } from '@hubgraph/kit/ids';
import { invalidInput, Refused } from '@hubgraph/kit/refusal';
import type { ScrubRun } from '../../model.ts';
import { scrubs } from '../../store/index.ts';
import { audit } from '../audit.ts';
import type { Work } from '../common.ts';

/** In milliseconds: how long a process that says nothing keeps a run. */
export const LEASE = 60_000;
const DAY = 86_400_000;

/** What is to be scrubbed. */
export interface ScrubOrder {
  readonly backend: string;
  /** Everything, and not only what is due. */
  readonly all: boolean;
  /** After how many days sound bytes are due again. */
  readonly days: number;
  /** Names of the backends that there are. */
  readonly backends: readonly string[];
}

/** Whether a process carries the run out now. */
export function isUnderWay(run: ScrubRun, now: Date): boolean {
  return run.finishedAt === null && run.leaseUntil !== null && run.leaseUntil > now;
}

/**
 * Takes a run over a backend for this process: one that was cut off goes on with its counts, else a new one begins. One for
 * everything includes what is due; what is due does not include everything, so that such a run ends where it was cut off.
 */
export async function claimScrub(work: Work, { backend, all, days, backends }: ScrubOrder): Promise<{ scrubRun: ScrubRun } | Refused> {
  if (!backends.includes(backend)) return invalidInput(['backend'], `There is no storage ${backend}; there is ${backends.join(' and ')}.`);
  const { tx, now } = work;
  const before = await scrubs.lockUnfinished(tx, backend);
  if (before !== null && isUnderWay(before, now)) {
    return new Refused([{ type: 'Duplicate', code: 'DUPLICATE', message: `A scrub of ${backend} is under way since ${before.startedAt.toISOString()}; it has read ${before.checked} of ${before.due}.`, path: ['input', 'backend'], existingId: before.id }]);
  }
  const dueBefore = new Date(all ? now : now.getTime() - days * DAY);
  const held = { lease: newId(), leaseUntil: new Date(now.getTime() + LEASE), error: null };
  let scrubRun: ScrubRun;
  if (before !== null && (before.all || !all)) {
    scrubRun = await scrubs.save(tx, before.id, { ...held, ...(before.all || before.dueBefore > dueBefore ? {} : { dueBefore }) });
  } else {
    if (before !== null) await scrubs.save(tx, before.id, { finishedAt: now, error: 'was cut off; a scrub of everything took its place' });
    scrubRun = await scrubs.insert(tx, { id: newId(), backend, all, dueBefore, startedAt: now, finishedAt: null, startedBy: work.caller.sub, ...held, due: 0, checked: 0, bytes: 0n, lost: 0, changed: 0, repaired: 0 });
    await audit(work, { action: 'startScrub', data: { scrubRun: scrubRun.id, backend, all } });
  }
  return { scrubRun };
}
