import type { GraphClient } from '../client.ts';

/** One thing as the graph takes it for a rebuild. */
export type Item = { readonly noun: string; readonly id: string; readonly title: string; readonly status: string; readonly since: string } & Partial<Record<'code' | 'workstream' | 'service' | 'domain' | 'repo', string | null>>;

type Keyed<Key extends string> = { readonly [K in Key]: string } | null;
interface Node {
  readonly id: string;
  readonly status: string;
  readonly title: string;
  readonly since: string;
  readonly code: string;
  readonly slug: string;
  readonly workstream?: Keyed<'code'>;
  readonly task?: Keyed<'code'>;
  readonly service?: Keyed<'slug'>;
  readonly domain?: Keyed<'slug'>;
  readonly repo?: Keyed<'slug'>;
}

/** A list of the graph, and what of its nodes a rebuild needs. */
interface List {
  readonly field: string;
  readonly filter: string;
  readonly order: string;
  readonly selection: string;
  readonly item: (node: Node) => Pick<Item, 'noun'> & Partial<Item>;
}

const workstreamOf = ({ workstream, task }: Node): string | null => workstream?.code ?? /^(.+)-T\d+$/.exec(task?.code ?? '')?.[1] ?? null;

/** What to read of each hub: what a closing may wait for, in the states in which it does, and services. */
export const LISTS: Readonly<Record<string, readonly List[]>> = {
  ops: [
    { field: 'services', filter: '{}', order: 'CREATED', selection: 'id slug title: name since: createdAt retiredAt repo { slug } domain { slug }', item: (node) => ({ noun: 'SERVICE', id: node.slug, code: node.slug, status: (node as { retiredAt?: string | null }).retiredAt == null ? 'REGISTERED' : 'RETIRED', repo: node.repo?.slug ?? null }) },
    { field: 'alerts', filter: '{ open: true }', order: 'CREATED', selection: 'id status title since: firstAt workstream { code } service { slug } domain { slug }', item: () => ({ noun: 'ALERT' }) },
    { field: 'gates', filter: '{ statuses: [PENDING, READY, FAILED] }', order: 'CREATED', selection: 'id status code title: code since: statusSince workstream { code } service { slug } domain { slug }', item: ({ code }) => ({ noun: 'GATE', code }) },
  ],
  contributions: [{ field: 'contributions', filter: '{ statuses: [DRAFT, SUBMITTED, ACKNOWLEDGED, ACCEPTED] }', order: 'CREATED', selection: 'id status slug title: slug since: createdAt workstream { code } domain { slug }', item: ({ slug }) => ({ noun: 'CONTRIBUTION', code: slug }) }],
  artifacts: [{ field: 'artifactPackages', filter: '{ statuses: [CREATED, UPLOADING] }', order: 'CREATED', selection: 'id status title: subject since: createdAt workstream { code } task { code } domain { slug }', item: () => ({ noun: 'ARTIFACT_PACKAGE' }) }],
  finance: [{ field: 'commitments', filter: '{ statuses: [PROPOSED, PENDING] }', order: 'CREATED', selection: 'id status title: id since: createdAt workstream { code } domain { slug }', item: () => ({ noun: 'COMMITMENT' }) }],
};

/** Few enough that the longest titles fit into one request. */
const PAGE = 100;
type Page = Readonly<Record<'page', { readonly nodes: readonly Node[]; readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null } }>>;

/** Reads a list page by page in the order in which things were made, so that none is passed over while others come and go. */
export async function* readList(client: GraphClient, { field, filter, order, selection, item }: List): AsyncGenerator<Item[]> {
  for (let after: string | null = null, more = true; more; ) {
    const { page }: Page = await client.request<Page>(`query ClosureList($after: String) { page: ${field}(filter: ${filter}, orderBy: ${order}, first: ${PAGE}, after: $after) { nodes { ${selection} } pageInfo { hasNextPage endCursor } } }`, { after });
    yield page.nodes.map((node) => ({ id: node.id, title: node.title, status: node.status, since: node.since, workstream: workstreamOf(node), service: node.service?.slug ?? null, domain: node.domain?.slug ?? null, ...item(node) }));
    after = page.pageInfo.endCursor;
    more = page.pageInfo.hasNextPage;
  }
}
