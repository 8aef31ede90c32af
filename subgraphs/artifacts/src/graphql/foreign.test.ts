import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { startArtifactsHub, type ArtifactsHub } from '../../../../test/harness/artifacts.ts';
import { as } from '../../../../test/harness/hub.ts';
import { putFiles } from '../commands/package.fixture.ts';

let hub: ArtifactsHub;
const clock = heldClock('2026-03-02T10:00:00Z');
const [author, viewer] = [as('author'), as('viewer')];
const ids: string[] = [];
const PLACE = { domain: 'infotech', repo: 'warehouse', workstream: 'CUST-WP-0025', task: 'CUST-WP-0025-T03', service: 'shop' };

async function made(input: object): Promise<string> {
  clock.advance(1_000);
  const { package: created } = await hub.change('createArtifactPackage', { producer: 'guide-board', subject: 'Release', retentionClass: 'raw-evidence', ...input }, 'package { id }', author);
  ids.push(created.id);
  return created.id;
}

beforeAll(async () => {
  hub = await startArtifactsHub({ clock });
  await made({ ...PLACE, claimedManifestDigest: `blake3:${'a'.repeat(64)}` });
  await made({ ...PLACE, subject: 'Größe', retentionClass: 'transient', metadataSchema: 'guide-board.run.v1' });
  await made({ ...PLACE, repo: 'core-hub', producer: 'scanner', retentionClass: 'permanent-record' });
  for (const content of ['12345', '1234567']) {
    const id = await made({ repo: 'core-hub' });
    await putFiles(hub, id, { 'a.txt': content });
    await hub.change('finalizeArtifactPackage', { id }, 'package { id }', author);
  }
  await putFiles(hub, await made({}), { 'a.txt': '123' });
});
afterAll(() => hub[Symbol.asyncDispose]());

const LIST = 'artifactPackages(first: 2) { nodes { id } totalCount }';
const ENTITIES = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
  ... on Repo { slug ${LIST} } ... on Domain { ${LIST} } ... on Service { ${LIST} }
  ... on Workstream { ${LIST} few: artifactPackages(filter: { producer: "scanner" }) { nodes { subject } } } ... on Task { ${LIST} }
  ... on ArtifactPackage { subject metadataSchema { key } history { to } allowedTransitions { verb } }
  ... on StateSummary { artifactCounts { status count } artifactBytes }
} }`;
const many = (kind: string, key: string, values: readonly string[]) => values.map((value) => ({ __typename: kind, [key]: value }));

describe('what this hub adds to others\' nouns', () => {
  it.each([['Repo', 'slug', 'warehouse', 2], ['Domain', 'slug', 'infotech', 3], ['Service', 'slug', 'shop', 3], ['Task', 'code', 'CUST-WP-0025-T03', 3]])('%s: pages and their counts, two statements whatever the number', async (kind, key, value, count) => {
    const values = [...Array.from({ length: 50 }, (_, index) => `other-${index}`), value];
    hub.counted();
    const { _entities: found } = await hub.ask(ENTITIES, { representations: many(kind, key, values) }, viewer);
    expect(found.at(-1).artifactPackages).toMatchObject({ totalCount: count, nodes: [{ id: ids[count - 1] }, { id: ids[count - 2] }] });
    expect(found[0].artifactPackages).toEqual({ nodes: [], totalCount: 0 });
    expect(hub.counted()).toHaveLength(2);
  });

  it('Workstream: each list with its own filter', async () => {
    hub.counted();
    const { _entities: [one, other] } = await hub.ask(ENTITIES, { representations: many('Workstream', 'code', ['CUST-WP-0025', 'CUST-WP-0002']) }, viewer);
    expect(one).toMatchObject({ artifactPackages: { totalCount: 3 }, few: { nodes: [{ subject: 'Release' }] } });
    expect(other.few.nodes).toEqual([]);
    expect(hub.counted()).toHaveLength(3);
  });

  it('StateSummary: counts by state, and bytes of what is finalized', async () => {
    const { _entities: found } = await hub.ask(ENTITIES, { representations: many('StateSummary', 'id', ['state', 'other']) }, viewer);
    expect(found).toEqual([{ artifactCounts: [{ status: 'CREATED', count: 3 }, { status: 'FINALIZED', count: 2 }, { status: 'UPLOADING', count: 1 }], artifactBytes: 12 }, null]);
  });

  it('packages are entities of their own, with facts, history and schemas of all in one statement each', async () => {
    hub.counted();
    const { _entities: found } = await hub.ask(ENTITIES, { representations: many('ArtifactPackage', 'id', [...ids, 'nothing', '01980000-0000-7000-8000-000000000000', ids[0]!.toUpperCase()]) }, viewer);
    expect(found.map((one: any) => one?.allowedTransitions.length ?? null)).toEqual([4, 4, 4, 3, 3, 4, null, null, 4]);
    expect(found[1]).toMatchObject({ subject: 'Größe', metadataSchema: { key: 'guide-board.run.v1' }, history: [{ to: 'CREATED' }] });
    expect(hub.counted()).toHaveLength(4);
  });
});

describe('lists', () => {
  it.each([
    ['statuses: [FINALIZED, UPLOADING]', 3], ['domain: "infotech"', 3], ['repo: "core-hub"', 3], ['workstream: "CUST-WP-0025"', 3], ['task: "CUST-WP-0025-T03"', 3], ['service: "shop"', 3], ['producer: "scanner"', 1], ['subject: "Größe"', 1],
    ['retentionClasses: ["transient", "permanent-record"]', 2], [`claimedManifestDigest: "blake3:${'a'.repeat(64)}"`, 1], [`manifestDigest: "blake3:${'a'.repeat(64)}"`, 0], ['expiresBefore: "2026-12-31T00:00:00Z"', 1], ['text: "GRÖSSE"', 0], ['text: "größe"', 1], ['text: "%"', 0], ['repo: "core-hub", producer: "scanner"', 1],
    ['repos: ["core-hub", "nowhere"]', 3], ['domains: ["infotech"]', 3], ['workstreams: ["CUST-WP-0025"]', 3], ['services: []', 0], ['services: ["shop", "shop"]', 3], ['ids: ["no id"]', 0],
  ])('narrow by %s', async (filter, count) => {
    const { artifactPackages } = await hub.ask(`{ artifactPackages(filter: { ${filter} }) { nodes { id } totalCount } }`, {}, viewer);
    expect(artifactPackages.totalCount).toBe(count);
    expect(artifactPackages.nodes).toHaveLength(count);
  });

  it.each([['CREATED', (all: string[]) => all], ['CREATED_DESC', (all: string[]) => all.toReversed()]])('page in the order %s', async (order, sorted) => {
    const seen: string[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const { artifactPackages }: any = await hub.ask(`query ($after: String) { artifactPackages(first: 4, after: $after, orderBy: ${order}) { nodes { id } pageInfo { hasNextPage endCursor } } }`, { after }, viewer);
      seen.push(...artifactPackages.nodes.map((node: any) => node.id));
      ({ hasNextPage: more, endCursor: after } = artifactPackages.pageInfo);
    }
    expect(seen).toEqual(sorted(ids));
  });

  it('find a package by its digest, and nothing by what is no id', async () => {
    const { artifactPackage: { manifestDigest } } = await hub.ask('query ($id: ID!) { artifactPackage(id: $id) { manifestDigest } }', { id: ids[3] }, viewer);
    expect(await hub.ask('query ($digest: Blake3!) { artifactPackages(filter: { manifestDigest: $digest }, orderBy: UPDATED_DESC) { nodes { id } } none: artifactPackage(id: "x") { id } }', { digest: manifestDigest }, viewer)).toEqual({ artifactPackages: { nodes: [{ id: ids[3] }] }, none: null });
  });
});
