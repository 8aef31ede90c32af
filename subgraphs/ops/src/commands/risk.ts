import { changed, checkVersion } from '@hubgraph/kit/entity';
import { lineProblems, MAX_LINE, textProblems } from '@hubgraph/kit/fields';
import { isUuid, newId } from '@hubgraph/kit/ids';
import { invalidField, invalidInput, notFound, Refused, transitionRefused, type MutationErrorData } from '@hubgraph/kit/refusal';
import type { OpsEvents } from '../events.ts';
import { riskLifecycle, type RiskFacts } from '../lifecycle/risk.ts';
import type { Risk, RiskStatus } from '../model.ts';
import { risks } from '../store/index.ts';
import type { Work } from './common.ts';
import { secretProblems } from './secrets.ts';
import { subjectProblems, subjectsOf, type SubjectsInput } from './subjects.ts';

/** Event names of a risk. */
type RiskEvent = Extract<keyof OpsEvents, `risk.${string}`>;

const MAX_DESCRIPTION = 10_000;

/** What is written of a risk; undefined stays as it is. Days are UTC midnights. */
interface RiskContent extends SubjectsInput {
  readonly title?: string | null;
  readonly description?: string | null;
  /** 1 to 5. */
  readonly likelihood?: number | null;
  /** 1 to 5. */
  readonly impact?: number | null;
  readonly owner?: string | null;
  readonly reviewDate?: Date | null;
}

export interface SurfaceRiskInput extends RiskContent {
  readonly title: string;
  readonly likelihood: number;
  readonly impact: number;
}

/** Writes a risk down as SURFACED. Its owner is the caller unless another is named. */
export async function surfaceRisk(work: Work, input: SurfaceRiskInput): Promise<{ risk: Risk } | Refused> {
  const wrong = [...contentProblems(work, input), ...subjectProblems(input)];
  if (wrong.length > 0) return new Refused(wrong);
  const { title, description = null, likelihood, impact, reviewDate = null } = input;
  const risk = await risks.insert(work.tx, {
    ...(await subjectsOf(work, input)), id: newId(), title, description, status: 'SURFACED', likelihood, impact, score: likelihood * impact, residualScore: null, owner: input.owner ?? work.caller.sub, level: null, reviewDate,
    decision: null, mitigation: null, reason: null, createdBy: work.caller.sub, createdAt: work.now, updatedAt: work.now, version: 1,
  });
  work.note({ noun: 'Risk', entityId: risk.id, verb: 'surfaceRisk', from: null, to: 'SURFACED' });
  recordRisk(work, 'risk.surfaced', risk, null);
  return { risk };
}

export interface UpdateRiskInput extends RiskContent {
  readonly id: string;
  readonly expectedVersion?: number | null;
}

/** Changes what is written of a risk that is not closed; null clears what may be missing. Nothing to change is no change: no new version, no event. */
export async function updateRisk(work: Work, input: UpdateRiskInput): Promise<{ risk: Risk } | Refused> {
  const before = await lockedRisk(work, input);
  if (before instanceof Refused) return before;
  if (before.status === 'CLOSED') return invalidInput(['id'], 'The risk is CLOSED: nothing is written of it any more. Surface a new one.');
  const subjects = withSubjects(before, input);
  const wrong = [...contentProblems(work, input), ...(subjects === null ? [] : subjectProblems(subjects))];
  const [likelihood, impact] = [input.likelihood ?? before.likelihood, input.impact ?? before.impact];
  if (before.residualScore !== null && before.residualScore > likelihood * impact) wrong.push(invalidField([input.likelihood == null ? 'impact' : 'likelihood'], `The score would be less than the ${before.residualScore} that remain after the mitigation.`));
  if (before.status === 'ACCEPTED' && input.reviewDate === null) wrong.push(invalidField(['reviewDate'], 'An ACCEPTED risk has a review date.'));
  if (wrong.length > 0) return new Refused(wrong);
  const changes = changed(before, {
    ...(subjects === null ? {} : await subjectsOf(work, subjects)), title: input.title ?? undefined, description: input.description, likelihood, impact, score: likelihood * impact, owner: input.owner ?? undefined, reviewDate: input.reviewDate,
  });
  if (changes === null) return { risk: before };
  const risk = await risks.save(work.tx, before, changes, work.now);
  recordRisk(work, 'risk.updated', risk, before.status);
  return { risk };
}

/** The subjects as an update leaves them; null when it names none. */
function withSubjects(before: Risk, input: SubjectsInput): SubjectsInput | null {
  const given = (['service', 'workstream', 'repo', 'domain', 'package', 'subject'] as const).filter((field) => input[field] !== undefined);
  if (given.length === 0) return null;
  const { service, workstream, repo, domain, subject } = before;
  return { service, workstream, repo, domain, package: before.package, subject, ...Object.fromEntries(given.map((field) => [field, input[field]])) };
}

export const RISK_MOVES = ['escalateRisk', 'mitigateRisk', 'acceptRisk', 'resurfaceRisk', 'closeRisk'] as const;
export type RiskMove = (typeof RISK_MOVES)[number];

export interface MoveRiskInput {
  readonly id: string;
  readonly reason?: string | null;
  /** Who receives it, in words. */
  readonly level?: string | null;
  readonly mitigation?: string | null;
  /** 1 to 25, at most the score. */
  readonly residualScore?: number | null;
  /** Id or code of a decision. */
  readonly decision?: string | null;
  readonly reviewDate?: Date | null;
  readonly expectedVersion?: number | null;
}

/** Moves a risk by one of its verbs. */
export async function moveRisk(work: Work, verb: RiskMove, input: MoveRiskInput): Promise<{ risk: Risk } | Refused> {
  const before = await lockedRisk(work, input);
  return before instanceof Refused ? before : moveLocked(work, verb, before, input);
}

/** {@link moveRisk} of a risk that this transaction has locked. */
export async function moveLocked(work: Work, verb: RiskMove, before: Risk, input: Omit<MoveRiskInput, 'id'>): Promise<{ risk: Risk } | Refused> {
  const { reason = null, level = null, mitigation = null, residualScore = null, decision = null, reviewDate = null } = input;
  const wrong = [
    ...textProblems({ reason, mitigation }, MAX_DESCRIPTION),
    ...textProblems({ level, decision }, MAX_LINE),
    ...(residualScore === null || (Number.isInteger(residualScore) && residualScore >= 1 && residualScore <= before.score) ? [] : [invalidField(['residualScore'], `What remains is a whole number from 1 to the risk's score of ${before.score}.`)]),
    ...reviewProblems(work, reviewDate),
    ...secretProblems({ reason, mitigation, level, decision }),
  ];
  if (wrong.length > 0) return new Refused(wrong);
  const facts: RiskFacts = { reason, level, mitigation, residualScore, decision, reviewDate };
  const decided = riskLifecycle.decide(verb, before.status, facts, work.caller);
  if (!decided.moved) return transitionRefused(decided, riskLifecycle.allowed(before.status, facts, work.caller));
  const risk = await risks.save(work.tx, before, { status: decided.to, ...columnsOf(decided.to, facts, before) }, work.now);
  work.note({ noun: 'Risk', entityId: risk.id, verb, from: decided.from, to: decided.to, note: reason ?? mitigation, evidence: decision === null ? [] : [decision] });
  recordRisk(work, decided.emits as RiskEvent, risk, decided.from);
  return { risk };
}

/** What a state writes besides itself. A risk that surfaces again is undecided: what was decided before is in its history. */
function columnsOf(to: RiskStatus, { reason, level, mitigation, residualScore, decision, reviewDate }: RiskFacts, before: Risk): Partial<Risk> {
  switch (to) {
    case 'ESCALATED':
      return { reason, level, reviewDate: reviewDate ?? before.reviewDate };
    case 'MITIGATED':
      return { mitigation, residualScore, reviewDate, reason };
    case 'ACCEPTED':
      return { decision, reviewDate, reason };
    case 'SURFACED':
      return { reason, level: null, residualScore: null, decision: null, reviewDate };
    case 'CLOSED':
      return { reason };
  }
}

/** Locks a risk by id, at the version that the caller expects. */
async function lockedRisk(work: Work, { id, expectedVersion }: { readonly id: string; readonly expectedVersion?: number | null }): Promise<Risk | Refused> {
  const risk = isUuid(id) ? await risks.lockById(work.tx, id) : null;
  return risk === null ? notFound('risk', id) : (checkVersion(risk, expectedVersion) ?? risk);
}

function contentProblems(work: Work, { title, description, likelihood, impact, owner, reviewDate }: RiskContent): MutationErrorData[] {
  const wholes = Object.entries({ likelihood, impact }).filter(([, value]) => value != null && !(Number.isInteger(value) && value >= 1 && value <= 5));
  return [
    ...(title == null ? [] : lineProblems('title', title)),
    ...textProblems({ description }, MAX_DESCRIPTION),
    ...wholes.map(([field]) => invalidField([field], 'A whole number from 1 to 5.')),
    ...(owner == null ? [] : lineProblems('owner', owner)),
    ...reviewProblems(work, reviewDate),
    ...secretProblems({ title, description, owner }),
  ];
}

/** A review that would be over at once is none. */
function reviewProblems(work: Work, reviewDate: Date | null | undefined): MutationErrorData[] {
  return reviewDate == null || reviewDate > work.now ? [] : [invalidField(['reviewDate'], 'A review date is in the future.')];
}

function recordRisk(work: Work, name: RiskEvent, risk: Risk, from: RiskStatus | null): void {
  const { id, status, version, title, score, residualScore, owner, level, subject, service, workstream, repo } = risk;
  work.record(name, { subject: `risk/${id}`, domain: risk.domain, data: { id, from, to: status, version, title, score, residualScore, owner, level, subject, service, workstream, repo, package: risk.package } });
}
