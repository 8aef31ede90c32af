import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import type { Scope } from '@hubgraph/kit/identity';
import { cancelCommitment, proposeCommitment, signCommitment, supersedeCommitment, type EndCommitmentInput, type ProposeCommitmentInput, type SignCommitmentInput } from '../commands/commitment.ts';
import { recordPayment, type RecordPaymentInput } from '../commands/payment.ts';
import { inTurn } from '../commands/turns.ts';
import type * as model from '../model/index.ts';
import { builder, Cadence, CommitmentKind, type FinanceContext } from './builder.ts';
import './commitment.ts';
import { Commitment, Payment } from './refs.ts';

const WRITE: Scope[][] = [['finance:write']];
type Changed = { commitment: model.Commitment };

addMutation<FinanceContext, ProposeCommitmentInput, Changed>(builder, {
  verb: 'proposeCommitment',
  description: 'Writes down what is to be promised, as PROPOSED: it takes nothing of its budget before it is signed.',
  scopes: WRITE,
  input: builder.inputRef<ProposeCommitmentInput>('ProposeCommitmentInput').implement({
    description: 'A new commitment; at least one instalment falls into the period of its budget.',
    fields: (t) => ({
      budgetId: t.id({ required: true, description: 'Id of the budget that it takes from.' }),
      kind: t.field({ type: CommitmentKind, required: true, description: 'What it is.' }),
      title: t.string({ required: true, description: 'For what; 1 to 500 characters.' }),
      supplier: t.string({ description: 'To whom.' }),
      workstream: t.string({ description: 'Code of the workstream that it is for, which is not completed while the commitment is PROPOSED or PENDING. Only its shape is checked.' }),
      amount: t.field({ type: 'Decimal', required: true, description: 'What is to be paid each time, greater than 0.' }),
      currency: t.string({ description: 'Its currency, ISO 4217; that of the budget when left out.' }),
      cadence: t.field({ type: Cadence, required: true, description: 'How often.' }),
      start: t.field({ type: 'Date', required: true, description: 'The day of the first instalment.' }),
      end: t.field({ type: 'Date', description: 'The first day after the last one; without end when left out.' }),
      ...changeFields(t),
    }),
  }),
  payload: { commitment: Commitment },
  run: (input, verb, context) => context.changes.run<Changed>(context.caller, verb, (work) => proposeCommitment(work, input)),
});
addMutation<FinanceContext, SignCommitmentInput, Changed>(builder, {
  verb: 'signCommitment',
  description: 'Signs a PROPOSED commitment: PENDING until its start, else ACTIVE. Refused while its budget, or one that this is a part of, is not in force or has not that much left; a decision overrides the latter.',
  scopes: WRITE,
  input: builder.inputRef<SignCommitmentInput>('SignCommitmentInput').implement({
    description: 'Which one.',
    fields: (t) => ({ id: t.id({ required: true, description: 'Id of the commitment.' }), overrideDecision: t.string({ description: 'Id or code of the decision to take it though the budget has no room.' }), ...changeFields(t) }),
  }),
  payload: { commitment: Commitment },
  run: (input, verb, context) => inTurn(context, 'Commitment', input.id, () => context.changes.run<Changed>(context.caller, verb, (work) => signCommitment(work, input))),
});
addMutation<FinanceContext, EndCommitmentInput, Changed>(builder, {
  verb: 'cancelCommitment',
  description: 'Ends a PROPOSED, PENDING or ACTIVE commitment early, with a reason. What is to be paid before the new end stays committed until then; the rest is available again.',
  scopes: WRITE,
  input: builder.inputRef<EndCommitmentInput>('CancelCommitmentInput').implement({
    description: 'Which one, when and why.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Id of the commitment.' }),
      end: t.field({ type: 'Date', description: 'The first day on which nothing is to be paid any more; not after its present end.' }),
      reason: t.string({ description: 'Why.' }),
      penalty: t.string({ description: 'What ending early costs, in words; the amount itself is a cost or another commitment.' }),
      ...changeFields(t),
    }),
  }),
  payload: { commitment: Commitment },
  run: (input, verb, context) => inTurn(context, 'Commitment', input.id, () => context.changes.run<Changed>(context.caller, verb, (work) => cancelCommitment(work, input))),
});
addMutation<FinanceContext, EndCommitmentInput, Changed>(builder, {
  verb: 'supersedeCommitment',
  description: 'Says that another commitment of the domain takes the place of an ACTIVE one, from the start of that on: what is to be paid before stays committed. Sign the successor after it, so that it finds the room.',
  scopes: WRITE,
  input: builder.inputRef<EndCommitmentInput>('SupersedeCommitmentInput').implement({
    description: 'Which one, and by what.',
    fields: (t) => ({ id: t.id({ required: true, description: 'Id of the commitment.' }), successorId: t.id({ description: 'Id of the PROPOSED, PENDING or ACTIVE commitment that takes its place.' }), reason: t.string({ description: 'Why.' }), ...changeFields(t) }),
  }),
  payload: { commitment: Commitment },
  run: (input, verb, context) => inTurn(context, 'Commitment', input.id, () => context.changes.run<Changed>(context.caller, verb, (work) => supersedeCommitment(work, input))),
});
addMutation<FinanceContext, RecordPaymentInput, { commitment: model.Commitment; payment: model.Payment }>(builder, {
  verb: 'recordPayment',
  description: 'Records that a part of a signed commitment was paid: it moves from committed to spent, never both. Refused for more than is open, in a closed month, and twice by one reference.',
  scopes: WRITE,
  input: builder.inputRef<RecordPaymentInput>('RecordPaymentInput').implement({
    description: 'What was paid.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Id of the commitment.' }),
      amount: t.field({ type: 'Decimal', required: true, description: 'What was paid, in the currency of the commitment; greater than 0.' }),
      paidOn: t.field({ type: 'Date', description: 'The day, not in the future; today when left out.' }),
      costRowId: t.id({ description: 'Id of the charge that is this payment, when an import brought one: it is then not counted a second time.' }),
      source: t.string({ description: 'Who brings it, such as a bookkeeping system; the keys of payments are unique within it.' }),
      reference: t.string({ description: 'Its key there, such as the number of the invoice: recorded once.' }),
      ...changeFields(t),
    }),
  }),
  payload: { commitment: Commitment, payment: Payment },
  run: (input, verb, context) => inTurn(context, 'Commitment', input.id, () => context.changes.run<{ commitment: model.Commitment; payment: model.Payment }>(context.caller, verb, (work) => recordPayment(work, input))),
});
