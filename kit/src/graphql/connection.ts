import type { ObjectRef } from '@pothos/core';
import type { Page } from '../page.ts';
import type { HubBuilder, HubContext, HubTypes } from './builder.ts';
import { sharedTypes } from './shared.ts';

type TypesOf<Context extends HubContext> = PothosSchemaTypes.ExtendDefaultTypes<HubTypes<Context>>;

/** Relay's four paging arguments, to spread into the `args` of a list field. */
export function pageArgs<Context extends HubContext>(builder: HubBuilder<Context>) {
  return builder.args((t) => ({
    first: t.int({ description: 'How many entries from the start; 20 by default, at most 200.' }),
    after: t.string({ description: 'Start behind this cursor.' }),
    last: t.int({ description: 'How many entries from the end.' }),
    before: t.string({ description: 'End before this cursor.' }),
  }));
}

/** Makes `<Name>Connection` and `<Name>Edge` for a node type: `nodes`, `edges`, `pageInfo`, and a `totalCount` that costs only when asked. */
export function connectionOf<Context extends HubContext, Node extends object>(builder: HubBuilder<Context>, node: ObjectRef<TypesOf<Context>, Node>, name: string): ObjectRef<TypesOf<Context>, Page<Node>> {
  // Nothing here touches the context, so one builder type serves all hubs and keeps Pothos' inference shallow.
  const plain = builder as unknown as HubBuilder;
  const nodeRef = node as unknown as ObjectRef<TypesOf<HubContext>, Node>;
  const Edge = plain.objectRef<Page<Node>['edges'][number]>(`${name}Edge`);
  Edge.implement({
    description: `One ${name} in a list.`,
    shareable: true,
    fields: (t) => ({
      cursor: t.string({ description: 'Position in the list.', resolve: (edge) => edge.cursor }),
      node: t.field({ type: nodeRef, description: 'The entry.', resolve: (edge) => edge.node as never }),
    }),
  });
  const Connection = plain.objectRef<Page<Node>>(`${name}Connection`);
  Connection.implement({
    description: `A page of a list of ${name}.`,
    shareable: true,
    fields: (t) => ({
      nodes: t.field({ type: [nodeRef], description: 'The entries of the page.', resolve: (page) => page.edges.map((edge) => edge.node) as never }),
      edges: t.field({ type: [Edge], description: 'The entries with their cursors.', resolve: (page) => [...page.edges] }),
      pageInfo: t.field({ type: sharedTypes(builder).PageInfo, description: 'Where the page stands in the list.', resolve: (page) => page.pageInfo }),
      totalCount: t.int({ description: 'Entries of the whole list that fit the filter.', resolve: (page) => page.totalCount() }),
    }),
  });
  return Connection as unknown as ObjectRef<TypesOf<Context>, Page<Node>>;
}
