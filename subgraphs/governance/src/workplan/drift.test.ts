import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { driftOf, withoutFile } from './drift.ts';
import type { GraphWorkstream } from './drift.ts';
import { parseWorkplan } from './parse.ts';

const parsed = parseWorkplan({ path: 'a.md', text: readFileSync(new URL('fixtures/DEMO-WP-0002.md', import.meta.url)) });
if ('problems' in parsed) throw new Error('the fixture is refused');
const { workplan } = parsed;

/** The graph as a sync of the file would leave it. */
const synced: GraphWorkstream = {
  code: workplan.code, title: workplan.title, status: workplan.status, domain: workplan.domain, repo: 'weather-board', topic: null, owner: 'somebody', summary: workplan.summary,
  planningPriority: 'LOW', planningOrder: null, supersededBy: null, dependsOn: workplan.dependsOn ?? [],
  tasks: workplan.tasks.map(({ code, title, status, priority, description, waitingOn, acceptance }) => ({ code, title, status, priority: priority ?? 'MEDIUM', description: description === '' ? null : description, waitingOn: waitingOn ?? null, acceptance })),
};

it('finds none after a sync; what the file does not say is the graph\'s', () => {
  expect(driftOf(workplan, synced)).toEqual([]);
});

it('finds both directions', () => {
  const [first, second, ...others] = synced.tasks;
  const graph: GraphWorkstream = { ...synced, status: 'PAUSED', tasks: [{ ...first!, status: 'DONE', title: 'Other' }, ...others, { ...second!, code: 'DEMO-WP-0002-T09', title: 'Only here' }] };
  expect(driftOf(workplan, graph)).toEqual([
    { code: 'DEMO-WP-0002', field: 'status', file: 'ACTIVE', graph: 'PAUSED' },
    { code: 'DEMO-WP-0002-T01', field: 'title', file: 'Collect readings of all stations', graph: 'Other' },
    { code: 'DEMO-WP-0002-T01', field: 'status', file: 'IN_PROGRESS', graph: 'DONE' },
    { code: 'DEMO-WP-0002-T02', field: 'task', file: 'Draw the map', graph: null },
    { code: 'DEMO-WP-0002-T09', field: 'task', file: null, graph: 'Only here' },
  ]);
});

it('finds workstreams that only one side has', () => {
  expect(driftOf(workplan, null)).toEqual([{ code: 'DEMO-WP-0002', field: 'workstream', file: 'Weather Board / All Stations', graph: null }]);
  expect(withoutFile([{ code: 'A-WP-1', title: 'a' }, { code: 'A-WP-2', title: 'b' }], new Set(['A-WP-1']))).toEqual([{ code: 'A-WP-2', field: 'workstream', file: null, graph: 'b' }]);
});

it('finds dependencies that only one side names, when the file speaks of them', () => {
  const graph: GraphWorkstream = { ...synced, dependsOn: ['A-WP-0001', 'B-WP-0001'] };
  expect(driftOf({ ...workplan, dependsOn: ['B-WP-0001', 'C-WP-0001'] }, graph)).toEqual([
    { code: 'DEMO-WP-0002', field: 'dependsOn', file: 'C-WP-0001', graph: null },
    { code: 'DEMO-WP-0002', field: 'dependsOn', file: null, graph: 'A-WP-0001' },
  ]);
  expect(driftOf({ ...workplan, dependsOn: undefined }, graph)).toEqual([]);
});
