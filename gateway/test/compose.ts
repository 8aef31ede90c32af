import { composeServices } from '@apollo/composition';
import type { HubDefinition, Hub, HubRequest } from '@hubgraph/kit/hub';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, parse, type ExecutionResult } from 'graphql';

/** A subgraph for tests: its SDL without the `@link`, and its resolvers. */
export interface TestSubgraph {
  readonly sdl: string;
  readonly resolvers?: Record<string, any>;
}

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@authenticated", "@requiresScopes", "@interfaceObject", "@inaccessible"])`;

/** Composes; a test that composes badly fails with the composer's words. */
export function compose(subgraphs: Readonly<Record<string, TestSubgraph>>): string {
  const result = composeServices(Object.entries(subgraphs).map(([name, { sdl }]) => ({ name, url: `http://${name}.invalid/graphql`, typeDefs: parse(`${LINK}\n${sdl}`) })));
  if (!result.supergraphSdl) throw new Error(result.errors?.map((error) => error.message).join('\n'));
  return result.supergraphSdl;
}

/** A hub over a test subgraph. `received` gathers what it was asked. */
export function testHub(name: string, { sdl, resolvers = {} }: TestSubgraph): Hub & { readonly received: HubRequest[] } {
  const schema = buildSubgraphSchema([{ typeDefs: parse(`${LINK}\n${sdl}`), resolvers }]);
  const received: HubRequest[] = [];
  const definition = { manifest: { name, eventHub: name, stream: `EVENTS_${name.toUpperCase()}`, port: 0 }, schema } as unknown as HubDefinition;
  return {
    definition,
    received,
    async execute(request) {
      received.push(request);
      return (await execute({ schema, document: request.document, operationName: request.operationName, variableValues: request.variables, contextValue: request })) as ExecutionResult;
    },
    health: async () => [],
    start: async () => {},
    stop: async () => {},
  };
}
