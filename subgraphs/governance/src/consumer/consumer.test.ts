import { newId } from '@hubgraph/kit/ids';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventPublisher, type EventFacts, type EventPublisher } from '../../../../test/harness/event-publisher.ts';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { startNats, type TestNats } from '../../../../test/harness/nats.ts';
import { until } from '../../../../test/harness/until.ts';
import { definition } from '../subgraph.ts';

let nats: TestNats;
let publisher: EventPublisher;
let next = 1;

beforeAll(async () => {
  nats = await startNats();
  publisher = await eventPublisher(nats.url, { ops: 'opshub', contributions: 'contribhub', artifacts: 'artifactstore', finance: 'finhub' });
});
afterAll(async () => {
  await publisher[Symbol.asyncDispose]();
  await nats.stop();
});

/** Governance following `streams`, with one repo. */
async function scene(streams: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<TestHub> {
  for (const stream of streams) await publisher.createStream(stream);
  const hub = await startTestHub(definition, { natsUrl: nats.url, start: true, env });
  onTestFinished(async () => {
    await hub[Symbol.asyncDispose]();
    for (const stream of streams) await publisher.deleteStream(stream).catch(() => undefined);
  });
  await hub.change('registerDomain', { slug: 'custodian', name: 'Custodian' }, 'domain { id }');
  await hub.change('registerRepo', { slug: 'core-hub', name: 'Core hub', domain: 'custodian' }, 'repo { id }');
  return hub;
}

/** A workstream in closing review without tasks. */
async function closing(hub: TestHub, repo: string | null = 'core-hub') {
  const code = `CUST-WP-${String(next++).padStart(4, '0')}`;
  const { workstream: { id } } = await hub.change('proposeWorkstream', { code, title: code, domain: 'custodian', repo, owner: 'ada' }, 'workstream { id }', as('author', 'ada'));
  await hub.change('activateWorkstream', { id }, 'workstream { id }');
  await hub.change('openClosureReview', { id, context: 'x' }, 'workstream { id }', as('author', 'ada'));
  return {
    id, code,
    complete: () => hub.change('completeWorkstream', { id, review: { outcome: 'COMPLETED', context: 'x', classifications: [] } }, 'workstream { status } errors { ... on ClosureRefused { blockers { code hub noun id key title status since } sources { hub state behind asOf missed reason } } }'),
    archive: () => hub.change('archiveWorkstream', { id }, 'workstream { status } errors { ... on ClosureRefused { blockers { code hub id } } }'),
    blockers: async () => (await hub.ask('query ($id: ID!) { workstream(id: $id) { closureBlockers { code hub noun id key title status since message entity { __typename } } } }', { id })).workstream.closureBlockers as Record<string, string>[],
  };
}
const source = async (hub: TestHub, name: string) => (await hub.ask('{ closureSources { hub state asOf behind position missed reason } }')).closureSources.find((one: { hub: string }) => one.hub === name);
const known = async (hub: TestHub, name: string, state = 'CURRENT') => until(`${name} to be ${state}`, async () => (await source(hub, name)).state === state);

const service = (slug: string, repo: string | null): EventFacts => ({ type: 'org.opshub.service.registered', domain: 'custodian', data: { id: newId(), slug, name: slug, repo, owner: 'jonas', tier: 'TIER_1', version: 1 } });
const alert = (id: string, verb: string, to: string, about: object): EventFacts => ({ type: `org.opshub.alert.${verb}`, domain: 'custodian', data: { id, from: null, to, version: 1, dedupKey: id, severity: 'ERROR', title: `Alert ${id}`, subject: 'SERVICE', count: 1, escalation: 0, suppressed: false, ...about } });

describe('what other hubs have', () => {
  it('stands in the way of completing and archiving, until their hubs say otherwise', async () => {
    const hub = await scene(['ops', 'contributions', 'artifacts', 'finance']);
    const workstream = await closing(hub);
    const ids = { alert: newId(), gate: newId(), contribution: newId(), package: newId(), commitment: newId() };
    const say = (open: boolean) => [
      publisher.publish('ops', service('core', 'core-hub'), alert(ids.alert, open ? 'raised' : 'resolved', open ? 'RAISED' : 'RESOLVED', { service: 'core' }), { type: `org.opshub.gate.${open ? 'defined' : 'passed'}`, data: { id: ids.gate, code: 'CORE-CUTOVER', to: open ? 'PENDING' : 'PASSED', workstream: workstream.code } }),
      publisher.publish('contributions', { type: `org.contribhub.contribution.${open ? 'drafted' : 'merged'}`, data: { id: ids.contribution, slug: 'EP-CUST-001', to: open ? 'DRAFT' : 'MERGED', workstream: workstream.code } }),
      publisher.publish('artifacts', { type: `org.artifactstore.package.${open ? 'uploading' : 'finalized'}`, data: { id: ids.package, subject: 'evidence', to: open ? 'UPLOADING' : 'FINALIZED', task: `${workstream.code}-T01` } }),
      publisher.publish('finance', { type: `org.finhub.commitment.${open ? 'signed' : 'activated'}`, data: { id: ids.commitment, title: 'Hosting', to: open ? 'PENDING' : 'ACTIVE', workstream: workstream.code } }),
    ];
    await Promise.all(say(true));
    const refused = await workstream.complete();
    expect(refused.workstream).toBeNull();
    const expected = [
      { code: 'ALERT_OPEN', hub: 'ops', noun: 'Alert', id: ids.alert, status: 'RAISED' },
      { code: 'GATE_PENDING', hub: 'ops', noun: 'Gate', id: ids.gate, key: 'CORE-CUTOVER', status: 'PENDING' },
      { code: 'CONTRIBUTION_WAITING', hub: 'contributions', noun: 'Contribution', id: ids.contribution, key: 'EP-CUST-001', status: 'DRAFT' },
      { code: 'PACKAGE_UPLOADING', hub: 'artifacts', noun: 'ArtifactPackage', id: ids.package, title: 'evidence', status: 'UPLOADING' },
      { code: 'COMMITMENT_PENDING', hub: 'finance', noun: 'Commitment', id: ids.commitment, title: ids.commitment, status: 'PENDING' },
    ];
    const [error] = refused.errors as any[]; // eslint-disable-line @typescript-eslint/no-explicit-any -- one of several types
    expect(error.blockers).toHaveLength(5);
    expect(error.blockers).toEqual(expect.arrayContaining(expected.map((one) => expect.objectContaining(one))));
    expect(error.sources.map(({ hub: name, state, behind, missed }: any) => [name, state, behind, missed])).toEqual(['ARTIFACTS', 'CONTRIBUTIONS', 'FINANCE', 'OPS'].map((name) => [name, 'CURRENT', 0, 0])); // eslint-disable-line @typescript-eslint/no-explicit-any -- as above
    const preview = await workstream.blockers();
    expect(preview.map(({ entity }) => entity)).toEqual(expect.arrayContaining([{ __typename: 'Alert' }, { __typename: 'Gate' }, { __typename: 'Contribution' }, { __typename: 'ArtifactPackage' }, { __typename: 'Commitment' }]));
    await Promise.all(say(false));
    expect(await workstream.complete()).toMatchObject({ workstream: { status: 'COMPLETED' }, errors: [] });
    // what comes after the closing does not undo it, is shown, and keeps it from being put away
    await Promise.all(say(true));
    expect((await workstream.archive()).errors).toMatchObject([{ __typename: 'ClosureRefused', blockers: [{}, {}, {}, {}, {}] }]);
    await Promise.all(say(false));
    expect(await workstream.archive()).toMatchObject({ workstream: { status: 'ARCHIVED' } });
  });

  it('concerns the workstream that it names, or those of the repo that its service comes from', async () => {
    const hub = await scene(['ops']);
    const [one, two, elsewhere] = [await closing(hub), await closing(hub), await closing(hub, null)];
    const [named, ofService, unregistered] = [newId(), newId(), newId()];
    await publisher.publish('ops', alert(named, 'raised', 'RAISED', { service: 'core', workstream: one.code }), alert(ofService, 'raised', 'RAISED', { service: 'core' }), alert(unregistered, 'raised', 'RAISED', { service: 'ghost' }));
    expect((await two.complete()).workstream, 'the service is not registered yet').toEqual({ status: 'COMPLETED' });
    await publisher.publish('ops', service('core', 'core-hub'));
    expect((await one.complete()).errors).toMatchObject([{ blockers: [{ id: named }, { id: ofService }] }]);
    expect((await two.blockers()).map(({ id }) => id).filter((id) => id !== null)).toEqual([ofService]);
    expect((await elsewhere.complete()).workstream).toEqual({ status: 'COMPLETED' });
  });

  it('is refused by default where it cannot be known, and allowed where the setting says so', async () => {
    const refusing = await scene(['ops']);
    await known(refusing, 'OPS');
    expect((await source(refusing, 'FINANCE')).state).toBe('ABSENT');
    const one = await closing(refusing);
    const allowing = await startTestHub(definition, { natsUrl: nats.url, start: true, env: { HUBGRAPH_CLOSURE_WHEN_UNKNOWN: 'allow' } });
    onTestFinished(() => allowing[Symbol.asyncDispose]());
    await allowing.change('registerDomain', { slug: 'custodian', name: 'Custodian' }, 'domain { id }');
    await known(allowing, 'OPS');
    await publisher.publish('ops', { type: 'org.opshub.alert.raised', data: { id: 'not an id', to: 'RAISED', title: 'x' } });
    await known(refusing, 'OPS', 'INCOMPLETE');
    await known(allowing, 'OPS', 'INCOMPLETE');
    expect((await one.complete()).errors).toMatchObject([{ blockers: [{ code: 'HUB_UNKNOWN', hub: 'ops', noun: null }], sources: expect.arrayContaining([expect.objectContaining({ hub: 'OPS', state: 'INCOMPLETE', missed: 1, reason: expect.stringContaining('could not be read') })]) }]);
    expect(await one.blockers()).toMatchObject([{ code: 'HUB_UNKNOWN', message: expect.stringContaining('projection rebuild') }]);
    expect((await (await closing(allowing, null)).complete()).workstream).toEqual({ status: 'COMPLETED' });
  });

  it('is known anew after a gap or a stream that began anew, by a rebuild or by itself', async () => {
    const hub = await scene(['ops']);
    const workstream = await closing(hub);
    const [before, gone] = [newId(), newId()];
    await publisher.publish('ops', service('core', 'core-hub'), alert(before, 'raised', 'RAISED', { workstream: workstream.code }));
    await until('the alert', async () => (await workstream.blockers()).some(({ id }) => id === before));
    // another stream, whose first event is gone already
    await publisher.deleteStream('ops');
    await publisher.createStream('ops');
    await publisher.publish('ops', alert(gone, 'raised', 'RAISED', { workstream: workstream.code }), service('core', 'core-hub'), service('other', null));
    await publisher.purge('ops', 1);
    await until('a gap, or all of it', async () => ['INCOMPLETE', 'CURRENT'].includes((await source(hub, 'OPS')).state) && !(await workstream.blockers()).some(({ id }) => id === before));
    const steward = as('steward', 'sam');
    await expect(hub.change('replayClosureStream', { hub: 'OPS' }, 'report { items }', steward)).rejects.toThrow(/does not hold all/);
    await expect(hub.change('beginClosureRebuild', { hub: 'OPS' }, 'rebuild { id }')).rejects.toThrow(/gates:waive/);
    const { rebuild } = await hub.change('beginClosureRebuild', { hub: 'OPS' }, 'rebuild { id }', steward);
    const items = [{ noun: 'ALERT', id: gone, title: 'as listed', status: 'RAISED', workstream: workstream.code, since: new Date().toISOString() }];
    await hub.change('stageClosureItems', { rebuild: rebuild.id, items }, 'rebuild { id }', steward);
    expect((await hub.change('finishClosureRebuild', { rebuild: rebuild.id }, 'report { items }', steward)).report).toEqual({ items: 1 });
    expect((await source(hub, 'OPS'))).toMatchObject({ state: 'CURRENT', missed: 0 });
    expect((await workstream.complete()).errors).toMatchObject([{ blockers: [{ id: gone, code: 'ALERT_OPEN' }] }]);
  });

  it('is waited for while a stream cannot be read, and refused when that takes too long', async () => {
    await using own = await startNats();
    await using there = await eventPublisher(own.url, { ops: 'opshub' });
    await there.createStream('ops');
    const hub = await startTestHub(definition, { natsUrl: own.url, start: true, env: { HUBGRAPH_CLOSURE_WAIT_MS: '200' } });
    onTestFinished(() => hub[Symbol.asyncDispose]());
    await hub.change('registerDomain', { slug: 'custodian', name: 'Custodian' }, 'domain { id }');
    const workstream = await closing(hub, null);
    await known(hub, 'OPS');
    await own.kill();
    const refused = await workstream.complete();
    expect(refused.errors).toMatchObject([{ blockers: expect.arrayContaining([expect.objectContaining({ code: 'HUB_UNKNOWN', hub: 'ops' })]) }]);
    await own.restart();
    await until('the closing', async () => (await workstream.complete()).workstream?.status === 'COMPLETED');
  });
});
