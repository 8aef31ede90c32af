import type { AllowedTransition, UnmetRule } from '../lifecycle.ts';
import type { RecordedEvent } from '../outbox.ts';
import type { Page } from '../page.ts';
import { refusalCodes, type MutationErrorData, type RefusalCode } from '../refusal.ts';
import type { HubBuilder } from './builder.ts';

/** A row of the kit's `transition` table. */
export interface TransitionRecordRow {
  readonly at: Date;
  readonly actor: string;
  readonly verb: string;
  readonly from: string | null;
  readonly to: string;
  readonly note: string | null;
  readonly evidence: readonly string[];
}

/** The kinds of `MutationError`, by the names of their GraphQL types. */
type ErrorOf<Type extends MutationErrorData['type']> = Extract<MutationErrorData, { type: Type }>;

/** The object types that every hub has; what they tell is of what leads to them. */
export const SHARED_TYPES: ReadonlySet<string> = new Set(['UnmetRule', 'AllowedTransition', 'TransitionRecord', 'RecordedEvent', 'PageInfo', 'TransitionRefused', 'VersionConflict', 'IdempotencyConflict', 'InvalidInput', 'NotFound', 'Duplicate']);

const typeRefs = new WeakMap<object, ReturnType<typeof makeSharedTypes>>();

/** Adds the types that all hubs share; every one is `@shareable`, so that each hub may answer with it. */
export function addSharedTypes(builder: HubBuilder): void {
  typeRefs.set(builder, makeSharedTypes(builder));
}

/** The shared types of a builder. */
export function sharedTypes(builder: object): ReturnType<typeof makeSharedTypes> {
  const refs = typeRefs.get(builder);
  if (refs === undefined) throw new Error('this builder was not made by createHubBuilder');
  return refs;
}

function makeSharedTypes(builder: HubBuilder) {
  const codes = Object.keys(refusalCodes) as RefusalCode[];
  const ErrorCode = builder.enumType('MutationErrorCode', {
    description: 'Why a mutation was refused.',
    values: Object.fromEntries(codes.map((code) => [code, { description: refusalCodes[code].say }])) as Record<RefusalCode, { description: string }>,
  });
  const Unmet = builder.objectRef<UnmetRule>('UnmetRule').implement({
    description: 'A rule of the lifecycle that is not met.',
    shareable: true,
    fields: (t) => ({
      code: t.exposeString('code', { description: 'Stable code of the rule.' }),
      message: t.exposeString('message', { description: 'What is missing, in one sentence.' }),
      refs: t.stringList({ description: 'Codes or ids of what stands in the way.', resolve: (rule) => [...rule.refs] }),
    }),
  });
  const Allowed = builder.objectRef<AllowedTransition>('AllowedTransition').implement({
    description: 'A move that the lifecycle knows from the present state.',
    shareable: true,
    fields: (t) => ({
      verb: t.exposeString('verb', { description: 'The mutation to call.' }),
      to: t.exposeString('to', { description: 'The state it leads to.' }),
      allowed: t.exposeBoolean('allowed', { description: 'Whether the caller may make it now.' }),
      unmet: t.field({ type: [Unmet], description: 'What is missing; empty when allowed.', resolve: (move) => [...move.unmet] }),
    }),
  });
  const Transition = builder.objectRef<TransitionRecordRow>('TransitionRecord').implement({
    description: 'One line of an entity\'s history.',
    shareable: true,
    fields: (t) => ({
      at: t.expose('at', { type: 'DateTime', description: 'When.' }),
      actor: t.exposeString('actor', { description: 'Who.' }),
      verb: t.exposeString('verb', { description: 'By which verb; `import` for a past state that a file told of.' }),
      from: t.exposeString('from', { nullable: true, description: 'State before; null when it was made.' }),
      to: t.exposeString('to', { description: 'State after.' }),
      note: t.exposeString('note', { nullable: true, description: 'The reason or note that was given.' }),
      evidence: t.stringList({ description: 'Links or ids that were given as evidence.', resolve: (line) => [...line.evidence] }),
    }),
  });
  const Recorded = builder.objectRef<RecordedEvent>('RecordedEvent').implement({
    description: 'An event that a change recorded.',
    shareable: true,
    fields: (t) => ({
      id: t.exposeID('id', { description: 'CloudEvents id.' }),
      type: t.exposeString('type', { description: 'CloudEvents type, which is the NATS subject too.' }),
    }),
  });
  const PageInfo = builder.objectRef<Page<object>['pageInfo']>('PageInfo').implement({
    description: 'Where a page stands in its list.',
    shareable: true,
    fields: (t) => ({
      hasNextPage: t.exposeBoolean('hasNextPage', { description: 'Whether more entries follow.' }),
      hasPreviousPage: t.exposeBoolean('hasPreviousPage', { description: 'Whether entries come before.' }),
      startCursor: t.exposeString('startCursor', { nullable: true, description: 'Cursor of the first entry here.' }),
      endCursor: t.exposeString('endCursor', { nullable: true, description: 'Cursor of the last entry here.' }),
    }),
  });

  const MutationError = builder.interfaceRef<MutationErrorData>('MutationError').implement({
    description: 'An expected refusal of a mutation.',
    resolveType: (error) => error.type,
    fields: (t) => ({
      code: t.field({ type: ErrorCode, description: 'Stable code.', resolve: (error) => error.code }),
      message: t.exposeString('message', { description: 'What is wrong and what to do, in one sentence.' }),
      path: t.stringList({ description: 'The input field it is about, from `input` on.', resolve: (error) => [...error.path] }),
    }),
  });
  const kind = <Type extends MutationErrorData['type']>(name: Type) => builder.objectRef<ErrorOf<Type>>(name);
  kind('TransitionRefused').implement({
    description: 'The lifecycle does not allow the verb now.',
    interfaces: [MutationError],
    shareable: true,
    fields: (t) => ({
      from: t.exposeString('from', { description: 'The present state.' }),
      to: t.exposeString('to', { nullable: true, description: 'Where the verb would lead; null when nowhere from here.' }),
      verb: t.exposeString('verb', { description: 'The verb that was refused.' }),
      allowed: t.field({ type: [Allowed], description: 'Every move from the present state.', resolve: (error) => [...error.allowed] }),
      unmet: t.field({ type: [Unmet], description: 'Every rule that is not met.', resolve: (error) => [...error.unmet] }),
    }),
  });
  kind('VersionConflict').implement({
    description: 'Someone else moved it since it was read.',
    interfaces: [MutationError],
    shareable: true,
    fields: (t) => ({
      expected: t.exposeInt('expected', { description: 'The version that the caller expected.' }),
      actual: t.exposeInt('actual', { description: 'The version that it has.' }),
    }),
  });
  kind('IdempotencyConflict').implement({ description: 'The idempotency key was used for another input.', interfaces: [MutationError], shareable: true });
  kind('InvalidInput').implement({ description: 'One input field is wrong; `path` says which.', interfaces: [MutationError], shareable: true });
  kind('NotFound').implement({ description: 'Nothing has the id or key given.', interfaces: [MutationError], shareable: true });
  kind('Duplicate').implement({
    description: 'The natural key is taken.',
    interfaces: [MutationError],
    shareable: true,
    fields: (t) => ({ existingId: t.exposeID('existingId', { description: 'Id of the one that has it.' }) }),
  });
  return { Unmet, Allowed, Transition, Recorded, PageInfo, MutationError };
}
