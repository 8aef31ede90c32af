import { invalidField, Refused } from '@hubgraph/kit/refusal';
import type { Domain, Repo, Topic, Workstream } from '../../model.ts';
import { workstreams } from '../../store/index.ts';
import { checkVersion, domainOf, repoOf, type Work } from '../common.ts';
import { ensureTopic } from './topic.ts';
import { sizeProblems } from '../sizes.ts';
import { isTaskCode } from '../task-code.ts';
import { WORKSTREAM_CODE } from '../../workplan/codes.ts';
import { syncDependencies } from './dependencies.ts';
import { importWorkplan } from './import.ts';
import type { SyncReport, SyncWorkplanInput } from './input.ts';
import { updateFromFile } from './update.ts';

export type { SyncChange, SyncReport, SyncTask, SyncWorkplanInput } from './input.ts';

/** Where a file puts its workstream. */
export interface Placement {
  readonly domain: Domain;
  readonly repo: Repo | null;
  readonly topic: Topic | null;
}

const MAX_TASKS = 1_000;

/**
 * Brings one workstream and its tasks to what its file says, in this one transaction: a workstream that the graph does not
 * know is taken over as it is (its past recorded as imported), a known one is moved by the ordinary verbs, with their
 * rules. A file that says nothing new changes nothing and records no event.
 */
export async function syncWorkplan(work: Work, input: SyncWorkplanInput): Promise<{ workstream: Workstream; sync: SyncReport } | Refused> {
  const wrong = problems(input);
  if (wrong.length > 0) return new Refused(wrong);
  const domain = await domainOf(work.tx, input.domain);
  if (domain instanceof Refused) return domain;
  const repo = await repoOf(work.tx, input.repo, domain);
  if (repo instanceof Refused) return repo;
  const before = await workstreams.lockByCode(work.tx, input.code);
  const stale = before && checkVersion(before, input.expectedVersion);
  if (stale) return stale;
  const topic = input.topic == null ? null : await ensureTopic(work, input.topic, domain);
  if (topic instanceof Refused) return topic;

  const placement = { domain, repo, topic };
  const synced = before === null ? await importWorkplan(work, input, placement) : await updateFromFile(work, before, input, placement);
  if (synced instanceof Refused) return synced;
  const linked = await syncDependencies(work, synced.workstream, input);
  if (linked instanceof Refused) return linked;
  const changes = [...synced.changes, ...linked.changes];
  const outcome = before === null ? 'CREATED' : changes.length > 0 ? 'UPDATED' : 'UNCHANGED';
  return { workstream: synced.workstream, sync: { outcome, changes, unknownDependencies: linked.unknown } };
}

function problems(input: SyncWorkplanInput) {
  const seen = new Set<string>();
  const doubled = input.tasks.filter((task) => seen.size === seen.add(task.code).size);
  return [
    ...(WORKSTREAM_CODE.test(input.code) ? [] : [invalidField(['code'], 'A code looks like CUST-WP-0025.')]),
    ...(input.title.trim() === '' ? [invalidField(['title'], 'A title is needed.')] : []),
    ...sizeProblems(input),
    ...(input.tasks.length > MAX_TASKS ? [invalidField(['tasks'], `A workplan has at most ${MAX_TASKS} tasks; this one has ${input.tasks.length}.`)] : []),
    ...input.tasks.filter((task) => !isTaskCode(task.code, input.code)).map((task) => invalidField(['tasks', task.code, 'code'], `A task code looks like ${input.code}-T01.`)),
    ...doubled.map((task) => invalidField(['tasks', task.code], `${task.code} stands twice in the file.`)),
    ...(input.status === 'CLOSING' && input.closureReview ? [invalidField(['closureReview'], 'A file that is closing has no finished closure review yet.')] : []),
  ];
}
