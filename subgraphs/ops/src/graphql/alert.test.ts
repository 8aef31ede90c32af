import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { definition } from '../subgraph.ts';

let hub: TestHub;
const clock = heldClock('2026-03-02T10:00:00Z');
const [author, operator, maintainer] = [as('author'), as('operator'), as('maintainer')];
const labels = (of: Record<string, string>) => Object.entries(of).map(([name, value]) => ({ name, value }));

beforeAll(async () => {
  hub = await startTestHub(definition, { clock });
  for (const slug of ['core-hub', 'pay']) await hub.change('registerService', { slug, name: slug, domain: slug === 'pay' ? 'stack' : 'infotech', repo: `${slug}-repo`, owner: 'jonas', tier: 'TIER_1' }, 'service { slug }', maintainer);
  const raise = async (dedupKey: string, more: object) => {
    clock.advance(60_000);
    const answer = await hub.change('raiseAlert', { dedupKey, title: `Title of ${dedupKey}`, severity: 'ERROR', ...more }, 'alert { id }', author);
    expect(answer.errors).toEqual([]);
    return answer.alert.id as string;
  };
  await raise('a', { service: 'core-hub', severity: 'CRITICAL', labels: labels({ cluster: 'x' }), detail: 'Needle in DETAIL' });
  await raise('b', { service: 'core-hub', labels: labels({ cluster: 'y' }) });
  await raise('c', { service: 'pay', severity: 'INFO', labels: labels({ cluster: 'x' }) });
  await raise('d', { workstream: 'CUST-WP-0025', severity: 'WARNING' });
  await raise('e', { package: 'pkg:npm/jszip@3.10.1', repo: 'warehouse' });
  await raise('f', { domain: 'custodian', severity: 'CRITICAL' });
  await hub.change('acknowledgeAlert', { dedupKey: 'b' }, 'alert { id }', operator);
  await hub.change('resolveAlert', { dedupKey: 'f', note: 'Done.' }, 'alert { id }', operator);
});
afterAll(() => hub[Symbol.asyncDispose]());

describe('a list of alerts', () => {
  it.each([
    ['', 'faebdc'], ['filter: { open: true }', 'aebdc'], ['filter: { open: false }', 'f'], ['filter: { statuses: [ACKNOWLEDGED, RESOLVED] }', 'fb'], ['filter: { statuses: [] }', ''], ['filter: { severities: [CRITICAL, INFO] }', 'fac'],
    ['filter: { services: ["core-hub", "none"] }', 'ab'], ['filter: { domains: ["infotech", "custodian"] }', 'fab'], ['filter: { workstreams: ["CUST-WP-0025"] }', 'd'], ['filter: { repos: ["pay-repo", "warehouse"] }', 'ec'], ['filter: { packages: ["pkg:npm/jszip@3.10.1"] }', 'e'],
    ['filter: { dedupKey: "d" }', 'd'], ['filter: { text: "needle in detail" }', 'a'], ['filter: { since: "2026-03-02T10:05:00Z" }', 'fe'], ['filter: { services: ["core-hub"], severities: [ERROR] }', 'b'],
    ['orderBy: CREATED', 'abcdef'], ['orderBy: CREATED_DESC', 'fedcba'], ['orderBy: LAST_DESC', 'fedcba'], ['orderBy: SEVERITY_DESC, filter: { open: true }', 'aebdc'],
  ])('is narrowed and ordered by %s', async (args, keys) => {
    const { alerts } = await hub.ask(`{ alerts${args && `(${args})`} { totalCount nodes { dedupKey } } }`, {}, as('viewer'));
    expect(alerts.nodes.map((node: any) => node.dedupKey).join('')).toBe(keys);
    expect(alerts.totalCount).toBe(keys.length);
  });

  it('is walked by cursor, both ways', async () => {
    const walk = async (size: string, step: string, from: string | null) => (await hub.ask(`query ($from: String) { alerts(${size}: 2, ${step}: $from) { nodes { dedupKey } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`, { from })).alerts;
    let found = '';
    for (let page = await walk('first', 'after', null); ; page = await walk('first', 'after', page.pageInfo.endCursor)) {
      found += page.nodes.map((node: any) => node.dedupKey).join('');
      if (!page.pageInfo.hasNextPage) break;
    }
    expect(found).toBe('faebdc');
    const back = await walk('last', 'before', null);
    expect(back.nodes.map((node: any) => node.dedupKey)).toEqual(['d', 'c']);
    expect((await walk('last', 'before', back.pageInfo.startCursor)).nodes.map((node: any) => node.dedupKey)).toEqual(['e', 'b']);
  });

  it('answers null for one that is not there, and nothing without hub:read', async () => {
    expect(await hub.ask('{ a: alert(id: "x") { id } b: alert(id: "018f0000-0000-7000-8000-000000000000") { id } }')).toEqual({ a: null, b: null });
  });
});

describe('groups', () => {
  const groups = async (args: string) => (await hub.ask(`{ alertGroups(${args}) { keys { by label value } count severity severities { severity count } lastAt } }`)).alertGroups;
  it('have counts, the worst first', async () => {
    expect(await groups('by: [SERVICE]')).toEqual([
      { keys: [{ by: 'SERVICE', label: null, value: 'core-hub' }], count: 2, severity: 'CRITICAL', severities: [{ severity: 'CRITICAL', count: 1 }, { severity: 'ERROR', count: 1 }], lastAt: '2026-03-02T10:02:00.000Z' },
      { keys: [{ by: 'SERVICE', label: null, value: null }], count: 2, severity: 'ERROR', severities: [{ severity: 'ERROR', count: 1 }, { severity: 'WARNING', count: 1 }], lastAt: '2026-03-02T10:05:00.000Z' },
      { keys: [{ by: 'SERVICE', label: null, value: 'pay' }], count: 1, severity: 'INFO', severities: [{ severity: 'INFO', count: 1 }], lastAt: '2026-03-02T10:03:00.000Z' },
    ]);
    expect((await groups('by: [LABEL, SEVERITY], labels: ["cluster"], filter: { services: ["core-hub", "pay"] }')).map((group: any) => [...group.keys.map((key: any) => key.value), group.count])).toEqual([['x', 'CRITICAL', 1], ['y', 'ERROR', 1], ['x', 'INFO', 1]]);
    expect((await groups('by: [DOMAIN], filter: { open: false }')).map((group: any) => group.keys[0].value)).toEqual(['custodian']);
    expect(await groups('by: [SOURCE], first: 1')).toMatchObject([{ keys: [{ value: 'author' }], count: 5 }]);
    for (const by of ['WORKSTREAM', 'REPO', 'PACKAGE']) expect((await groups(`by: [${by}]`)).length).toBeGreaterThan(1);
  });
  it.each(['by: []', 'by: [LABEL]', 'by: [SERVICE], labels: ["a"]', 'by: [LABEL], labels: ["1"]', 'by: [LABEL], labels: ["a", "b", "c", "d", "e", "f"]', 'by: [SERVICE], first: 201', 'by: [SERVICE], first: -1'])('are refused for %s', async (args) => {
    await expect(groups(args)).rejects.toThrow('BAD_USER_INPUT');
  });
});

const ENTITIES = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
  ... on Domain { slug openAlerts { totalCount nodes { dedupKey } } }
  ... on Repo { slug openAlerts(first: 1) { totalCount nodes { dedupKey } } }
  ... on Workstream { code openAlerts(filter: { suppressed: false }) { totalCount nodes { dedupKey } } }
  ... on Package { purl openAlerts { totalCount nodes { dedupKey } } }
  ... on StateSummary { counts: openAlerts { severity count } }
  ... on Alert { dedupKey status suppressed { by } }
} }`;
const entities = async (representations: readonly object[]) => (await hub.ask(ENTITIES, { representations }))._entities;
const keysOf = (one: any) => one.openAlerts.nodes.map((node: any) => node.dedupKey).join('');

describe('what alerts are about', () => {
  it('has its open alerts, at one statement a field, whatever the number', async () => {
    const many = (typename: string, key: string, values: readonly string[]) => [...values, ...Array.from({ length: 30 }, (_, index) => typename === 'Package' ? `pkg:npm/none-${index}` : `none-${index}`)].map((value) => ({ __typename: typename, [key]: value }));
    hub.counted();
    expect((await entities(many('Domain', 'slug', ['infotech', 'stack', 'custodian']))).slice(0, 4).map(keysOf)).toEqual(['ab', 'c', '', '']);
    expect(hub.counted()).toHaveLength(2); // the pages, and their counts
    const repos = await entities(many('Repo', 'slug', ['core-hub-repo', 'warehouse']));
    expect([repos[0].openAlerts, keysOf(repos[1])]).toEqual([{ totalCount: 2, nodes: [{ dedupKey: 'a' }] }, 'e']);
    expect(hub.counted()).toHaveLength(2);
    expect((await entities(many('Workstream', 'code', ['CUST-WP-0025']))).slice(0, 2).map(keysOf)).toEqual(['d', '']);
    expect(hub.counted()).toHaveLength(3); // and what is suppressed
    expect((await entities(many('Package', 'purl', ['pkg:npm/jszip@3.10.1', 'pkg:npm/jszip']))).slice(0, 2).map(keysOf)).toEqual(['e', '']);
    hub.counted();
    const { services } = await hub.ask('{ services { nodes { slug openAlerts { nodes { dedupKey } } alerts(filter: { statuses: [ACKNOWLEDGED] }) { nodes { dedupKey } } none: openAlerts(filter: { open: false }) { totalCount } } } }');
    expect(services.nodes.map((one: any) => [one.slug, keysOf(one), one.alerts.nodes.length, one.none.totalCount])).toEqual(expect.arrayContaining([['core-hub', 'ab', 1, 0], ['pay', 'c', 0, 0]]));
    expect(hub.counted()).toHaveLength(5);
  });
  it('is counted for the state of everything, and known by reference', async () => {
    const { alerts } = await hub.ask('{ alerts { nodes { id } } }');
    hub.counted();
    const found = await entities([{ __typename: 'StateSummary', id: 'state' }, ...alerts.nodes.map(({ id }: any) => ({ __typename: 'Alert', id })), { __typename: 'Alert', id: 'x' }]);
    expect(found[0].counts).toEqual([{ severity: 'CRITICAL', count: 1 }, { severity: 'ERROR', count: 2 }, { severity: 'WARNING', count: 1 }, { severity: 'INFO', count: 1 }]);
    expect(found.slice(1).map((one: any) => one?.dedupKey ?? null)).toEqual(['f', 'a', 'e', 'b', 'd', 'c', null]);
  });
});
