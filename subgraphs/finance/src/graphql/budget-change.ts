import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import type { Scope } from '@hubgraph/kit/identity';
import { draftBudget, moveBudget, updateBudget, type BudgetMove, type DraftBudgetInput, type MoveBudgetInput, type UpdateBudgetInput } from '../commands/budget.ts';
import { inTurn } from '../commands/turns.ts';
import type * as model from '../model/index.ts';
import { builder, type FinanceContext } from './builder.ts';
import './budget.ts';
import { Budget } from './refs.ts';

const WRITE: Scope[][] = [['finance:write']];
type InputFields = Parameters<Parameters<ReturnType<typeof builder.inputRef<DraftBudgetInput>>['implement']>[0]['fields']>[0];

const more = (t: InputFields) => ({
  parentId: t.id({ description: 'Id of the budget that it is a part of: of the same currency, with a period that contains this one.' }),
  actualThresholds: t.intList({ description: 'Percent of what is allocated, 1 to 1000, at which what is spent is told; 80 and 100 when left out.' }),
  forecastThresholds: t.intList({ description: 'Percent of what is allocated, 1 to 1000, at which the forecast is told; 100 when left out.' }),
  owner: t.string({ description: 'Who answers for it; of a new one, the caller when left out.' }),
});

addMutation<FinanceContext, DraftBudgetInput, { budget: model.Budget }>(builder, {
  verb: 'draftBudget',
  description: 'Writes a budget down as DRAFT: it is not in force, and may overlap others.',
  scopes: WRITE,
  input: builder.inputRef<DraftBudgetInput>('DraftBudgetInput').implement({
    description: 'A new budget.',
    fields: (t) => ({
      name: t.string({ required: true, description: 'What it is called; 1 to 500 characters.' }),
      domain: t.string({ required: true, description: 'Slug of the domain that spends it.' }),
      periodStart: t.field({ type: 'Date', required: true, description: 'The first day: the first of a month.' }),
      periodEnd: t.field({ type: 'Date', required: true, description: 'The first day after the last one: the first of a month, at most 10 years later.' }),
      currency: t.string({ required: true, description: 'Its one currency, ISO 4217, such as USD.' }),
      allocated: t.field({ type: 'Decimal', required: true, description: 'What it has, 0 or more.' }),
      ...more(t),
      ...changeFields(t),
    }),
  }),
  payload: { budget: Budget },
  run: (input, verb, context) => context.changes.run<{ budget: model.Budget }>(context.caller, verb, (work) => draftBudget(work, input)),
});
addMutation<FinanceContext, UpdateBudgetInput, { budget: model.Budget }>(builder, {
  verb: 'updateBudget',
  description: 'Changes what is written of a budget: of a DRAFT everything; of one in force its name, owner and thresholds. What is left out stays.',
  scopes: WRITE,
  input: builder.inputRef<UpdateBudgetInput>('UpdateBudgetInput').implement({
    description: 'What changes.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Id of the budget.' }),
      name: t.string({ description: 'What it is called.' }),
      domain: t.string({ description: 'Slug of the domain that spends it.' }),
      periodStart: t.field({ type: 'Date', description: 'The first day: the first of a month.' }),
      periodEnd: t.field({ type: 'Date', description: 'The first day after the last one.' }),
      currency: t.string({ description: 'Its one currency.' }),
      allocated: t.field({ type: 'Decimal', description: 'What it has.' }),
      ...more(t),
      ...changeFields(t),
    }),
  }),
  payload: { budget: Budget },
  run: (input, verb, context) => context.changes.run<{ budget: model.Budget }>(context.caller, verb, (work) => updateBudget(work, input)),
});

const moves: readonly { readonly verb: BudgetMove; readonly description: string; readonly scopes: Scope[][] }[] = [
  { verb: 'activateBudget', description: 'Puts a DRAFT in force. Refused while another budget of its domain and currency covers any of its days, but for those that it is part of and its own parts; and while the parts of its parent would sum to more than that has.', scopes: WRITE },
  { verb: 'reviseBudget', description: 'Changes what an ACTIVE budget has, with a reason; the old amount is kept. Refused below what is committed and spent.', scopes: WRITE },
  { verb: 'freezeBudget', description: 'Takes no new commitments from an ACTIVE budget, nor from its parts, with a reason.', scopes: WRITE },
  { verb: 'unfreezeBudget', description: 'Lets a FROZEN budget take commitments again, with a reason.', scopes: WRITE },
  { verb: 'closeBudget', description: 'Closes a budget when every month of it is closed.', scopes: WRITE },
  { verb: 'reopenBudget', description: 'Puts a CLOSED budget in force again, with a reason. For a steward: corrections normally go into the next open period.', scopes: [['periods:reopen']] },
];
for (const { verb, description, scopes } of moves) {
  addMutation<FinanceContext, MoveBudgetInput, { budget: model.Budget }>(builder, {
    verb,
    description,
    scopes,
    input: builder.inputRef<MoveBudgetInput>(`${verb[0]?.toUpperCase()}${verb.slice(1)}Input`).implement({
      description: 'Which budget, and what the verb needs.',
      fields: (t) => ({
        id: t.id({ required: true, description: 'Id of the budget.' }),
        ...(verb === 'reviseBudget' ? { allocated: t.field({ type: 'Decimal', required: true, description: 'What it is to have.' }) } : {}),
        reason: t.string({ description: 'Why.' }),
        ...changeFields(t),
      }) as never,
    }),
    payload: { budget: Budget },
    run: (input, call, context) => inTurn(context, 'Budget', input.id, () => context.changes.run<{ budget: model.Budget }>(context.caller, call, (work) => moveBudget(work, verb, input))),
  });
}
