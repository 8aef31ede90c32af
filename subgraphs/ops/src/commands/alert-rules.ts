import { lineProblems, MAX_LINE, textProblems } from '@hubgraph/kit/fields';
import { isUuid, newId } from '@hubgraph/kit/ids';
import { checkVersion } from '@hubgraph/kit/entity';
import { duplicate, invalidField, invalidInput, notFound, Refused, type MutationErrorData } from '@hubgraph/kit/refusal';
import { isAlertField, isLabelName, matcherProblems } from '../alert/matchers.ts';
import { silenceState } from '../alert/state.ts';
import type { InhibitionRule, Matcher, Silence } from '../model.ts';
import { inhibitions, silences } from '../store/index.ts';
import type { Work } from './common.ts';
import { secretProblems } from './secrets.ts';

const DAY = 86_400_000;
/** Longer silences hide what should be mended; a steward may. */
export const MAX_SILENCE_DAYS = 30;
const MAX_STEWARD_DAYS = 366;
/** Every alert is held against all of them. */
export const MAX_SILENCES = 200;
export const MAX_INHIBITION_RULES = 50;
const MAX_COMMENT = 2_000;
const MAX_EQUAL = 10;

export interface SilenceAlertsInput {
  readonly matchers: readonly Matcher[];
  /** Now when left out. */
  readonly startsAt?: Date | null;
  readonly endsAt: Date;
  readonly comment: string;
}

/** Says that nobody needs to hear of the alerts that fit all matchers, for a time. They stay as they are: raised, counted, listed. */
export async function silenceAlerts(work: Work, input: SilenceAlertsInput): Promise<{ silence: Silence } | Refused> {
  const { matchers, endsAt, comment } = input;
  const startsAt = input.startsAt ?? work.now;
  const days = work.caller.roles.includes('steward') || work.caller.roles.includes('system') ? MAX_STEWARD_DAYS : MAX_SILENCE_DAYS;
  const wrong = [
    ...problemsAt('matchers', matchers),
    ...(startsAt < work.now ? [invalidField(['startsAt'], 'A silence begins now or later.')] : []),
    ...(endsAt > startsAt ? [] : [invalidField(['endsAt'], 'A silence ends after it begins.')]),
    ...(endsAt.getTime() - startsAt.getTime() > days * DAY ? [invalidField(['endsAt'], `A silence lasts at most ${days} days${days === MAX_SILENCE_DAYS ? '; a longer one is for a steward' : ''}.`)] : []),
    ...(startsAt.getTime() - work.now.getTime() > MAX_STEWARD_DAYS * DAY ? [invalidField(['startsAt'], `A silence begins within ${MAX_STEWARD_DAYS} days.`)] : []),
    ...lineProblems('comment', comment.slice(0, MAX_LINE)),
    ...textProblems({ comment }, MAX_COMMENT),
    ...secretProblems({ comment }),
  ];
  if (wrong.length > 0) return new Refused(wrong);
  if ((await silences.countUnexpired(work.tx, work.now)) >= MAX_SILENCES) return invalidInput([], `There are ${MAX_SILENCES} silences that have not ended: end one, or widen one by its matchers.`);
  const silence = await silences.insert(work.tx, { id: newId(), matchers: matchers.map(plain), startsAt, endsAt, comment, createdBy: work.caller.sub, createdAt: work.now, endedBy: null, version: 1 });
  work.note({ noun: 'Silence', entityId: silence.id, verb: 'silenceAlerts', from: null, to: silenceState(silence, work.now), note: comment });
  return { silence };
}

/** Ends a silence now. One that is over stays as it is. */
export async function endSilence(work: Work, input: { readonly id: string; readonly expectedVersion?: number | null }): Promise<{ silence: Silence } | Refused> {
  const before = isUuid(input.id) ? await silences.lockById(work.tx, input.id) : null;
  if (before === null) return notFound('silence', input.id);
  const stale = checkVersion(before, input.expectedVersion);
  if (stale !== null) return stale;
  const state = silenceState(before, work.now);
  if (state === 'EXPIRED') return { silence: before };
  const silence = await silences.end(work.tx, before, work.caller.sub, work.now);
  work.note({ noun: 'Silence', entityId: silence.id, verb: 'endSilence', from: state, to: 'EXPIRED' });
  return { silence };
}

export interface AddInhibitionRuleInput {
  readonly name: string;
  readonly source: readonly Matcher[];
  readonly target: readonly Matcher[];
  readonly equal?: readonly string[] | null;
  readonly comment?: string | null;
}

/** Says that while an alert that fits `source` is open, those that fit `target` and have the same under every name of `equal` say nothing new. */
export async function addInhibitionRule(work: Work, input: AddInhibitionRuleInput): Promise<{ rule: InhibitionRule } | Refused> {
  const { name, source, target, comment = null } = input;
  const equal = [...new Set(input.equal ?? [])];
  const wrong = [
    ...lineProblems('name', name),
    ...problemsAt('source', source),
    ...problemsAt('target', target),
    ...(equal.length > MAX_EQUAL ? [invalidField(['equal'], `At most ${MAX_EQUAL} names.`)] : []),
    ...equal.flatMap((label, index) => (isAlertField(label) || isLabelName(label) ? [] : [invalidField(['equal', String(index)], 'This is neither a label nor a field that matchers know.')])),
    ...textProblems({ comment }, MAX_COMMENT),
    ...secretProblems({ comment }),
  ];
  if (wrong.length > 0) return new Refused(wrong);
  if ((await inhibitions.count(work.tx)) >= MAX_INHIBITION_RULES) return invalidInput([], `There are ${MAX_INHIBITION_RULES} inhibition rules: remove one first.`);
  const rule = await inhibitions.insert(work.tx, { id: newId(), name, source: source.map(plain), target: target.map(plain), equal, comment, createdBy: work.caller.sub, createdAt: work.now, version: 1 });
  if (rule === null) return duplicate('inhibition rule', name, (await inhibitions.byNames(work.tx, [name])).get(name)?.id ?? '', ['name']);
  work.note({ noun: 'InhibitionRule', entityId: rule.id, verb: 'addInhibitionRule', from: null, to: 'ACTIVE', note: comment });
  return { rule };
}

/** Removes a rule; alerts that it held back are heard of again. */
export async function removeInhibitionRule(work: Work, input: { readonly id: string; readonly expectedVersion?: number | null }): Promise<{ rule: InhibitionRule } | Refused> {
  const rule = isUuid(input.id) ? await inhibitions.lockById(work.tx, input.id) : null;
  if (rule === null) return notFound('inhibition rule', input.id);
  const stale = checkVersion(rule, input.expectedVersion);
  if (stale !== null) return stale;
  await inhibitions.remove(work.tx, rule);
  work.note({ noun: 'InhibitionRule', entityId: rule.id, verb: 'removeInhibitionRule', from: 'ACTIVE', to: 'REMOVED' });
  return { rule };
}

function problemsAt(field: string, matchers: readonly Matcher[]): MutationErrorData[] {
  return [
    ...matcherProblems(matchers).map(({ index, message }) => invalidField(index < 0 ? [field] : [field, String(index)], message)),
    ...matchers.flatMap(({ value }, index) => secretProblems({ value }, [field, String(index)])),
  ];
}

/** Inputs of GraphQL have no prototype; what is stored is written down as what it is. */
function plain({ name, operator, value }: Matcher): Matcher {
  return { name, operator, value };
}
