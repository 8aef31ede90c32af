import type { InputRef, ObjectRef } from '@pothos/core';
import type { ChangeAnswer, ChangeInput, Verb } from '../change.ts';
import type { Scope } from '../identity.ts';
import type { HubBuilder, HubContext, HubTypes } from './builder.ts';
import { sharedTypes } from './shared.ts';

type TypesOf<Context extends HubContext> = PothosSchemaTypes.ExtendDefaultTypes<HubTypes<Context>>;

/** The three fields that every mutation input has; spread them behind the verb's own. */
export function changeFields<Context extends HubContext>(t: PothosSchemaTypes.InputFieldBuilder<TypesOf<Context>, 'InputObject'>) {
  return {
    expectedVersion: t.int({ description: 'Refuse with VersionConflict when the entity has another version than this.' }),
    idempotencyKey: t.string({ description: 'Makes a retry safe: the same key and input within 24 hours gets the first answer again, and nothing is done twice.' }),
    dryRun: t.boolean({ defaultValue: false, description: 'Try it: the real rules on the real facts; nothing is written and no event is recorded.' }),
  };
}

/** The payload fields of a mutation besides `errors`, `events` and `cursor`, by name; a list is its type in brackets. */
export type PayloadFields<Context extends HubContext, Result extends object> = {
  readonly [Key in keyof Result & string]: NonNullable<Result[Key]> extends readonly (infer Item)[] ? readonly [ObjectRef<TypesOf<Context>, Item>] : ObjectRef<TypesOf<Context>, NonNullable<Result[Key]>>;
};

/** A mutation as a hub declares it. */
export interface Mutation<Context extends HubContext, Input extends ChangeInput, Result extends object> {
  /** Name of the mutation, which is the verb that lifecycle tables and refusals name. */
  readonly verb: string;
  /** What it does, when to use it, what it refuses. */
  readonly description: string;
  /** OR of ANDs, as in `@requiresScopes`; the hub checks them again. */
  readonly scopes: readonly (readonly Scope[])[];
  readonly input: InputRef<Input>;
  readonly payload: PayloadFields<Context, NoInfer<Result>>;
  readonly run: (input: Input, verb: Verb, context: Context) => Promise<ChangeAnswer<Result>>;
}

/** Adds `verb(input: VerbInput!): VerbPayload!` with the one payload shape of the conventions. */
export function addMutation<Context extends HubContext, Input extends ChangeInput, Result extends object>(builder: HubBuilder<Context>, mutation: Mutation<Context, Input, Result>): void {
  const plain = builder as unknown as HubBuilder;
  const shared = sharedTypes(builder);
  const name = `${mutation.verb[0]?.toUpperCase()}${mutation.verb.slice(1)}Payload`;
  const Payload = plain.objectRef<ChangeAnswer<Record<string, object | null>>>(name).implement({
    description: `What came of \`${mutation.verb}\`.`,
    fields: (t) => ({
      ...Object.fromEntries(
        Object.entries(mutation.payload).map(([field, type]) => [
          field,
          t.field({ type: type as unknown as ObjectRef<TypesOf<HubContext>, object>, nullable: true, description: 'As it is after (or would be after a dry run); null when refused.', resolve: (answer) => answer.result?.[field] ?? null }),
        ]),
      ),
      errors: t.field({ type: [shared.MutationError], description: 'Every reason of a refusal; empty when done.', resolve: (answer) => [...answer.errors] }),
      events: t.field({ type: [shared.Recorded], description: 'The events that were recorded; none in a dry run.', resolve: (answer) => [...answer.events] }),
      cursor: t.field({
        type: 'EventCursor',
        nullable: true,
        description: 'Position of the last of the events: a subscriber past it has seen the change. Null when nothing was recorded or the stream did not confirm it within 250 ms.',
        resolve: (answer, _args, context) => context.cursorOf(answer.events.map((event) => event.outboxId)),
      }),
    }),
  });
  plain.mutationField(mutation.verb, (t) =>
    t.field({
      type: Payload,
      description: mutation.description,
      requiresScopes: mutation.scopes.map((all) => [...all]),
      args: { input: t.arg({ type: mutation.input, required: true, description: 'What the verb needs.' }) },
      resolve: (_root, args, context) => {
        const { input } = args as unknown as { input: Input };
        return mutation.run(input, { name: mutation.verb, scopes: mutation.scopes, input }, context as Context) as Promise<ChangeAnswer<Record<string, object | null>>>;
      },
    }),
  );
}
