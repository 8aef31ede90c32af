import { buildSchema, getNamedType, GraphQLBoolean, GraphQLInt, GraphQLString, isEnumType, isInputObjectType, isIntrospectionType, isNonNullType, isObjectType, isSpecifiedScalarType, isInterfaceType, type GraphQLField, type GraphQLNamedType, type GraphQLSchema } from 'graphql';
import type { HubDefinition } from '@hubgraph/kit/hub';
import { typeOf } from '@hubgraph/kit/events';
import { compose } from '../../scripts/schema/compose.ts';
import { EVENTS_SUBGRAPH, printEventsSubgraph } from '../../scripts/schema/events-subgraph.ts';
import { printHubSdl } from '../../scripts/schema/sdl.ts';

/** A rule that every hub keeps: gives one sentence for each place where it is broken. */
export type HubRule = (definition: HubDefinition, api: GraphQLSchema) => string[];

/** What clients would see if the hub were the only one. @throws Error with the composition errors. */
export function aloneApi(definition: HubDefinition): GraphQLSchema {
  return compose({ [definition.manifest.name]: printHubSdl(definition.schema), [EVENTS_SUBGRAPH]: printEventsSubgraph([definition]) }).api;
}

/** Events of a noun with a lifecycle that do not change its state. */
const STATELESS_VERBS = ['updated', 'stale', 'repeated', 'escalated', 'paid', 'threshold_reached', 'threshold_left'];

/** Verbs of lifecycle rows that have no mutation of their own, because another verb makes the move, or the hub itself by what it computes. */
const INNER = /inside|computed/;

/** The rules by the sentence that a test is called by. */
export const hubRules: Readonly<Record<string, HubRule>> = {
  'prints a schema that is valid on its own': ({ schema }) => {
    const sdl = printHubSdl(schema);
    return sdl === printHubSdl(schema) && sdl.includes('@link') ? [] : ['the printed schema is not the same twice, or links no federation version'];
  },

  'describes every type, field, argument and enum value': ({ manifest, schema }, api) => {
    const faults: string[] = [];
    const own = new Set(Object.keys(schema.getTypeMap()));
    for (const type of Object.values(api.getTypeMap())) {
      if (isIntrospectionType(type) || isSpecifiedScalarType(type) || !own.has(type.name)) continue;
      const foreign = isForeign(schema.getType(type.name), type);
      if (!type.description && !foreign) faults.push(type.name);
      faults.push(...undescribed(type).filter((place) => !(foreign && isKey(schema, place))));
    }
    return faults.map((place) => `${manifest.name}: ${place} has no description`);
  },

  'gives every mutation the one input and payload shape': (_definition, api) => Object.values(api.getMutationType()?.getFields() ?? {}).flatMap((field) => mutationFaults(api, field)),

  'asks for scopes on every query and mutation': ({ schema }) => {
    const sdl = printHubSdl(schema);
    const printed = buildSchema(sdl, { assumeValid: true });
    const fields = [printed.getQueryType(), printed.getMutationType()].flatMap((type) => Object.values(type?.getFields() ?? {}));
    return fields.filter((field) => !field.astNode?.directives?.some(({ name }) => ['requiresScopes', 'authenticated'].includes(name.value))).map((field) => `${field.name} asks for no scopes`);
  },

  'leaves every query field nullable, so that a hub that is down costs only its own part of an answer': ({ schema }) =>
    Object.values(schema.getQueryType()?.getFields() ?? {}).filter((field) => !field.name.startsWith('_') && isNonNullType(field.type)).map((field) => `Query.${field.name} is not nullable`),

  'has an event for every row of its lifecycles, and a row for every event of a state': ({ manifest, lifecycles, events }) => {
    const emitted = new Set(lifecycles.flatMap(({ table }) => [...table.births, ...table.rows].map((row) => row.emits)));
    const lost = [...emitted].filter((name) => !(name in events.types)).map((name) => `${typeOf(manifest, name)} is emitted and not in events.ts`);
    const nouns = new Set(lifecycles.map(({ table }) => table.noun.toLowerCase()));
    const idle = Object.keys(events.types).filter((name) => {
      const words = name.split('.');
      return nouns.has(words.at(-2) as string) && !STATELESS_VERBS.includes(words.at(-1) as string) && !emitted.has(name);
    });
    return [...lost, ...idle.map((name) => `${typeOf(manifest, name)} is in events.ts and no lifecycle row emits it`)];
  },

  'has a mutation for every verb of its lifecycles': ({ lifecycles }, api) => {
    const mutations = api.getMutationType()?.getFields() ?? {};
    const verbs = lifecycles.flatMap(({ table }) => [...table.births.map((birth) => birth.verb), ...table.rows.filter((row) => !INNER.test(row.about ?? '')).map((row) => row.verb)]);
    return [...new Set(verbs)].filter((verb) => !(verb in mutations)).map((verb) => `${verb} is a verb without a mutation`);
  },

  'shows of every noun with a lifecycle where it stands, what is possible and what was': ({ lifecycles }, api) => lifecycles.flatMap(({ table }) => lifecycleFaults(api, table.noun, Object.keys(table.states))),

  'can list what its feeds promise as a snapshot': ({ events }, api) =>
    Object.entries(events.feeds).flatMap(([field, { snapshot }]) => {
      if (!snapshot) return [];
      const list = api.getQueryType()?.getFields()[snapshot.list];
      const typeOfArgument = (name: string) => list && getNamedType(list.args.find((argument) => argument.name === name)?.type);
      const [filter, order] = [typeOfArgument('filter'), typeOfArgument('orderBy')];
      const faults = isEnumType(order) && order.getValue(snapshot.order) ? [] : [`${field}: ${snapshot.list} has no order ${snapshot.order}`];
      const narrowed = [...Object.values(snapshot.filter), ...Object.keys(snapshot.unless ?? {})];
      return [...faults, ...narrowed.filter((name) => !(isInputObjectType(filter) && filter.getFields()[name])).map((name) => `${field}: ${snapshot.list} has no filter ${name}`)];
    }),

  'names streams, events and feeds as the conventions say': ({ manifest, events }) => {
    const faults: string[] = [];
    if (manifest.stream !== `EVENTS_${manifest.name.toUpperCase().replaceAll('-', '_')}`) faults.push(`the stream of ${manifest.name} is called ${manifest.stream}`);
    if (events.manifest !== manifest) faults.push('events.ts has another manifest than the hub');
    for (const [field, feed] of Object.entries(events.feeds)) {
      const fed = Object.values(events.types).some((type) => type.feed === field);
      if (!fed) faults.push(`no event feeds ${field}`);
      if (feed.scopes.length === 0) faults.push(`${field} asks for no scopes`);
    }
    return faults;
  },
};

function undescribed(type: GraphQLNamedType): string[] {
  if (isEnumType(type)) return type.getValues().filter((value) => !value.description).map((value) => `${type.name}.${value.name}`);
  if (isInputObjectType(type)) return Object.values(type.getFields()).filter((field) => !field.description).map((field) => `${type.name}.${field.name}`);
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => [
    ...(field.description ? [] : [`${type.name}.${field.name}`]),
    ...field.args.filter((arg) => !arg.description).map((arg) => `${type.name}.${field.name}(${arg.name}:)`),
  ]);
}

/** A noun that another hub owns and describes: this one only adds fields to it. */
function isForeign(own: GraphQLNamedType | undefined, type: GraphQLNamedType): boolean {
  return isObjectType(type) && !own?.description && JSON.stringify(own?.extensions.directives ?? {}).includes('fields');
}

function isKey(schema: GraphQLSchema, place: string): boolean {
  const [noun = '', field = ''] = place.split('.');
  return JSON.stringify(schema.getType(noun)?.extensions.directives ?? {}).includes(`"fields":"${field}"`);
}

function mutationFaults(api: GraphQLSchema, field: GraphQLField<unknown, unknown>): string[] {
  const verb = `${field.name.charAt(0).toUpperCase()}${field.name.slice(1)}`;
  const faults: string[] = [];
  const expect = (holds: boolean, sentence: string) => void (holds || faults.push(`${field.name}: ${sentence}`));
  expect(field.args.length === 1 && field.args[0]?.name === 'input' && String(field.args[0].type) === `${verb}Input!`, `takes one argument, input: ${verb}Input!`);
  expect(String(field.type) === `${verb}Payload!`, `answers with ${verb}Payload!`);
  const input = api.getType(`${verb}Input`);
  const payload = api.getType(`${verb}Payload`);
  if (isInputObjectType(input)) {
    const { idempotencyKey, dryRun, expectedVersion } = input.getFields();
    expect(idempotencyKey?.type === GraphQLString || String(idempotencyKey?.type) === 'String', 'its input has idempotencyKey: String');
    expect((dryRun?.type === GraphQLBoolean || String(dryRun?.type) === 'Boolean') && dryRun?.defaultValue === false, 'its input has dryRun: Boolean = false');
    expect(expectedVersion === undefined || expectedVersion.type === GraphQLInt || String(expectedVersion.type) === 'Int', 'expectedVersion is an Int');
  }
  if (isObjectType(payload)) {
    const { errors, events, cursor, ...results } = payload.getFields();
    expect(String(errors?.type) === '[MutationError!]!', 'its payload has errors: [MutationError!]!');
    expect(String(events?.type) === '[RecordedEvent!]!', 'its payload has events: [RecordedEvent!]!');
    expect(String(cursor?.type) === 'EventCursor', 'its payload has cursor: EventCursor');
    for (const result of Object.values(results)) expect(!isNonNullType(result.type), `${result.name} is null when refused`);
    expect(Object.keys(results).length > 0, 'its payload says what came of it');
  }
  return faults;
}

function lifecycleFaults(api: GraphQLSchema, noun: string, states: readonly string[]): string[] {
  const type = api.getType(noun);
  if (!isObjectType(type)) return [`${noun} has a lifecycle and is no object type`];
  const fields = type.getFields();
  const faults = Object.entries({ version: 'Int!', allowedTransitions: '[AllowedTransition!]!', history: '[TransitionRecord!]!', status: `${noun}Status!` })
    .filter(([name, wanted]) => String(fields[name]?.type) !== wanted)
    .map(([name, wanted]) => `${noun}.${name} is ${String(fields[name]?.type)} and not ${wanted}`);
  const status = api.getType(`${noun}Status`);
  const values = isEnumType(status) ? status.getValues().map((value) => value.name) : [];
  if (values.toSorted().join() !== states.toSorted().join()) faults.push(`${noun}Status has ${values.join(', ')}, its lifecycle ${states.join(', ')}`);
  return faults;
}
