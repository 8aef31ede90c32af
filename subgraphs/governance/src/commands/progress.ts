import { newId } from '@hubgraph/kit/ids';
import { invalidField, invalidInput, notFound, Refused } from '@hubgraph/kit/refusal';
import type { ProgressEntry } from '../model.ts';
import { domains, progress, repos, tasks, workstreams } from '../store/index.ts';
import type { Work } from './common.ts';

/** What an entry is about: exactly one slug or code. */
export interface ProgressSubjectInput {
  readonly domain?: string | null;
  readonly repo?: string | null;
  readonly workstream?: string | null;
  readonly task?: string | null;
}

export interface RecordProgressInput {
  readonly eventType: string;
  readonly summary: string;
  readonly details?: unknown;
  readonly subject: ProgressSubjectInput;
}

/** A word or a few, as hubs and agents name what they did: `milestone`, `cleanup.done`. */
const EVENT_TYPE = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._:/-]{0,99}$/u;
/** In characters. The summary travels in the event, which has a limit of its own. */
const MAX_SUMMARY = 4_000;
const MAX_DETAILS = 65_536;

/** Writes an entry into the journal; it is never changed afterwards. */
export async function recordProgress(work: Work, input: RecordProgressInput): Promise<{ progress: ProgressEntry } | Refused> {
  const details = input.details ?? {};
  const wrong = [
    ...(EVENT_TYPE.test(input.eventType) ? [] : [invalidField(['eventType'], 'An event type is one line of 1 to 100 letters, digits, spaces and . _ : / - and begins with a letter or digit.')]),
    ...(input.summary.trim() !== '' && input.summary.length <= MAX_SUMMARY ? [] : [invalidField(['summary'], `A summary has 1 to ${MAX_SUMMARY} characters.`)]),
    ...(JSON.stringify(details).length <= MAX_DETAILS ? [] : [invalidField(['details'], `Details have at most ${MAX_DETAILS} characters of JSON.`)]),
  ];
  if (wrong.length > 0) return new Refused(wrong);
  const place = await placeOfSubject(work, input.subject);
  if (place instanceof Refused) return place;

  const { slugs, ...ids } = place;
  const entry: ProgressEntry = { id: newId(), at: work.now, actor: work.caller.sub, eventType: input.eventType, summary: input.summary, details, ...ids };
  await progress.insert(work.tx, [entry]);
  work.record('progress.recorded', { subject: `progress/${entry.id}`, domain: slugs.domain, data: { id: entry.id, eventType: entry.eventType, summary: entry.summary, repo: slugs.repo, workstream: slugs.workstream, task: slugs.task } });
  return { progress: entry };
}

interface SubjectPlace extends Pick<ProgressEntry, 'domainId' | 'repoId' | 'workstreamId' | 'taskId'> {
  readonly slugs: { readonly domain: string | null; readonly repo: string | null; readonly workstream: string | null; readonly task: string | null };
}

/** The subject and what it belongs to, so that the journal of a domain holds what happened to its tasks. */
async function placeOfSubject({ tx }: Work, subject: ProgressSubjectInput): Promise<SubjectPlace | Refused> {
  if (Object.values(subject).filter((key) => key != null).length !== 1) return invalidInput(['subject'], 'Name exactly one domain, repo, workstream or task.');
  const missing = (noun: keyof ProgressSubjectInput) => notFound(noun, subject[noun] ?? '', ['subject', noun]);

  const task = subject.task == null ? null : (await tasks.byCodes(tx, [subject.task])).get(subject.task);
  if (task === undefined) return missing('task');
  const workstream = task !== null ? (await workstreams.byIds(tx, [task.workstreamId])).get(task.workstreamId) : subject.workstream == null ? null : (await workstreams.byCodes(tx, [subject.workstream])).get(subject.workstream);
  if (workstream === undefined) return missing('workstream');
  const repo = workstream !== null ? (workstream.repoId === null ? null : (await repos.byIds(tx, [workstream.repoId])).get(workstream.repoId)) : subject.repo == null ? null : (await repos.bySlugs(tx, [subject.repo])).get(subject.repo);
  if (repo === undefined) return missing('repo');
  const domainId = workstream?.domainId ?? repo?.domainId;
  const domain = domainId !== undefined ? (await domains.byIds(tx, [domainId])).get(domainId) : (await domains.bySlugs(tx, [subject.domain ?? ''])).get(subject.domain ?? '');
  if (domain === undefined) return missing('domain');
  return {
    domainId: domain.id, repoId: repo?.id ?? null, workstreamId: workstream?.id ?? null, taskId: task?.id ?? null,
    slugs: { domain: domain.slug, repo: repo?.slug ?? null, workstream: workstream?.code ?? null, task: task?.code ?? null },
  };
}
