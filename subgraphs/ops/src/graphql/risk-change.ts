import type { ChangeInput } from '@hubgraph/kit/change';
import type { Scope } from '@hubgraph/kit/identity';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { moveRisk, surfaceRisk, updateRisk, type MoveRiskInput, type RiskMove, type SurfaceRiskInput, type UpdateRiskInput } from '../commands/risk.ts';
import type * as model from '../model.ts';
import { builder, SubjectKind, type OpsContext } from './builder.ts';
import { Risk } from './refs.ts';
import { subjectInputs } from './subject.ts';

const WRITE = [['ops:write']] as const;
/** Stewards have no ops:write. */
const WRITE_OR_STEWARD = [['ops:write'], ['gates:waive']] as const;
type InputFields = Parameters<NonNullable<Parameters<typeof builder.inputType>[1]['fields']>>[0];

/** Days come as text, and are kept as the midnight of UTC that they begin with. */
type WithDay<Input extends { readonly reviewDate?: Date | null }> = Omit<Input, 'reviewDate'> & ChangeInput & { readonly reviewDate?: string | null };
const dated = <Input extends { readonly reviewDate?: string | null }>(input: Input) => ({ ...input, reviewDate: input.reviewDate == null ? (input.reviewDate as null | undefined) : new Date(input.reviewDate) });

const content = (t: InputFields) => ({
  description: t.string({ description: 'What else is known; Markdown, at most 10,000 characters.' }),
  owner: t.string({ description: 'Who answers for it; of a new one, the caller when left out.' }),
  reviewDate: t.field({ type: 'Date', description: 'The day by which it is looked at again, in the future.' }),
  subject: t.field({ type: SubjectKind, description: 'What it is about first of all; the first of service, workstream, repo, domain and package that is given, when left out.' }),
  ...subjectInputs(t),
});

addMutation<OpsContext, WithDay<SurfaceRiskInput>, { risk: model.Risk }>(builder, {
  verb: 'surfaceRisk',
  description: 'Writes down that something may go wrong, as SURFACED. One whose score reaches 20 (unless set otherwise), or whose review date is over before somebody decides, escalates by itself.',
  scopes: WRITE_OR_STEWARD,
  input: builder.inputRef<WithDay<SurfaceRiskInput>>('SurfaceRiskInput').implement({
    description: 'A new risk, about at least one service, workstream, repo, domain or package. Texts that hold a secret are refused.',
    fields: (t) => ({
      title: t.string({ required: true, description: 'What may go wrong; 1 to 500 characters.' }),
      likelihood: t.int({ required: true, description: 'How likely it is: 1 (rare) to 5 (almost certain).' }),
      impact: t.int({ required: true, description: 'How bad it would be: 1 (hardly noticed) to 5 (the end).' }),
      ...content(t),
      ...changeFields(t),
    }),
  }),
  payload: { risk: Risk },
  run: (input, verb, context) => context.changes.run<{ risk: model.Risk }>(context.caller, verb, (work) => surfaceRisk(work, dated(input))),
});
addMutation<OpsContext, WithDay<UpdateRiskInput>, { risk: model.Risk }>(builder, {
  verb: 'updateRisk',
  description: 'Changes what is written of a risk that is not CLOSED. What is left out stays; null clears what may be missing.',
  scopes: WRITE_OR_STEWARD,
  input: builder.inputRef<WithDay<UpdateRiskInput>>('UpdateRiskInput').implement({
    description: 'What changes.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Id of the risk.' }),
      title: t.string({ description: 'What may go wrong.' }),
      likelihood: t.int({ description: 'How likely it is, 1 to 5.' }),
      impact: t.int({ description: 'How bad it would be, 1 to 5.' }),
      ...content(t),
      ...changeFields(t),
    }),
  }),
  payload: { risk: Risk },
  run: (input, verb, context) => context.changes.run<{ risk: model.Risk }>(context.caller, verb, (work) => updateRisk(work, dated(input))),
});

type Brought = 'reason' | 'level' | 'mitigation' | 'residualScore' | 'decision' | 'reviewDate';
const brought: Readonly<Record<Brought, (t: InputFields) => object>> = {
  reason: (t) => t.string({ description: 'Why.' }),
  level: (t) => t.string({ description: 'Who receives it: a role, a person or a body.' }),
  mitigation: (t) => t.string({ description: 'What was done.' }),
  residualScore: (t) => t.int({ description: 'The score that remains: 1 to the present score.' }),
  decision: (t) => t.string({ description: 'Id or code of the decision.' }),
  reviewDate: (t) => t.field({ type: 'Date', description: 'The day by which it is looked at again, in the future.' }),
};
const moves: readonly { readonly verb: RiskMove; readonly description: string; readonly scopes: readonly (readonly Scope[])[]; readonly brings: readonly Brought[] }[] = [
  { verb: 'escalateRisk', description: 'Gives a SURFACED risk to a higher level, with a reason.', scopes: WRITE, brings: ['reason', 'level', 'reviewDate'] },
  { verb: 'mitigateRisk', description: 'Says what was done about a SURFACED or ESCALATED risk, and the score that remains. With a review date it surfaces again when that is over.', scopes: WRITE, brings: ['mitigation', 'residualScore', 'reviewDate', 'reason'] },
  { verb: 'acceptRisk', description: 'Says that a SURFACED or ESCALATED risk is borne, by a decision and until a review date; when that is over it surfaces again. For a steward.', scopes: [['gates:waive'], ['ops:write']], brings: ['decision', 'reviewDate', 'reason'] },
  { verb: 'resurfaceRisk', description: 'Says that a MITIGATED or ACCEPTED risk is there again, with a reason: it has to be decided anew.', scopes: WRITE_OR_STEWARD, brings: ['reason', 'reviewDate'] },
  { verb: 'closeRisk', description: 'Says that the subject of a risk is gone, with a reason. For a maintainer; a closed risk stays closed.', scopes: WRITE, brings: ['reason'] },
];
for (const { verb, description, scopes, brings } of moves) {
  addMutation<OpsContext, WithDay<MoveRiskInput>, { risk: model.Risk }>(builder, {
    verb,
    description,
    scopes,
    input: builder.inputRef<WithDay<MoveRiskInput>>(`${verb[0]?.toUpperCase()}${verb.slice(1)}Input`).implement({
      description: 'Which risk, and what the verb needs.',
      fields: (t) => ({ id: t.id({ required: true, description: 'Id of the risk.' }), ...Object.fromEntries(brings.map((field) => [field, brought[field](t)])), ...changeFields(t) }) as never,
    }),
    payload: { risk: Risk },
    run: (input, call, context) => context.changes.run<{ risk: model.Risk }>(context.caller, call, (work) => moveRisk(work, verb, dated(input))),
  });
}
