import { textProblems } from '@hubgraph/kit/fields';
import { newId } from '@hubgraph/kit/ids';
import { duplicate, invalidInput, notFound, Refused } from '@hubgraph/kit/refusal';
import { codes } from '../errors.ts';
import type { Dependency, DependencyKind } from '../model.ts';
import { dependencies, domains, tasks, workstreams } from '../store/index.ts';
import type { Work } from './common.ts';

/** One end of a dependency: exactly one of the two codes. */
export interface EndInput {
  readonly workstream?: string | null;
  readonly task?: string | null;
}

export interface AddDependencyInput {
  readonly from: EndInput;
  readonly on: EndInput;
  readonly reason?: string | null;
}

/** Notes that `from` waits for `on`. Refuses itself, what exists already, and what would close a cycle. */
export async function addDependency(work: Work, input: AddDependencyInput): Promise<{ dependency: Dependency } | Refused> {
  const ends = await bothEnds(work, input);
  if (ends instanceof Refused) return ends;
  const { from, on } = ends;
  const wrong = textProblems({ reason: input.reason });
  if (wrong.length > 0) return new Refused(wrong);
  if (from.id === on.id) return invalidInput(['on'], `${from.code} cannot depend on itself.`);
  await dependencies.lockGraph(work.tx);
  const existing = await dependencies.lockBetween(work.tx, from.id, on.id);
  if (existing !== null) return duplicate('dependency', `of ${from.code} on ${on.code}`, existing.id, ['on']);
  const path = await dependencies.pathBetween(work.tx, on.id, from.id);
  if (path !== null) return invalidInput(['on'], `${codes.CYCLE.say} ${[from.code, ...path].join(' -> ')}`);

  const dependency = await dependencies.insert(work.tx, { id: newId(), fromKind: from.kind, fromId: from.id, toKind: on.kind, toId: on.id, reason: input.reason ?? null, createdBy: work.caller.sub, createdAt: work.now });
  await recordDependency(work, 'dependency.added', dependency, from, on);
  return { dependency };
}

export interface RemoveDependencyInput {
  readonly from: EndInput;
  readonly on: EndInput;
}

/** Takes a dependency away; the answer is what it was. */
export async function removeDependency(work: Work, input: RemoveDependencyInput): Promise<{ dependency: Dependency } | Refused> {
  const ends = await bothEnds(work, input);
  if (ends instanceof Refused) return ends;
  const { from, on } = ends;
  const dependency = await dependencies.lockBetween(work.tx, from.id, on.id);
  if (dependency === null) return notFound('dependency', `of ${from.code} on ${on.code}`, ['on']);
  await dependencies.remove(work.tx, dependency.id);
  await recordDependency(work, 'dependency.removed', dependency, from, on);
  return { dependency };
}

interface End {
  readonly kind: DependencyKind;
  readonly id: string;
  readonly code: string;
  readonly workstreamId: string;
}

async function bothEnds(work: Work, input: { readonly from: EndInput; readonly on: EndInput }): Promise<{ from: End; on: End } | Refused> {
  const [from, on] = [await endOf(work, input.from, 'from'), await endOf(work, input.on, 'on')];
  const errors = [from, on].flatMap((end) => (end instanceof Refused ? end.errors : []));
  return from instanceof Refused || on instanceof Refused ? new Refused(errors) : { from, on };
}

async function endOf(work: Work, { workstream, task }: EndInput, field: string): Promise<End | Refused> {
  if ((workstream == null) === (task == null)) return invalidInput([field], 'Give the code of a workstream or of a task, and not both.');
  if (task != null) {
    const found = (await tasks.byCodes(work.tx, [task])).get(task);
    return found === undefined ? notFound('task', task, [field, 'task']) : { kind: 'TASK', id: found.id, code: found.code, workstreamId: found.workstreamId };
  }
  const found = (await workstreams.byCodes(work.tx, [workstream ?? ''])).get(workstream ?? '');
  return found === undefined ? notFound('workstream', workstream ?? '', [field, 'workstream']) : { kind: 'WORKSTREAM', id: found.id, code: found.code, workstreamId: found.id };
}

async function recordDependency(work: Work, name: 'dependency.added' | 'dependency.removed', dependency: Dependency, from: End, on: End): Promise<void> {
  const workstream = (await workstreams.byIds(work.tx, [from.workstreamId])).get(from.workstreamId);
  const domain = workstream && (await domains.byIds(work.tx, [workstream.domainId])).get(workstream.domainId);
  work.record(name, { subject: `dependency/${dependency.id}`, domain: domain?.slug, data: { id: dependency.id, from: from.code, on: on.code } });
}
