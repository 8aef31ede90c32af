import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSampleGraph, type SampleGraph } from '../harness/sample-graph.ts';
import { until } from '../harness/until.ts';

/* eslint-disable @typescript-eslint/no-explicit-any -- answers of whatever was asked for */

// A workstream that another hub is not done with, through the gateway.
describe.each(['single', 'processes'] as const)('closing across hubs in the topology %s', (topology) => {
  let graph: SampleGraph;
  let next = 100;
  const post = async (...asked: Parameters<SampleGraph['post']>) => {
    const { body } = await graph.post(...asked);
    expect(body.errors).toBeUndefined();
    return body.data;
  };
  const change = async (verb: string, input: object, fields: string, ...who: [Parameters<SampleGraph['post']>[2], string?]) => (await post(`mutation ($input: ${verb[0]!.toUpperCase()}${verb.slice(1)}Input!) { answer: ${verb}(input: $input) { ${fields} cursor errors { __typename message ... on ClosureRefused { blockers { code hub id title } sources { hub state behind asOf } } } } }`, { input }, ...who)).answer;

  async function closing() {
    const code = `INFO-WP-${String(next++).padStart(4, '0')}`;
    const { workstream: { id } } = await change('proposeWorkstream', { code, title: code, domain: 'infotech', repo: 'ledger', owner: 'ada' }, 'workstream { id }', 'author', 'ada');
    await change('activateWorkstream', { id }, 'workstream { id }', 'maintainer');
    await change('openClosureReview', { id, context: 'over' }, 'workstream { id }', 'author', 'ada');
    return { id, code };
  }
  const complete = (id: string) => change('completeWorkstream', { id, review: { outcome: 'COMPLETED', context: 'over', classifications: [] } }, 'workstream { status }', 'maintainer', 'bob');
  const blockers = async (id: string) => (await post('query ($id: ID!) { workstream(id: $id) { closureBlockers { code hub noun id title status since entity { __typename ... on Alert { severity owner service { slug } } ... on Contribution { slug } ... on Gate { code } } } } }', { id }, 'viewer')).workstream.closureBlockers;
  const raise = (dedupKey: string) => change('raiseAlert', { dedupKey, severity: 'ERROR', title: `Ledger: ${dedupKey}`, service: 'ledger' }, 'alert { id }', 'operator');
  const resolve = (dedupKey: string) => change('resolveAlert', { dedupKey, note: 'mended' }, 'alert { status }', 'operator');

  beforeAll(async () => {
    graph = await startSampleGraph(topology);
    await change('registerRepo', { slug: 'ledger', name: 'Ledger', domain: 'infotech' }, 'repo { slug }', 'maintainer');
    await change('registerService', { slug: 'ledger', name: 'Ledger', domain: 'infotech', repo: 'ledger', owner: 'jonas' }, 'service { slug }', 'operator');
  }, 90_000);
  afterAll(() => graph[Symbol.asyncDispose]());

  it('is refused while an alert is open on a service of its repo, shows it before anyone tries, and goes on when it is resolved', async () => {
    const { id } = await closing();
    const { alert } = await raise('slow');
    await until('the alert', async () => (await blockers(id)).length === 1);
    expect(await blockers(id)).toEqual([{ code: 'ALERT_OPEN', hub: 'ops', noun: 'Alert', id: alert.id, title: 'Ledger: slow', status: 'RAISED', since: expect.any(String), entity: { __typename: 'Alert', severity: 'ERROR', owner: null, service: { slug: 'ledger' } } }]);
    const refused = await complete(id);
    expect(refused.workstream).toBeNull();
    expect(refused.errors).toMatchObject([{ __typename: 'ClosureRefused', message: expect.stringContaining('1 blocker'), blockers: [{ code: 'ALERT_OPEN', hub: 'ops', id: alert.id }] }]);
    expect(refused.errors[0].sources.find((source: any) => source.hub === 'OPS')).toMatchObject({ state: 'CURRENT', behind: 0, asOf: expect.any(String) });
    await resolve('slow');
    expect(await complete(id)).toMatchObject({ workstream: { status: 'COMPLETED' }, errors: [] });
  });

  it('sees every alert whose raising was confirmed before, and one of the same moment is either seen or shown afterwards', async () => {
    for (let round = 0; round < 10; round++) {
      const before = await closing();
      const raised = await raise(`before ${round}`);
      expect(raised.cursor).not.toBeNull();
      expect((await complete(before.id)).errors, `round ${round}`).toMatchObject([{ blockers: [{ id: raised.alert.id }] }]);
      await resolve(`before ${round}`);

      const { id } = await closing();
      const [done, { alert }] = await Promise.all([complete(id), raise(`same ${round}`)]);
      if (done.workstream === null) expect(done.errors).toMatchObject([{ blockers: [{ id: alert.id }] }]);
      await until('the alert', async () => (await blockers(id)).some((blocker: any) => blocker.id === alert.id));
      // completed or not, it cannot be put away while the alert is open
      if (done.workstream !== null) expect((await change('archiveWorkstream', { id }, 'workstream { status }', 'maintainer')).errors).toMatchObject([{ __typename: 'ClosureRefused', blockers: [{ id: alert.id }] }]);
      await resolve(`same ${round}`);
      if (done.workstream !== null) expect(await change('archiveWorkstream', { id }, 'workstream { status }', 'maintainer')).toMatchObject({ workstream: { status: 'ARCHIVED' } });
    }
  }, 120_000);

  it('comes to the same after a rebuild from the lists of the hubs, or from their streams', async () => {
    const { id, code } = await closing();
    await raise('stays');
    await change('raiseAlert', { dedupKey: 'named', severity: 'WARNING', title: 'named', workstream: code }, 'alert { id }', 'operator');
    await change('defineGate', { code: 'LEDGER-GATE', title: 'Ledger gate', domain: 'infotech', workstream: code, owner: 'jonas', requirements: [{ key: 'smoke', kind: 'SMOKE', environments: ['STAGING'] }] }, 'gate { id }', 'maintainer');
    await until('three blockers', async () => (await blockers(id)).length === 3);
    const before = await blockers(id);
    expect(await graph.hubgraph('maintainer', 'governance', 'projection', 'rebuild')).toMatchObject({ code: 12, stderr: expect.stringContaining('gates:waive') });
    const rebuilt = await graph.hubgraph('steward', 'governance', 'projection', 'rebuild');
    expect(rebuilt).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ops: \d+ read, 0 added, \d+ changed, 0 removed\.$/m) });
    expect(await blockers(id)).toEqual(before);
    expect(await graph.hubgraph('steward', 'governance', 'projection', 'rebuild', '--from', 'stream', '--hub', 'ops')).toMatchObject({ code: 0 });
    expect(await blockers(id)).toEqual(before);
    expect(await graph.hubgraph('viewer', 'governance', 'projection', 'status')).toMatchObject({ code: 0, stdout: expect.stringMatching(/ops .*CURRENT/) });
  }, 60_000);
});
