import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, getNamedType, getNullableType, isEnumType, isLeafType, isListType, isObjectType, isAbstractType, parse, type DocumentNode, type GraphQLFieldResolver, type GraphQLOutputType } from 'graphql';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// Hubs that answer at once with made-up values by the committed schema of each, in a process of their own: what is measured
// is the gateway, and its hubs are neither in its way nor its limit.

interface Reference { readonly __typename: string }

const documents = new Map<string, DocumentNode>();
const calls = new Map<string, { calls: number; representations: number }>();

/** A value of any type; lists have two elements. */
function made(type: GraphQLOutputType, schemaTypes: (name: string) => readonly { readonly name: string }[]): unknown {
  const bare = getNullableType(type);
  if (isListType(bare)) return [made(bare.ofType, schemaTypes), made(bare.ofType, schemaTypes)];
  const named = getNamedType(bare);
  if (isEnumType(named)) return named.getValues()[0]?.value;
  if (isLeafType(named)) return { Int: 3, Float: 1.5, Boolean: false, DateTime: '2026-01-01T00:00:00.000Z', Date: '2026-01-01', Decimal: '1.50', JSON: {} }[named.name] ?? `${named.name} text`;
  if (isAbstractType(named)) return { __typename: schemaTypes(named.name)[0]?.name };
  return isObjectType(named) ? { __typename: named.name } : null;
}

const ports: Record<string, number> = {};
for (const hub of process.argv.slice(2)) {
  const sdl = readFileSync(new URL(`../../schema/hubs/${hub}.graphql`, import.meta.url), 'utf8');
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl) }]);
  const count = { calls: 0, representations: 0 };
  calls.set(hub, count);
  const typesOf = (name: string) => {
    const type = schema.getType(name);
    return isAbstractType(type) ? schema.getPossibleTypes(type) : [];
  };
  const fieldResolver: GraphQLFieldResolver<Record<string, unknown>, unknown> = (source, _args, _context, info) => source?.[info.fieldName] ?? made(info.returnType, typesOf);
  schema.getQueryType()!.getFields()._entities!.resolve = (_source, { representations }: { representations: Reference[] }) => {
    count.representations += representations.length;
    return representations;
  };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text)).on('end', async () => {
      const { query, variables, operationName } = JSON.parse(body) as { query: string; variables: object; operationName?: string };
      count.calls++;
      let document = documents.get(query);
      if (!document) documents.set(query, (document = parse(query)));
      const result = await execute({ schema, document, operationName, variableValues: { ...variables }, fieldResolver, typeResolver: (value) => (value as Reference).__typename });
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ports[hub] = (server.address() as AddressInfo).port;
}

process.send?.(ports);
process.on('message', () => process.send?.({ calls: Object.fromEntries(calls) }));
