import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { sample } from '../sample.ts';
import { definition } from '../subgraph.ts';

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub(definition, { clock: heldClock('2026-06-20T10:00:00Z') });
  await sample(hub.hub);
});
afterAll(() => hub[Symbol.asyncDispose]());

const ENTITIES = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
  ... on Repo { slug contributions(first: 5) { nodes { slug } totalCount } }
  ... on Workstream { code contributions(filter: { types: [BR] }) { nodes { type } } }
  ... on Domain { slug contributionCounts { type status count } }
  ... on StateSummary { contributionCounts { type status count } }
  ... on Contribution { title supersededBy { id } history { to } allowedTransitions { verb } }
} }`;

describe('what this hub adds to others\' nouns', () => {
  it('costs one statement per field, whatever their number', async () => {
    const many = <Kind extends string>(kind: Kind, key: string, values: readonly string[]) => values.map((value) => ({ __typename: kind, [key]: value }));
    const repos = ['warehouse', ...Array.from({ length: 50 }, (_, index) => `repo-${index}`), 'core-hub'];
    hub.counted();
    const { _entities: found } = await hub.ask(ENTITIES, { representations: many('Repo', 'slug', repos) });
    expect(found[0]).toMatchObject({ slug: 'warehouse', contributions: { totalCount: 3 } });
    expect(found[1].contributions).toEqual({ nodes: [], totalCount: 0 });
    expect(found.at(-1).contributions.nodes).toHaveLength(1);
    expect(hub.counted()).toHaveLength(2); // the pages, and their counts
    const workstreams = await hub.ask(ENTITIES, { representations: many('Workstream', 'code', ['CUST-WP-0025', 'CUST-WP-0002', 'NO-WP-1']) });
    expect(workstreams._entities.map((one: any) => one.contributions.nodes.length)).toEqual([1, 0, 0]);
    expect(hub.counted()).toHaveLength(1);
    const domains = await hub.ask(ENTITIES, { representations: many('Domain', 'slug', ['infotech', 'custodian', 'nowhere']) });
    expect(domains._entities.map((one: any) => one.contributionCounts.reduce((sum: number, line: any) => sum + line.count, 0))).toEqual([4, 2, 0]);
    expect(hub.counted()).toHaveLength(1);
    const slugs = (await hub.ask('{ contributions { nodes { slug } } }')).contributions.nodes.map((one: any) => one.slug);
    hub.counted();
    const contributions = await hub.ask(ENTITIES, { representations: many('Contribution', 'slug', slugs) });
    expect(contributions._entities.every((one: any) => one.history.length === 1)).toBe(true);
    expect(hub.counted()).toHaveLength(3); // contributions, successors, history
  });

  it('is there for the one state, and null for what is no entity', async () => {
    const { _entities: found } = await hub.ask(ENTITIES, { representations: [{ __typename: 'StateSummary', id: 'state' }, { __typename: 'StateSummary', id: 'other' }, { __typename: 'Contribution', id: 'nothing' }, { __typename: 'Contribution', slug: 'EP-NO-001' }] });
    expect(found[0].contributionCounts).toHaveLength(6);
    expect(found.slice(1)).toEqual([null, null, null]);
  });

  it('puts the sample in once, with every type and one to follow up', async () => {
    await sample(hub.hub);
    const { contributions, contributionCounts } = await hub.ask('{ contributions(filter: { needsFollowUp: true }) { nodes { slug package { purl } } } contributionCounts { type count } }');
    expect(new Set(contributionCounts.map((line: any) => line.type))).toEqual(new Set(['BR', 'FR', 'EP', 'UPR']));
    expect(contributionCounts.reduce((sum: number, line: any) => sum + line.count, 0)).toBe(6);
    expect(contributions.nodes).toMatchObject([{ package: { purl: 'pkg:npm/jszip' } }]);
  });
});

describe('lists', () => {
  it.each([
    ['types: [UPR]', 2], ['statuses: [MERGED, DRAFT]', 2], ['targetOrg: "stuk"', 2], ['targetRepo: "NATS.js"', 1], ['workstream: "CUST-WP-0025"', 2], ['needsFollowUp: false', 5], ['text: "FREEZES"', 1], ['types: [BR], targetOrg: "Stuk"', 1],
  ])('are narrowed by %s', async (filter, count) => {
    expect((await hub.ask(`{ contributions(filter: { ${filter} }) { totalCount nodes { id } } }`)).contributions).toMatchObject({ totalCount: count, nodes: { length: count } });
  });

  it('are walked by cursor', async () => {
    const page = async (after: string | null) => (await hub.ask('query ($after: String) { contributions(first: 4, after: $after, orderBy: SLUG) { nodes { slug } pageInfo { hasNextPage endCursor } } }', { after })).contributions;
    const first = await page(null);
    const second = await page(first.pageInfo.endCursor);
    const slugs = [...first.nodes, ...second.nodes].map((one: any) => one.slug);
    expect(slugs).toHaveLength(6);
    expect(new Set(slugs).size).toBe(6);
    expect(second.pageInfo.hasNextPage).toBe(false);
  });

  it('need no more than a viewer', async () => {
    expect((await hub.ask('{ contribution(slug: "EP-CUSTODIAN-001") { status domain { slug } topic { slug } workstream { code } } none: contribution(id: "x") { id } }', {}, as('viewer')))).toEqual({ contribution: { status: 'ACCEPTED', domain: { slug: 'custodian' }, topic: { slug: 'custodian' }, workstream: { code: 'CUST-WP-0040' } }, none: null });
  });
});

describe('velocity', () => {
  const ask = async (period: string) => (await hub.ask(`{ contributionVelocity${period} { week from submitted resolved } }`)).contributionVelocity;
  it('counts by ISO week, empty weeks included', async () => {
    expect(await ask('(period: { from: "2026-05-03", to: "2026-05-20" })')).toEqual([
      { week: '2026-W18', from: '2026-04-27', submitted: 0, resolved: 0 }, { week: '2026-W19', from: '2026-05-04', submitted: 1, resolved: 0 }, { week: '2026-W20', from: '2026-05-11', submitted: 0, resolved: 1 }, { week: '2026-W21', from: '2026-05-18', submitted: 1, resolved: 0 },
    ]);
    expect(await ask('(period: { from: "2025-12-29", to: "2026-01-04" })')).toEqual([{ week: '2026-W01', from: '2025-12-29', submitted: 0, resolved: 0 }]);
  });
  it('looks back twelve weeks unless told otherwise, and not for ever', async () => {
    const weeks = await ask('');
    expect(weeks).toHaveLength(12);
    expect(weeks.at(-1)).toMatchObject({ from: '2026-06-15', resolved: 1 });
    await expect(ask('(period: { from: "1900-01-01" })')).rejects.toThrow(/BAD_USER_INPUT/);
    await expect(ask('(period: { from: "2026-05-02", to: "2026-05-01" })')).rejects.toThrow(/ends before it begins/);
  });
});
