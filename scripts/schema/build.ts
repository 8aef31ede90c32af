import { GATEWAY_SUBGRAPH, gatewaySdl } from '@hubgraph/gateway/admin/sdl';
import type { HubDefinition } from '@hubgraph/kit/hub';
import { parse, print, type GraphQLSchema } from 'graphql';
import { compose } from './compose.ts';
import { printEventsJson } from './events-json.ts';
import { EVENTS_SUBGRAPH, printEventsSubgraph } from './events-subgraph.ts';
import { printLifecycles } from './lifecycles.ts';
import { printConfig, printErrors, printEvents, type NamedConfig } from './references.ts';
import { GENERATED, printHubSdl } from './sdl.ts';

/** Where the public API schema stands. */
export const API_PATH = 'schema/api.graphql';

/** Everything that is generated from the hubs' code. */
export interface BuiltSchema {
  /** Text of each file by its path from the root. */
  readonly files: ReadonlyMap<string, string>;
  readonly api: GraphQLSchema;
  /** What composition finds odd but not wrong. */
  readonly hints: readonly string[];
}

/**
 * Prints and composes everything, without touching a file. The same code always gives the same texts.
 *
 * @throws Error when a declaration is wrong or the subgraphs do not compose.
 */
export function buildSchemaFiles(definitions: readonly HubDefinition[], configs: readonly NamedConfig[]): BuiltSchema {
  const subgraphs: Record<string, string> = {};
  for (const { manifest, schema } of definitions) subgraphs[manifest.name] = printHubSdl(schema);
  for (const taken of [EVENTS_SUBGRAPH, GATEWAY_SUBGRAPH]) if (taken in subgraphs) throw new Error(`no hub may be called ${taken}: a subgraph that is no hub's is`);
  subgraphs[EVENTS_SUBGRAPH] = printEventsSubgraph(definitions);
  subgraphs[GATEWAY_SUBGRAPH] = `${GENERATED}\n${print(parse(gatewaySdl))}\n`;
  const { supergraph, api, apiSdl, hints } = compose(subgraphs);
  const files = new Map<string, string>();
  for (const [name, sdl] of Object.entries(subgraphs)) files.set(`schema/hubs/${name}.graphql`, sdl);
  files.set('schema/supergraph.graphql', supergraph);
  files.set(API_PATH, apiSdl);
  files.set('schema/events.json', printEventsJson(definitions));
  files.set('schema/lifecycles.md', printLifecycles(definitions));
  files.set('docs/errors.md', printErrors(definitions));
  files.set('docs/config.md', printConfig([...configs, ...definitions.map(({ manifest, config }) => ({ part: manifest.name, config }))]));
  files.set('docs/events.md', printEvents(definitions));
  return { files, api, hints };
}
