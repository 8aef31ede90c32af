import type { ChangeInput } from '@hubgraph/kit/change';
import type { Scope } from '@hubgraph/kit/identity';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { moveMigration, planMigration, type MigrationMove, type MoveMigrationInput, type PlanMigrationInput } from '../commands/migration.ts';
import type * as model from '../model.ts';
import { builder, type OpsContext } from './builder.ts';
import { MigrationRun } from './refs.ts';

const WRITE = [['ops:write']] as const;
type InputFields = Parameters<NonNullable<Parameters<typeof builder.inputType>[1]['fields']>>[0];
type Result = { migrationRun: model.MigrationRun };

addMutation<OpsContext, PlanMigrationInput & ChangeInput, Result>(builder, {
  verb: 'planMigration',
  description: 'Names a migration run as PLANNED. Define its gates then, and let evidence name it by its code.',
  scopes: WRITE,
  input: builder.inputRef<PlanMigrationInput & ChangeInput>('PlanMigrationInput').implement({
    description: 'A new migration run.',
    fields: (t) => ({
      code: t.string({ required: true, description: 'What people and evidence call it; unique. 1 to 100 of A-Z a-z 0-9 . _ -' }),
      title: t.string({ required: true, description: 'What is replaced by what, in one line.' }),
      domain: t.string({ description: 'Slug of the domain; that of the service when left out.' }),
      service: t.string({ description: 'Slug of the service; it must be registered.' }),
      workstream: t.string({ description: 'Code of the workstream. Only its shape is checked.' }),
      owner: t.string({ description: 'Who answers for it; the caller when left out.' }),
      bundleDigest: t.string({ description: 'Digest of the bundle that is moved: sha256:<hex>, blake3:<hex>.' }),
      ...changeFields(t),
    }),
  }),
  payload: { migrationRun: MigrationRun },
  run: (input, verb, context) => context.changes.run<Result>(context.caller, verb, (work) => planMigration(work, input)),
});

const reason = (description: string) => (t: InputFields) => ({ reason: t.string({ description: `${description}; at most 5,000 characters.` }) });
const noted = reason('What there is to say of it');
const moves: readonly { readonly verb: MigrationMove; readonly description: string; readonly scopes: readonly (readonly Scope[])[]; readonly brings: (t: InputFields) => object }[] = [
  { verb: 'validateMigration', description: 'Says that the bundle is sound; the newest BUNDLE_VALIDATION evidence of the run, not LOCAL, has to say so. For operators.', scopes: WRITE, brings: noted },
  {
    verb: 'importMigration',
    description: 'Says that the data is in the new system: as many as went in, and IMPORT evidence from STAGING passed. For operators.',
    scopes: WRITE,
    brings: (t) => ({ countsIn: t.int({ description: 'How many went in.' }), countsStored: t.int({ description: 'How many are stored.' }), ...noted(t) }),
  },
  { verb: 'startDualRun', description: 'Says that both systems answer and are compared; DUAL_RUN evidence from STAGING or PRODUCTION has to be there. For operators.', scopes: WRITE, brings: noted },
  {
    verb: 'cutOverMigration',
    description: 'Says that the new system serves: every CUTOVER gate is passed or waived, and a decision says whether the legacy fallback remains. For maintainers and stewards.',
    scopes: [['gates:pass'], ['gates:waive']],
    brings: (t) => ({ decision: t.string({ description: 'Id or code of the decision.' }), legacyFallback: t.boolean({ description: 'Whether the old system remains as a fallback.' }), soakUntil: t.field({ type: 'DateTime', description: 'Until when the new system has to serve before the old one may go; for 14 days when left out.' }), ...noted(t) }),
  },
  { verb: 'rollBackMigration', description: 'Goes back to the old system, with a reason; the way back has to have been rehearsed. It ends the run: a new attempt is a new run. For operators.', scopes: WRITE, brings: reason('Why') },
  { verb: 'retireMigration', description: 'Says that the old system is gone: every RETIREMENT gate is passed or waived, and the soak time is over. For a steward.', scopes: [['gates:waive']], brings: noted },
];
for (const { verb, description, scopes, brings } of moves) {
  addMutation<OpsContext, MoveMigrationInput & ChangeInput, Result>(builder, {
    verb,
    description,
    scopes,
    input: builder.inputRef<MoveMigrationInput & ChangeInput>(`${verb[0]?.toUpperCase()}${verb.slice(1)}Input`).implement({
      description: 'Which migration run, and what the verb needs.',
      fields: (t) => ({ id: t.id({ required: true, description: 'Id of the migration run.' }), ...brings(t), ...changeFields(t) }) as never,
    }),
    payload: { migrationRun: MigrationRun },
    run: (input, call, context) => context.changes.run<Result>(context.caller, call, (work) => moveMigration(work, verb, input)),
  });
}
