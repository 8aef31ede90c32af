import { parse } from 'graphql';

/**
 * Where a supergraph says its subgraphs are, by name; those without a usable address are left out.
 *
 * @throws GraphQLError when the text is no SDL
 */
export function subgraphUrls(supergraphSdl: string): Map<string, string> {
  const graphs = parse(supergraphSdl, { noLocation: true }).definitions.find((definition) => definition.kind === 'EnumTypeDefinition' && definition.name.value === 'join__Graph');
  const found = new Map<string, string>();
  for (const { directives = [] } of graphs?.kind === 'EnumTypeDefinition' ? (graphs.values ?? []) : []) {
    const said = directives.find(({ name }) => name.value === 'join__graph')?.arguments ?? [];
    const [name, url] = ['name', 'url'].map((wanted) => said.find((argument) => argument.name.value === wanted)?.value).map((value) => (value?.kind === 'StringValue' ? value.value : ''));
    if (name && url && URL.canParse(url)) found.set(name, url);
  }
  return found;
}
