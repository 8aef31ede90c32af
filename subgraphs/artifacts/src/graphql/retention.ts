import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { factsFrom } from '../commands/common.ts';
import { eligibilityOf, type Eligibility } from '../commands/eligibility.ts';
import { extendRetention, shortenRetention } from '../commands/retention.ts';
import type * as model from '../model.ts';
import { holds, packages, retention } from '../store/index.ts';
import { builder, READ, RetentionEventKind, type ArtifactsContext } from './builder.ts';
import { ArtifactPackage, Hold, RetentionClass, RetentionEvent } from './refs.ts';

/** Whether a package may be deleted now; the facts of many in one statement. */
export async function loadEligibility(context: ArtifactsContext, of: model.ArtifactPackage): Promise<Eligibility> {
  const row = await context.loaders.load('ArtifactPackage.facts', of.id, (ids) => packages.factRows(context.sql, ids));
  if (row === null) throw new Error(`artifact package ${of.id} is gone, although packages never go`);
  return eligibilityOf(of, factsFrom(of, row, context.now()));
}

RetentionClass.implement({
  description: 'How long packages are kept when nobody says otherwise.',
  fields: (t) => ({
    slug: t.string({ description: 'Its name, such as raw-evidence.', resolve: ({ slug }) => slug }),
    days: t.exposeInt('days', { nullable: true, description: 'Days from creation, counted anew from finalizing; null: for ever.' }),
    shortenable: t.exposeBoolean('shortenable', { description: 'Whether a steward may shorten the retention of its packages.' }),
    description: t.exposeString('description', { description: 'What it is for.' }),
  }),
});
builder.queryField('retentionClasses', (t) =>
  t.field({ type: [RetentionClass], nullable: true, description: 'The retention classes, the shortest first.', requiresScopes: READ, resolve: (_root, _args, context) => retention.classes(context.sql) }),
);

const PackageRetention = builder.objectRef<model.ArtifactPackage>('PackageRetention').implement({
  description: 'How long a package is kept, and whether it may be deleted now. Nothing is deleted by itself.',
  fields: (t) => ({
    class: t.string({ description: 'Slug of its retention class.', resolve: (of) => of.retentionClass }),
    rule: t.field({ type: RetentionClass, nullable: true, description: 'What its class says.', resolve: (of, _args, context) => context.loaders.load('RetentionClass.slug', of.retentionClass, (slugs) => retention.classesBySlug(context.sql, slugs)) }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true, description: 'When its retention ends; null: never.' }),
    eligible: t.boolean({ description: 'Whether it is finalized and may be deleted now.', resolve: async (of, _args, context) => (await loadEligibility(context, of)).eligible }),
    reasons: t.stringList({ description: 'Why it may not, every reason; empty when it may.', resolve: async (of, _args, context) => (await loadEligibility(context, of)).reasons.map(({ message }) => message) }),
  }),
});

RetentionEvent.implement({
  description: 'How the date until which a package is kept came about.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    kind: t.field({ type: RetentionEventKind, description: 'What happened.', resolve: ({ kind }) => kind }),
    from: t.expose('fromDate', { type: 'DateTime', nullable: true, description: 'Until when it was kept before; null: for ever, or not known before.' }),
    to: t.expose('toDate', { type: 'DateTime', nullable: true, description: 'Until when it is kept after; null: for ever.' }),
    hold: t.field({ type: Hold, nullable: true, description: 'The hold that was placed or released.', resolve: ({ holdId }, _args, context) => (holdId === null ? null : context.loaders.load('Hold.id', holdId, (ids) => holds.byIds(context.sql, ids))) }),
    reason: t.exposeString('reason', { description: 'Why.' }),
    actor: t.exposeString('actor', { description: 'Who.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
  }),
});

builder.objectFields(ArtifactPackage, (t) => ({
  retention: t.field({ type: PackageRetention, description: 'How long it is kept, and whether it may be deleted now.', resolve: (of) => of }),
  retentionEvents: t.field({
    type: [RetentionEvent],
    description: 'How the date until which it is kept came about, oldest first.',
    resolve: async (of, _args, context) => (await context.loaders.load('ArtifactPackage.retentionEvents', of.id, (ids) => retention.eventsOf(context.sql, ids))) ?? [],
  }),
}));

const retentionInput = (name: string, description: string, until: string) =>
  builder.inputType(name, {
    description,
    fields: (t) => ({
      id: t.id({ required: true, description: 'Id of the package.' }),
      until: t.field({ type: 'DateTime', required: true, description: until }),
      reason: t.string({ required: true, description: 'Why; at most 50,000 characters.' }),
      ...changeFields(t),
    }),
  });

addMutation(builder, {
  verb: 'extendRetention',
  description: 'Keeps a finalized package longer; its bytes are not touched. Refuses a date that is not later than the present one, and permanent records, which have no end.',
  scopes: [['retention:manage'], ['artifacts:write']],
  input: retentionInput('ExtendRetentionInput', 'How much longer a package is kept, and why.', 'The new end of its retention, after the present one.'),
  payload: { package: ArtifactPackage },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => extendRetention(work, input)),
});
addMutation(builder, {
  verb: 'shortenRetention',
  description: 'Keeps a finalized package shorter; for stewards. Refuses a date that is past or not before the present one, and classes that are never shortened: release-evidence and permanent-record.',
  scopes: [['retention:manage'], ['holds:release']],
  input: retentionInput('ShortenRetentionInput', 'How much shorter a package is kept, and why.', 'The new end of its retention, before the present one and not past.'),
  payload: { package: ArtifactPackage },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => shortenRetention(work, input)),
});
