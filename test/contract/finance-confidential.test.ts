import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { definition as finance } from '@hubgraph/finance';
import { loadSupergraph } from '@hubgraph/gateway/supergraph/supergraph';
import { SHARED_TYPES } from '@hubgraph/kit/graphql/shared';
import { getNamedType, isInterfaceType, isIntrospectionType, isObjectType, isUnionType, type GraphQLCompositeType, type GraphQLObjectType } from 'graphql';

// Finance is confidential: whoever walks the whole graph without its scope comes to nothing that the hub answers.

const SCHEMA = join(import.meta.dirname, '../../schema');
const { schema, requirements } = loadSupergraph(readFileSync(join(SCHEMA, 'supergraph.graphql'), 'utf8'));
const SCOPE = 'finance:read';

const asks = (type: string, field: string) => requirements.of(type, field).some((alternatives) => alternatives.every((all) => all.includes(SCOPE)));

/** What the hub answers itself: not the keys by which it knows the nouns of others, nor what every hub tells of its verbs. */
function isFinances(type: string, field: string): boolean {
  const own = finance.schema.getType(type);
  if (!isObjectType(own) || SHARED_TYPES.has(type) || !(field in own.getFields())) return false;
  return !isKeyOfOthers(own, field);
}

function isKeyOfOthers(type: GraphQLObjectType, field: string): boolean {
  return ['Domain', 'Service', 'Workstream', 'StateSummary'].includes(type.name) && JSON.stringify(type.extensions.directives).includes(`"fields":"${field}"`);
}

/** Every field that can be selected below a type by fields that do not ask for the scope, as `Type.field`. */
function reached(root: GraphQLCompositeType | null | undefined): string[] {
  const seen = new Set<string>();
  const fields = new Set<string>();
  const walk = (type: GraphQLCompositeType): void => {
    if (seen.has(type.name)) return;
    seen.add(type.name);
    if (isInterfaceType(type) || isUnionType(type)) schema.getPossibleTypes(type).forEach(walk);
    if (isUnionType(type)) return;
    for (const field of Object.values(type.getFields())) {
      if (asks(type.name, field.name)) continue;
      fields.add(`${type.name}.${field.name}`);
      const below = getNamedType(field.type);
      if (isObjectType(below) || isInterfaceType(below) || isUnionType(below)) walk(below);
    }
  };
  walk(root!);
  return [...fields].filter((place) => isFinances(...(place.split('.') as [string, string]))).sort();
}

describe('without the scope', () => {
  it('no query comes to a field of finance, by whatever noun', () => {
    expect(reached(schema.getQueryType())).toEqual([]);
  });

  it('no subscription does, and no event of finance is delivered by any field', () => {
    expect(reached(schema.getSubscriptionType())).toEqual([]);
    const { events, subscriptions } = JSON.parse(readFileSync(join(SCHEMA, 'events.json'), 'utf8')) as { events: { type: string; hub: string; scopes: string[][] }[]; subscriptions: { hub: string; scopes: string[][]; objectType: string; entity: { field: string } }[] };
    const open = (one: { hub: string; scopes: string[][] }) => one.hub === 'finance' && !one.scopes.every((all) => all.includes(SCOPE));
    expect(events.filter(open)).toEqual([]);
    expect(subscriptions.filter(open)).toEqual([]);
    for (const { hub, objectType, entity } of subscriptions) if (hub === 'finance') expect([entity.field, 'from', 'to'].filter((field) => !asks(objectType, field))).toEqual([]);
  });

  it('a mutation tells only what came of it, and an agent what of its batch is new', () => {
    const told = reached(schema.getMutationType()).filter((place) => !/^Mutation\.|Payload\.(errors|events|cursor)$/.test(place));
    expect(told).toEqual(['RecordTokenSpendPayload.batch', 'TokenBatch.corrected', 'TokenBatch.ids', 'TokenBatch.recorded', 'TokenBatch.unchanged']);
  });
});

it('every field of every type of finance asks for it by itself, whatever field may lead there one day', () => {
  const open = Object.values(schema.getTypeMap()).flatMap((type) => {
    if (!isObjectType(type) || isIntrospectionType(type) || type === schema.getMutationType() || type.name.endsWith('Payload') || type.name === 'TokenBatch') return [];
    return Object.keys(type.getFields()).filter((field) => isFinances(type.name, field) && !asks(type.name, field)).map((field) => `${type.name}.${field}`);
  });
  expect(open).toEqual([]);
});

it('the walk finds what is open', () => {
  expect(asks('Domain', 'budgets')).toBe(true);
  expect(asks('Domain', 'workstreams')).toBe(false);
  expect(isFinances('Budget', 'allocated')).toBe(true);
  expect(isFinances('Domain', 'slug')).toBe(false);
  // from a type of finance itself everything around what it guards is reached
  expect(reached(schema.getType('RecordTokenSpendPayload') as GraphQLObjectType)).toContain('TokenBatch.ids');
});
