import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { as, startTestHub, type TestHub } from '../../../../../test/harness/hub.ts';
import { definition } from '../../subgraph.ts';
import { parseWorkplan } from '../../workplan/parse.ts';
import { toSyncInput } from '../../workplan/sync-input.ts';

let hub: TestHub;

beforeAll(async () => {
  hub = await startTestHub(definition);
  for (const slug of ['custodian', 'stack']) await hub.change('registerDomain', { slug, name: slug }, 'domain { id }');
  for (const [slug, domain] of [['the-custodian', 'custodian'], ['artifact-store', 'stack']]) await hub.change('registerRepo', { slug, domain, name: slug }, 'repo { id }');
});
afterAll(() => hub[Symbol.asyncDispose]());

const PLAN = (status: string, tasks: string, more = '') => `---
id: CUST-WP-0900
type: workplan
title: "Tidy the shelves"
domain: custodian
status: ${status}
owner: mara
created: "2026-01-05"
---
# Tidy the shelves

## Summary

Everything in its place.

${tasks}
${more}`;
const TASK = (n: number, status: string, more = '') => `## Step ${n}

\`\`\`task
id: CUST-WP-0900-T0${n}
status: ${status}
priority: high
${more}\`\`\`

Do step ${n}.
`;

const FIELDS = 'workstream { id status version tasks(first: 100) { nodes { code status priority } } closureReview { status reviewer } history { verb from to } } sync { outcome changes { code field from to } unknownDependencies }';

async function sync(text: string, identity = as('maintainer', 'codex')) {
  const parsed = parseWorkplan({ path: 'workplans/CUST-WP-0900.md', text });
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return hub.change('syncWorkplan', toSyncInput(parsed.workplan), FIELDS, identity);
}

describe('syncWorkplan', () => {
  it('takes a new file over as imported, then changes nothing the second time', async () => {
    const first = await sync(PLAN('active', TASK(1, 'done') + TASK(2, 'todo')));
    expect(first.errors).toEqual([]);
    expect(first.sync.outcome).toBe('CREATED');
    expect(first.workstream).toMatchObject({ status: 'ACTIVE', history: [{ verb: 'import', from: null, to: 'ACTIVE' }], tasks: { nodes: [{ status: 'DONE', priority: 'HIGH' }, { status: 'TODO' }] } });
    const [imported] = await hub.database.sql.query<{ imported: boolean }>(`SELECT ("event"->'data'->>'imported')::boolean AS imported FROM "outbox" WHERE "type" = 'org.statehub.task.done'`);
    expect(imported).toEqual({ imported: true });
    const rows = await hub.database.sql.query(`SELECT count(*) FROM "outbox"`);
    const second = await sync(PLAN('active', TASK(1, 'done') + TASK(2, 'todo')));
    expect(second).toMatchObject({ errors: [], events: [], sync: { outcome: 'UNCHANGED', changes: [] }, workstream: { version: 1 } });
    expect(await hub.database.sql.query(`SELECT count(*) FROM "outbox"`)).toEqual(rows);
  });

  it('moves tasks by the ordinary verbs and adds new ones', async () => {
    const moved = await sync(PLAN('active', TASK(1, 'done') + TASK(2, 'done') + TASK(3, 'wait', 'waiting_on: the gate\n')));
    expect(moved.errors).toEqual([]);
    expect(moved.events.map((event) => event.type).sort()).toEqual(['org.statehub.task.done', 'org.statehub.task.waiting', 'org.statehub.workstream.updated']);
    const { task } = await hub.ask('{ task(code: "CUST-WP-0900-T02") { status completionNote history { verb } } }');
    expect(task).toMatchObject({ status: 'DONE', completionNote: 'done in workplans/CUST-WP-0900.md', history: [{ verb: 'createTask' }, { verb: 'completeTask' }] });
  });

  it('refuses to complete without a closure review, and changes nothing', async () => {
    const refused = await sync(PLAN('completed', TASK(1, 'done') + TASK(2, 'done') + TASK(3, 'done')));
    expect(refused).toMatchObject({ workstream: null, errors: [{ code: 'INVALID_INPUT', path: ['input', 'closureReview'] }] });
    expect((await hub.ask('{ task(code: "CUST-WP-0900-T03") { status } }')).task.status).toBe('WAITING');
  });

  it('refuses a move that the caller\'s role may not make', async () => {
    const refused = await sync(PLAN('active', TASK(1, 'done') + TASK(2, 'cancel') + TASK(3, 'wait')), as('author', 'eve'));
    expect(refused.errors).toMatchObject([{ __typename: 'TransitionRefused' }]);
  });

  it('completes by the closure review of the file', async () => {
    const review = '\n## Closure Review — 2026-02-01\n\n**Outcome:** Completed. All done.\n\n**Context:** The shelves are tidy.\n\n### Completed\n\n- CUST-WP-0900-T01 — Step 1\n- CUST-WP-0900-T02 — Step 2\n- CUST-WP-0900-T03 — Step 3\n';
    const done = await sync(PLAN('completed', TASK(1, 'done') + TASK(2, 'done') + TASK(3, 'done'), review));
    expect(done.errors).toEqual([]);
    expect(done.workstream).toMatchObject({ status: 'COMPLETED', closureReview: { status: 'ACCEPTED' } });
    expect(done.workstream.history.map((line: { verb: string }) => line.verb)).toEqual(['import', 'openClosureReview', 'completeWorkstream']);
    expect((await sync(PLAN('completed', TASK(1, 'done') + TASK(2, 'done') + TASK(3, 'done'), review))).sync.outcome).toBe('UNCHANGED');
  });

  it('links the superseding workstream that a later version of the file names', async () => {
    const input = (code: string, more: object = {}) => ({ code, title: code, domain: 'custodian', status: 'ACTIVE', tasks: [], source: { path: `${code}.md`, sha256: 'c'.repeat(64) }, ...more });
    await hub.change('syncWorkplan', input('CUST-WP-0910'), 'sync { outcome }');
    await hub.change('syncWorkplan', input('CUST-WP-0911'), 'sync { outcome }');
    const linked = await hub.change('syncWorkplan', input('CUST-WP-0910', { status: 'CANCELLED', supersededBy: 'CUST-WP-0911' }), 'workstream { status supersededBy { code } } sync { outcome }');
    expect(linked).toMatchObject({ errors: [], workstream: { status: 'CANCELLED', supersededBy: { code: 'CUST-WP-0911' } } });
  });

  it('refuses an unknown domain', async () => {
    const refused = await sync(PLAN('active', TASK(1, 'todo')).replace('domain: custodian', 'domain: nowhere'));
    expect(refused.errors).toMatchObject([{ code: 'NOT_FOUND', path: ['input', 'domain'] }]);
  });
});

const shared = join(import.meta.dirname, '../../../../../../shared/data/workplans');
describe.runIf(existsSync(shared))('real workplans', () => {
  it.each([
    ['CUST-WP-0002.md', 'COMPLETED', { DONE: 15 }, { HIGH: 8, MEDIUM: 4, LOW: 3 }],
    ['ARTIFACT-STORE-WP-0005.md', 'COMPLETED', { DONE: 5 }, { HIGH: 3, MEDIUM: 2 }],
    ['CUST-WP-0040.md', 'ACTIVE', { TODO: 6 }, { MEDIUM: 6 }],
  ])('syncs %s to the counted truth, and nothing the second time', async (name, status, states, priorities) => {
    const parsed = parseWorkplan({ path: name, text: readFileSync(join(shared, name)) });
    if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
    const input = toSyncInput(parsed.workplan);
    const first = await hub.change('syncWorkplan', input, FIELDS);
    expect(first.errors).toEqual([]);
    const count = (key: 'status' | 'priority') => Object.fromEntries(Object.entries(Object.groupBy(first.workstream.tasks.nodes as { status: string; priority: string }[], (task) => task[key])).map(([word, found]) => [word, found!.length]));
    expect(first.workstream.status).toBe(status);
    expect(count('status')).toEqual(states);
    expect(count('priority')).toEqual(priorities);
    expect(await hub.change('syncWorkplan', input, FIELDS)).toMatchObject({ errors: [], events: [], sync: { outcome: 'UNCHANGED' } });
  });
});
