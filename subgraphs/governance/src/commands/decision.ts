import { lineProblems, MAX_LINE, textProblems } from '@hubgraph/kit/fields';
import { isUuid, newId } from '@hubgraph/kit/ids';
import { invalidField, invalidInput, notFound, Refused, transitionRefused, type MutationErrorData } from '@hubgraph/kit/refusal';
import { codes } from '../errors.ts';
import { decisionLifecycle, type DecisionFacts } from '../lifecycle/decision.ts';
import type { Decision, DecisionOption, Workstream } from '../model.ts';
import { decisions, domains, workstreams } from '../store/index.ts';
import { changed, checkVersion, placeOf, type Work } from './common.ts';

const MAX_LIST = 50;

/** The parts of a decision that are frozen once it is accepted. */
interface DecisionText {
  readonly context?: string | null;
  readonly options?: readonly DecisionOption[] | null;
  readonly choice?: string | null;
  readonly rationale?: string | null;
  readonly consequences?: string | null;
  readonly deciders?: readonly string[] | null;
}

export interface ProposeDecisionInput extends DecisionText {
  readonly title: string;
  /** Slugs; the domain of the workstream is added. */
  readonly domains?: readonly string[] | null;
  /** Code. */
  readonly workstream?: string | null;
  readonly blocking?: boolean | null;
}

/** Writes a decision down as PROPOSED. */
export async function proposeDecision(work: Work, input: ProposeDecisionInput): Promise<{ decision: Decision } | Refused> {
  const wrong = [...lineProblems('title', input.title), ...contentProblems(input)];
  if (wrong.length > 0) return new Refused(wrong);
  const workstream = input.workstream == null ? null : await workstreamHeld(work, input.workstream, input.blocking === true);
  if (workstream instanceof Refused) return workstream;
  const bound = await boundDomains(work, input.domains ?? [], workstream);
  if (bound instanceof Refused) return bound;

  const decision = await decisions.insert(work.tx, {
    id: newId(), title: input.title, context: input.context ?? null, options: input.options ?? [], choice: input.choice ?? null, rationale: input.rationale ?? null, consequences: input.consequences ?? null,
    deciders: input.deciders ?? [], status: 'PROPOSED', blocking: input.blocking ?? false, domains: bound, workstreamId: workstream?.id ?? null, supersededById: null,
    createdBy: work.caller.sub, createdAt: work.now, updatedAt: work.now, decidedAt: null, version: 1,
  });
  work.note({ noun: 'Decision', entityId: decision.id, verb: 'proposeDecision', from: null, to: 'PROPOSED' });
  await recordDecision(work, 'decision.proposed', decision, null);
  return { decision };
}

/** What may change of a proposed decision: what is undefined stays, null clears. */
export interface UpdateDecisionInput extends DecisionText {
  readonly id: string;
  readonly title?: string | null;
  readonly expectedVersion?: number | null;
}

/** Changes the text of a proposed decision; afterwards it is frozen. Nothing to change is no change: no new version, no event. */
export async function updateDecision(work: Work, input: UpdateDecisionInput): Promise<{ decision: Decision } | Refused> {
  const before = await lockDecision(work, input);
  if (before instanceof Refused) return before;
  const wrong = [...lineProblems('title', input.title), ...contentProblems(input)];
  if (wrong.length > 0) return new Refused(wrong);
  if (before.status !== 'PROPOSED') {
    const unmet = [{ code: 'TEXT_FROZEN', message: codes.TEXT_FROZEN.say, refs: [] }];
    return transitionRefused({ moved: false, from: before.status, to: null, verb: 'updateDecision', unmet }, decisionLifecycle.allowed(before.status, decisionFacts(work, before, {}), work.caller));
  }
  const changes = changed(before, { title: input.title ?? undefined, ...textOf(input) });
  if (changes === null) return { decision: before };
  const decision = await decisions.save(work.tx, before, changes, work.now);
  await recordDecision(work, 'decision.updated', decision, before.status);
  return { decision };
}

export type DecisionMove = 'acceptDecision' | 'rejectDecision' | 'supersedeDecision' | 'deprecateDecision';

export interface MoveDecisionInput extends Pick<DecisionText, 'choice' | 'rationale' | 'consequences' | 'deciders'> {
  readonly id: string;
  readonly reason?: string | null;
  /** Id of the accepted decision that supersedes this one. */
  readonly by?: string | null;
  readonly expectedVersion?: number | null;
}

/** Moves a decision by one of its verbs. Accepting may write the last of its text; superseding names its successor. */
export async function moveDecision(work: Work, verb: DecisionMove, input: MoveDecisionInput): Promise<{ decision: Decision } | Refused> {
  // Both at once, in the common order: the successor must still be accepted when this commits.
  const by = verb === 'supersedeDecision' ? (input.by ?? null) : null;
  const successor = by === null ? null : ((await decisions.lockAll(work.tx, [input.id, by].filter(isUuid))).find((found) => found.id === by.toLowerCase()) ?? notFound('decision', by, ['by']));
  const before = await lockDecision(work, input);
  if (before instanceof Refused) return before;
  if (successor instanceof Refused) return successor;
  const wrong = [...contentProblems(input), ...textProblems({ reason: input.reason })];
  if (wrong.length > 0) return new Refused(wrong);
  const written = verb === 'acceptDecision' ? textOf(input) : {};
  const facts = decisionFacts(work, { ...before, ...written }, { reason: input.reason ?? null, acceptedSuccessor: successor !== null && successor.id !== before.id && successor.status === 'ACCEPTED' ? successor.id : null });
  const decided = decisionLifecycle.decide(verb, before.status, facts, work.caller);
  if (!decided.moved) return transitionRefused(decided, decisionLifecycle.allowed(before.status, facts, work.caller));

  const decidedAt = decided.from === 'PROPOSED' ? work.now : before.decidedAt;
  const decision = await decisions.save(work.tx, before, { ...written, status: decided.to, supersededById: facts.acceptedSuccessor, decidedAt }, work.now);
  work.note({ noun: 'Decision', entityId: decision.id, verb, from: decided.from, to: decided.to, note: input.reason ?? (verb === 'acceptDecision' ? decision.choice : null), evidence: facts.acceptedSuccessor === null ? [] : [facts.acceptedSuccessor] });
  await recordDecision(work, decided.emits as DecisionEvent, decision, decided.from);
  return { decision };
}

/** The facts of a decision for its guards, with those that the verb brings. */
function decisionFacts(work: Work, decision: Decision, brought: Partial<DecisionFacts>): DecisionFacts {
  const { options, choice, rationale, deciders } = decision;
  return { options, choice, rationale, deciders, domains: decision.domains, callerIsSteward: decidesAcrossDomains(work.caller), reason: null, acceptedSuccessor: null, ...brought };
}

/** Whether somebody may decide what binds several domains. */
export function decidesAcrossDomains(caller: { readonly roles: readonly string[] }): boolean {
  return caller.roles.includes('steward') || caller.roles.includes('system');
}

async function lockDecision(work: Work, input: { readonly id: string; readonly expectedVersion?: number | null }): Promise<Decision | Refused> {
  const decision = isUuid(input.id) ? await decisions.lockById(work.tx, input.id) : null;
  if (decision === null) return notFound('decision', input.id);
  return checkVersion(decision, input.expectedVersion) ?? decision;
}

const CLOSED: readonly Workstream['status'][] = ['COMPLETED', 'CANCELLED', 'ARCHIVED'];

/** The workstream of a code, held against a change of state: it must not be completed while a decision that blocks it is written. */
async function workstreamHeld(work: Work, code: string, blocking: boolean): Promise<Workstream | Refused> {
  const seen = (await workstreams.byCodes(work.tx, [code])).get(code);
  const workstream = seen === undefined ? null : await workstreams.share(work.tx, seen.id);
  if (workstream === null) return notFound('workstream', code, ['workstream']);
  return blocking && CLOSED.includes(workstream.status) ? invalidInput(['blocking'], `${code} is ${workstream.status}; nothing can block its closing any more.`) : workstream;
}

/** Slugs of the domains that a decision binds, sorted; the domain of its workstream is always one. */
async function boundDomains(work: Work, slugs: readonly string[], workstream: Workstream | null): Promise<string[] | Refused> {
  if (slugs.length > MAX_LIST) return invalidInput(['domains'], `At most ${MAX_LIST} domains.`);
  const known = await domains.bySlugs(work.tx, slugs);
  const unknown = slugs.flatMap((slug, index) => (known.has(slug) ? [] : notFound('domain', slug, ['domains', String(index)]).errors));
  if (unknown.length > 0) return new Refused(unknown);
  const own = workstream === null ? [] : [(await placeOf(work.tx, workstream)).domain];
  const bound = [...new Set([...slugs, ...own])].sort();
  return bound.length > 0 ? bound : invalidInput(['domains'], 'Name the domains that it binds, or its workstream.');
}

/** The text that an input gives; lists are cleared by null. */
function textOf(input: DecisionText): Partial<Decision> {
  const given = {
    context: input.context, choice: input.choice, rationale: input.rationale, consequences: input.consequences,
    options: input.options === null ? [] : input.options?.map((option) => ({ title: option.title, description: option.description ?? null })),
    deciders: input.deciders === null ? [] : input.deciders,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function contentProblems(input: DecisionText): MutationErrorData[] {
  const { context, choice, rationale, consequences } = input;
  const options = input.options ?? [];
  const deciders = input.deciders ?? [];
  const line = (text: string) => text.trim() !== '' && text.length <= MAX_LINE;
  return [
    ...textProblems({ context, choice, rationale, consequences }),
    ...(options.length <= MAX_LIST && options.every((option) => line(option.title) && textProblems({ description: option.description }).length === 0) ? [] : [invalidField(['options'], `At most ${MAX_LIST} options, each with a title of 1 to ${MAX_LINE} characters.`)]),
    ...(deciders.length <= MAX_LIST && deciders.every(line) ? [] : [invalidField(['deciders'], `At most ${MAX_LIST} deciders, each with 1 to ${MAX_LINE} characters.`)]),
  ];
}

type DecisionEvent = `decision.${'proposed' | 'updated' | 'accepted' | 'rejected' | 'superseded' | 'deprecated'}`;

/** The event belongs to a domain only when the decision binds just that one. */
async function recordDecision(work: Work, name: DecisionEvent, decision: Decision, from: Decision['status'] | null): Promise<void> {
  const workstream = decision.workstreamId === null ? undefined : (await workstreams.byIds(work.tx, [decision.workstreamId])).get(decision.workstreamId);
  work.record(name, {
    subject: `decision/${decision.id}`,
    domain: decision.domains.length === 1 ? decision.domains[0] : null,
    data: { id: decision.id, title: decision.title, from, to: decision.status, version: decision.version, domains: [...decision.domains], workstream: workstream?.code ?? null, blocking: decision.blocking, supersededBy: decision.supersededById },
  });
}
