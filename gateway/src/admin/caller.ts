import { buildSubgraphSchema } from '@apollo/subgraph';
import { scalars } from '@hubgraph/kit/graphql/scalars';
import { maskResult } from '@hubgraph/kit/mask';
import { execute, parse, type DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { HubCaller } from '../hubs/caller.ts';
import type { Observed } from '../observe/metrics/metrics.ts';
import { GATEWAY_SUBGRAPH, gatewaySdl } from './sdl.ts';
import { subscriptionsOf, type SubscriptionsArgs } from './subscriptions.ts';

const DOCUMENTS = 200;

/** The way to the gateway's own subgraph, which is in this process. The supergraph says who may ask. */
export function ownCaller(observed: () => Observed, log: Logger): HubCaller {
  const { DateTime, JSON, SafeInt } = scalars;
  const resolvers = {
    DateTime, JSON, SafeInt,
    Query: { subscriptions: (_root: unknown, args: SubscriptionsArgs) => subscriptionsOf(observed(), args) },
  };
  const schema = buildSubgraphSchema([{ typeDefs: parse(gatewaySdl), resolvers }]);
  const documents = new LRUCache<string, DocumentNode>({ max: DOCUMENTS });
  return {
    hub: GATEWAY_SUBGRAPH,
    async call({ query, operationName, variables, requestId }) {
      let document = documents.get(query);
      if (!document) documents.set(query, (document = parse(query, { noLocation: true })));
      return maskResult(await execute({ schema, document, operationName, variableValues: variables }), { log, requestId });
    },
    async close() {},
  };
}
