import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { draftContribution, moveContribution, updateContribution, type ContributionMove, type MoveContributionInput } from '../commands/contribution.ts';
import type * as model from '../model.ts';
import { builder, ContributionType } from './builder.ts';
import { Contribution } from './refs.ts';

const SCOPES = [['contributions:write']] as const;
type InputFields = Parameters<NonNullable<Parameters<typeof builder.inputType>[1]['fields']>>[0];

/** What authors write, the same in drafting, updating and reading files. */
export const contentFields = (t: InputFields) => ({
  repo: t.string({ description: 'Slug of our repo that it comes from. Only its shape is checked: governance keeps the repos.' }),
  body: t.string({ description: 'Its text; Markdown.' }),
  bodyPath: t.string({ description: 'Where its text stands, if not here: a path in our repo.' }),
  workstream: t.string({ description: 'Code of the workstream that it belongs to. Only its shape is checked.' }),
  topic: t.string({ description: 'Slug of the topic that it belongs to. Only its shape is checked.' }),
  package: t.field({ type: 'Purl', description: 'The package that it is about, such as pkg:npm/jszip; a version is left out.' }),
  upstreamUrl: t.string({ description: 'The issue upstream; of an upstream pull request, the pull request or patch.' }),
  notes: t.string({ description: 'What else is worth knowing; Markdown.' }),
  evidence: t.stringList({ description: 'All links, or hashes of commits, that show what happened.' }),
});

addMutation(builder, {
  verb: 'draftContribution',
  description: 'Writes a contribution down as DRAFT, under a slug that the hub gives. Domain, repo, workstream and topic are kept as they are given: only their shape is checked, and the graph answers null below those that governance does not know.',
  scopes: SCOPES,
  input: builder.inputType('DraftContributionInput', {
    description: 'A new contribution.',
    fields: (t) => ({
      type: t.field({ type: ContributionType, required: true, description: 'What kind it is. It stays for ever.' }),
      domain: t.string({ required: true, description: 'Slug of the domain that it belongs to. It stays for ever; extension points are numbered per domain.' }),
      targetOrg: t.string({ required: true, description: 'Organisation upstream, as in its URL.' }),
      targetRepo: t.string({ required: true, description: 'Repo upstream, as in its URL.' }),
      title: t.string({ required: true, description: 'What it is about; 1 to 500 characters.' }),
      supersedes: t.id({ description: 'Id or slug of the contribution that this one reworks.' }),
      ...contentFields(t),
      ...changeFields(t),
    }),
  }),
  payload: { contribution: Contribution },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => draftContribution(work, input)),
});

addMutation(builder, {
  verb: 'updateContribution',
  description: 'Changes what is written of a contribution, in any state. What is left out stays; null clears. Type, domain and slug stay for ever.',
  scopes: SCOPES,
  input: builder.inputType('UpdateContributionInput', {
    description: 'What changes.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Id of the contribution.' }),
      title: t.string({ description: 'What it is about.' }),
      targetOrg: t.string({ description: 'Organisation upstream, as in its URL.' }),
      targetRepo: t.string({ description: 'Repo upstream, as in its URL.' }),
      supersedes: t.id({ description: 'Id or slug of the contribution that this one reworks.' }),
      ...contentFields(t),
      ...changeFields(t),
    }),
  }),
  payload: { contribution: Contribution },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => updateContribution(work, input)),
});

type Brought = 'upstreamUrl' | 'answerUrl' | 'evidence' | 'reason' | 'note';

const moves: readonly { verb: ContributionMove; description: string; brings: readonly Brought[] }[] = [
  { verb: 'submitContribution', description: 'Says that a DRAFT was sent upstream. Needs a body, or the path of one, and the upstream URL (here, or written before); dates the submission.', brings: ['upstreamUrl', 'note'] },
  { verb: 'acknowledgeContribution', description: 'Says that upstream answered a SUBMITTED contribution. Needs the link to the answer.', brings: ['answerUrl', 'note'] },
  { verb: 'acceptContribution', description: 'Says that upstream agreed to a SUBMITTED or ACKNOWLEDGED contribution (of a bug report or feature request: confirmed it). Needs a link that shows it.', brings: ['evidence', 'answerUrl', 'note'] },
  { verb: 'rejectContribution', description: 'Says that upstream declined, with its reason. Needs a link that shows it; of an ACCEPTED one, where upstream reverted its decision, a reason is enough, and it is for a maintainer.', brings: ['reason', 'evidence', 'answerUrl'] },
  { verb: 'mergeContribution', description: 'Says that an ACCEPTED contribution landed (of a bug report or feature request: the fix or feature). Needs the merge commit or release as evidence. An upstream pull request may be merged from SUBMITTED or ACKNOWLEDGED too; its history says what was skipped.', brings: ['evidence', 'note'] },
  { verb: 'withdrawContribution', description: 'Takes a contribution back that is not at its end, with a reason. This is also how one is deleted: nothing is removed.', brings: ['reason', 'evidence'] },
  { verb: 'reopenContribution', description: 'Says that upstream took a REJECTED contribution up again: it is ACKNOWLEDGED. Needs the link; for a maintainer.', brings: ['answerUrl', 'note'] },
];
for (const { verb, description, brings } of moves) {
  addMutation(builder, {
    verb,
    description,
    scopes: SCOPES,
    input: builder.inputRef<MoveContributionInput>(`${verb[0]?.toUpperCase()}${verb.slice(1)}Input`).implement({
      description: 'Which contribution, and what the verb needs.',
      fields: (t) => {
        const fields = {
          upstreamUrl: () => t.string({ description: 'The issue upstream; of an upstream pull request, the pull request or patch. As written before when left out.' }),
          answerUrl: () => t.string({ description: 'Link to what upstream answered.' }),
          evidence: () => t.stringList({ description: 'Links, or hashes of commits, that show it; they are added to those before.' }),
          reason: () => t.string({ description: 'Why.' }),
          note: () => t.string({ description: 'A note for the history.' }),
        };
        return { id: t.id({ required: true, description: 'Id of the contribution.' }), ...Object.fromEntries(brings.map((field) => [field, fields[field]()])), ...changeFields(t) };
      },
    }),
    payload: { contribution: Contribution },
    run: (input: MoveContributionInput, call, context) => context.changes.run<{ contribution: model.Contribution }>(context.caller, call, (work) => moveContribution(work, verb, input)),
  });
}
