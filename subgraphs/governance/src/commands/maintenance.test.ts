import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { definition } from '../subgraph.ts';

const clock = heldClock('2026-03-01T08:00:00Z');
let hub: TestHub;

beforeAll(async () => {
  hub = await startTestHub(definition, { clock });
  await hub.change('registerDomain', { slug: 'custodian', name: 'Custodian' }, 'domain { id }');
});
afterAll(() => hub[Symbol.asyncDispose]());

const DAY = 86_400_000;
const source = (path: string) => ({ path, sha256: 'a'.repeat(64) });

describe('flagStaleTasks', () => {
  it('reports an untouched open task once per staleness, without changing its state', async () => {
    const { workstream } = await hub.change('proposeWorkstream', { code: 'CUST-WP-0001', title: 'x', domain: 'custodian', owner: 'ada' }, 'workstream { id }');
    const { task } = await hub.change('createTask', { workstream: workstream.id, title: 'forgotten' }, 'task { id code version }');
    const flag = () => hub.change('flagStaleTasks', { days: 14 }, 'report { flagged more }');

    clock.advance(14 * DAY);
    expect((await flag()).report.flagged).toEqual([]);
    clock.advance(1);
    expect(await hub.change('flagStaleTasks', { days: 14, dryRun: true }, 'report { flagged }')).toMatchObject({ report: { flagged: [task.code] }, events: [] });
    const flagged = await flag();
    expect(flagged).toMatchObject({ report: { flagged: [task.code], more: false }, events: [{ type: 'org.statehub.task.stale' }] });
    expect(await flag()).toMatchObject({ report: { flagged: [] }, events: [] });
    const seen = await hub.ask('{ task(code: "CUST-WP-0001-T01") { status version staleSince } stateSummary { staleTasks } }');
    expect(seen).toMatchObject({ task: { status: 'TODO', version: 1, staleSince: clock.now().toISOString() }, stateSummary: { staleTasks: 1 } });

    clock.advance(DAY);
    await hub.change('updateTask', { id: task.id, title: 'touched' }, 'task { id }');
    expect((await hub.ask('{ stateSummary { staleTasks } }')).stateSummary.staleTasks).toBe(0);
    clock.advance(15 * DAY);
    expect((await flag()).report.flagged).toEqual([task.code]);
  });
});

describe('cleanupTasks', () => {
  it('does what the file says, cancels the rest, leaves unread files alone, and writes one journal entry', async () => {
    const plan = (code: string) => ({
      code, title: code, domain: 'custodian', status: 'COMPLETED', source: source(`${code}.md`),
      tasks: [{ code: `${code}-T01`, title: 'done in the file', status: 'TODO' }, { code: `${code}-T02`, title: 'open in the file', status: 'TODO' }, { code: `${code}-T03`, title: 'closed', status: 'DONE' }],
    });
    for (const code of ['CUST-WP-0010', 'CUST-WP-0011']) expect((await hub.change('syncWorkplan', plan(code), 'sync { outcome }')).errors).toEqual([]);
    const files = [{ code: 'CUST-WP-0010', path: 'CUST-WP-0010.md', sha256: 'b'.repeat(64), tasks: [{ code: 'CUST-WP-0010-T01', status: 'DONE' }, { code: 'CUST-WP-0010-T02', status: 'TODO' }, { code: 'CUST-WP-0010-T03', status: 'DONE' }] }];
    const cleaned = await hub.change('cleanupTasks', { files }, 'report { completed cancelled drift { code file graph } unread }');
    expect(cleaned.errors).toEqual([]);
    expect(cleaned.report).toEqual({ completed: ['CUST-WP-0010-T01'], cancelled: ['CUST-WP-0010-T02'], drift: [{ code: 'CUST-WP-0010-T01', file: 'DONE', graph: 'TODO' }], unread: ['CUST-WP-0011'] });
    expect(cleaned.events.map((event) => event.type)).toEqual(['org.statehub.task.done', 'org.statehub.task.cancelled', 'org.statehub.progress.recorded']);
    expect((await hub.ask('{ progress(filter: { eventTypes: ["maintenance.cleanup"] }) { nodes { summary details } } }')).progress.nodes).toHaveLength(1);
    const again = await hub.change('cleanupTasks', { files }, 'report { completed cancelled unread }');
    expect(again).toMatchObject({ report: { completed: [], cancelled: [], unread: ['CUST-WP-0011'] }, events: [] });
  });
});
