import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { definition } from '../subgraph.ts';

let hub: TestHub;
const clock = heldClock('2026-05-01T00:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const [author, operator, maintainer, steward] = [as('author'), as('operator'), as('maintainer'), as('steward')];
let names = 0;
/** The query of the issue, as far as it is this hub's: fields of other hubs are theirs. */
const ACCEPTANCE = `query Readiness { readiness(domain: "infotech") { ready gates { code status requirements { kind met evidence { id environment observedAt } missing } } openAlerts { severity subject { __typename ... on Service { slug } } workstream { code } } actionRequired { who what since } }
  service(slug: "core-hub") { repo { slug } domain { slug } deployments(first: 3) { nodes { environment releaseDigest result } } openAlerts { nodes { severity title } } } }`;

beforeAll(async () => {
  hub = await startTestHub(definition, { clock });
  await hub.change('registerService', { slug: 'core-hub', name: 'Core hub', domain: 'infotech', repo: 'core-hub', owner: 'jonas', tier: 'TIER_1' }, 'service { slug }', maintainer);
});
afterAll(() => hub[Symbol.asyncDispose]());

const iso = (more = 0) => new Date(clock.now().getTime() + more).toISOString();
const gate = async (code: string, more: object) => (await hub.change('defineGate', { code, title: code, owner: 'mara', requirements: [{ key: 'smoke', kind: 'SMOKE', environments: ['STAGING'], freshnessHours: 240 }], ...more }, 'gate { id }', maintainer)).gate.id as string;
const record = (more: object) => hub.change('recordEvidence', { evidence: [{ kind: 'SMOKE', environment: 'STAGING', result: 'PASS', observedAt: iso(), source: 'ci', sourceKey: `run-${++names}`, ...more }] }, 'batch { recorded }', author);
const readiness = async (scope: string) => (await hub.ask(`{ readiness(${scope}) { ready gates { code status missing } openAlerts { title severity } actionRequired { who what since } } }`)).readiness;

describe('readiness', () => {
  it('says who has to do what, since when, until nothing is left', async () => {
    const [start, id] = [iso(), await gate('RELEASE', { service: 'core-hub' })];
    expect(await readiness('service: "core-hub"')).toEqual({
      ready: false, gates: [{ code: 'RELEASE', status: 'PENDING', missing: [expect.any(String)] }], openAlerts: [],
      actionRequired: [{ who: 'jonas', what: 'Record evidence for the gate RELEASE. SMOKE in STAGING: a passing observation not older than 240 h; there is none.', since: start }],
    });
    clock.advance(HOUR);
    await record({ service: 'core-hub' });
    expect(await readiness('service: "core-hub"')).toMatchObject({ ready: false, actionRequired: [{ who: 'mara', what: 'Pass the gate RELEASE: every requirement is met.', since: iso() }] });
    await hub.change('failGate', { id, note: 'the index is broken' }, 'gate { id }', maintainer);
    expect(await readiness('service: "core-hub"')).toMatchObject({ ready: false, actionRequired: [{ who: 'mara', what: 'Mend what failed at the gate RELEASE, then reopen it: the index is broken' }] });
    await hub.change('reopenGate', { id, note: 'mended' }, 'gate { id }', maintainer);
    await hub.change('passGate', { id }, 'gate { id }', operator);
    expect(await readiness('domain: "infotech"')).toMatchObject({ ready: true, actionRequired: [] });

    const alert = (await hub.change('raiseAlert', { dedupKey: 'disk', severity: 'CRITICAL', title: 'The disk is full', service: 'core-hub', workstream: 'CUST-WP-0025', labels: [{ name: 'host', value: 'db-1' }] }, 'alert { id }', author)).alert;
    await hub.change('raiseAlert', { dedupKey: 'queue', severity: 'WARNING', title: 'The queue grows', domain: 'infotech' }, 'alert { id }', author);
    const raised = iso();
    expect(await readiness('domain: "infotech"')).toMatchObject({
      ready: false, openAlerts: [{ title: 'The disk is full' }, { title: 'The queue grows' }],
      actionRequired: expect.arrayContaining([{ who: 'jonas', what: 'Take the CRITICAL alert "The disk is full".', since: raised }, { who: 'maintainer of the domain infotech', what: 'Take the WARNING alert "The queue grows".', since: raised }]),
    });
    await hub.change('acknowledgeAlert', { id: alert.id, owner: 'ines' }, 'alert { id }', operator);
    expect(await readiness('workstream: "CUST-WP-0025"'), 'without a gate nothing shows that it is ready').toMatchObject({ ready: false, gates: [], actionRequired: [{ who: 'ines', what: 'Resolve the CRITICAL alert "The disk is full".' }] });
    const silence = await hub.change('silenceAlerts', { matchers: [{ name: 'host', operator: 'EQUAL', value: 'db-1' }], startsAt: iso(), endsAt: iso(HOUR), comment: 'known' }, 'silence { id }', operator);
    expect(silence.errors).toEqual([]);
    expect(await readiness('domain: "infotech"'), 'a suppressed alert blocks nothing, and stands behind').toMatchObject({ ready: true, openAlerts: [{ title: 'The disk is full' }, { title: 'The queue grows' }], actionRequired: [{ what: 'Take the WARNING alert "The queue grows".' }] });
    expect(await readiness('service: "core-hub"')).toMatchObject({ ready: true, actionRequired: [] });
    clock.advance(HOUR);
    expect(await readiness('service: "core-hub"'), 'the silence is over').toMatchObject({ ready: false });
  });

  it('speaks of reviews that are over and waivers that end soon', async () => {
    const id = await gate('STACK', { domain: 'stack' });
    const risk = await hub.change('surfaceRisk', { title: 'One disk', likelihood: 2, impact: 2, owner: 'ines', domain: 'stack', reviewDate: '2026-05-03' }, 'risk { id }', maintainer);
    const waived = await hub.change('waiveGate', { id, decision: 'D-1', until: iso(8 * DAY), risk: risk.risk.id }, 'gate { status }', steward);
    expect(waived.errors).toEqual([]);
    const began = clock.now().getTime();
    expect(await readiness('domain: "stack"')).toMatchObject({ ready: true, gates: [{ status: 'WAIVED' }], actionRequired: [] });
    clock.advance(3 * DAY);
    expect((await readiness('domain: "stack"')).actionRequired).toEqual([
      { who: 'mara', what: expect.stringContaining('its waiver ends at'), since: new Date(began + DAY).toISOString() },
      { who: 'ines', what: 'Review the risk "One disk": its review date, 2026-05-03, is over.', since: '2026-05-04T00:00:00.000Z' },
    ]);
  });

  it('is of one thing that is known', async () => {
    expect(await readiness('service: "nobody"')).toBeNull();
    expect(await readiness('migrationRun: "nothing"')).toBeNull();
    expect(await readiness('domain: "nothing"')).toEqual({ ready: false, gates: [], openAlerts: [], actionRequired: [] });
    await expect(readiness('service: "core-hub", domain: "infotech"')).rejects.toThrow('exactly one');
    await expect(hub.ask('{ readiness { ready } }')).rejects.toThrow('exactly one');
    const run = (await hub.change('planMigration', { code: 'RUN', title: 'Move', service: 'core-hub', workstream: 'CUST-WP-0025' }, 'migrationRun { id }', operator)).migrationRun;
    await gate('RUN-CUTOVER', { migrationRun: 'RUN', phase: 'CUTOVER' });
    for (const named of ['RUN', run.id]) expect(await readiness(`migrationRun: "${named}"`)).toMatchObject({ gates: [{ code: 'RUN-CUTOVER' }], openAlerts: [{ title: 'The disk is full' }] });
  });

  it('answers the query of the issue in the same number of statements, however many gates there are', async () => {
    const count = async () => {
      hub.counted();
      const { readiness: answer, service } = await hub.ask(ACCEPTANCE);
      expect(service).toMatchObject({ domain: { slug: 'infotech' }, openAlerts: { nodes: [{ severity: 'CRITICAL' }] } });
      return { gates: answer.gates.length, statements: hub.counted().length };
    };
    const before = await count();
    for (let index = 0; index < 5; index++) await gate(`MORE-${index}`, { service: 'core-hub' });
    expect(await count()).toEqual({ gates: before.gates + 5, statements: before.statements });
  });
});

describe('lists of gates', () => {
  it('are narrowed by what is computed, with right totals and pages', async () => {
    for (let index = 0; index < 5; index++) await gate(`LIST-${index}`, { domain: 'lists', workstream: `LISTS-WP-000${index}`, owner: 'ada' });
    for (const index of [1, 3, 4]) await record({ workstream: `LISTS-WP-000${index}` });
    const list = async (args: string) => (await hub.ask(`{ gates(${args}) { totalCount pageInfo { hasNextPage endCursor } nodes { code status } } }`)).gates;
    const first = await list('filter: { domains: ["lists"], statuses: [READY] }, first: 2');
    expect(first).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true }, nodes: [{ code: 'LIST-1', status: 'READY' }, { code: 'LIST-3', status: 'READY' }] });
    expect(await list(`filter: { domains: ["lists"], statuses: [READY] }, first: 2, after: "${first.pageInfo.endCursor}"`)).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: false }, nodes: [{ code: 'LIST-4' }] });
    expect(await list('filter: { owners: ["ada"], statuses: [PENDING], codes: ["LIST-0", "LIST-1"] }')).toMatchObject({ totalCount: 1, nodes: [{ code: 'LIST-0' }] });
    expect(await list('filter: { migrationRuns: ["RUN"], phases: [CUTOVER] }')).toMatchObject({ totalCount: 1 });
    clock.advance(241 * HOUR);
    expect(await list('filter: { domains: ["lists"], statuses: [READY] }'), 'no job ran').toMatchObject({ totalCount: 0, nodes: [] });
  });

  it('hang on services, domains and workstreams, and count in the state of everything', async () => {
    const { service } = await hub.ask('{ service(slug: "core-hub") { gates(filter: { statuses: [PENDING, PASSED] }, first: 1) { totalCount nodes { code } } } }');
    expect(service.gates.nodes).toHaveLength(1);
    const entities = await hub.ask(
      `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Domain { gates { totalCount } } ... on Workstream { gates(filter: { statuses: [PENDING] }) { nodes { code } } } ... on StateSummary { readiness { status count } } ... on Gate { code } } }`,
      { of: [{ __typename: 'Domain', slug: 'lists' }, { __typename: 'Workstream', code: 'LISTS-WP-0002' }, { __typename: 'Workstream', code: 'NONE-WP-0001' }, { __typename: 'StateSummary', id: 'state' }] },
    );
    expect(entities._entities).toMatchObject([{ gates: { totalCount: 5 } }, { gates: { nodes: [{ code: 'LIST-2' }] } }, { gates: { nodes: [] } }, { readiness: expect.arrayContaining([{ status: 'PENDING', count: expect.any(Number) }]) }]);
    expect(await hub.ask('{ gate(code: "LIST-2") { code } other: gate(id: "no-id") { code } none: gate { code } }')).toEqual({ gate: { code: 'LIST-2' }, other: null, none: null });
  });
});
