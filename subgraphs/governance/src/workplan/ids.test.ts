import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { writeIds } from './ids.ts';
import type { GraphIds } from './ids.ts';
import type { Workplan } from './model.ts';
import { parseWorkplan } from './parse.ts';

function read(text: string): Workplan {
  const parsed = parseWorkplan({ path: 'a.md', text });
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.workplan;
}
const withoutIds = (plan: Workplan) => ({ ...plan, id: null, sha256: null, tasks: plan.tasks.map((task) => ({ ...task, id: null, line: null })) });
const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}.md`, import.meta.url), 'utf8');
const files = ['DEMO-WP-0001', 'DEMO-WP-0002', 'DEMO-WP-0003'].map(fixture);

// Every way in which people write the same few facts.
const idLine = fc.constantFrom('', 'state_hub_task_id:', 'state_hub_task_id:   # later', 'state_hub_task_id: ~', 'state_hub_task_id: 0190aaaa-0000-7000-8000-000000000001 # old', 'state_hub_task_id: "0190aaaa-0000-7000-8000-000000000001"', 'state_hub_task_id: \'0190aaaa-0000-7000-8000-000000000001\'', 'state_hub_task_id: &x 0190aaaa-0000-7000-8000-000000000001', 'state_hub_task_id: >-\n0190aaaa-0000-7000-8000-000000000001');
const block = fc.tuple(idLine, fc.boolean(), fc.constantFrom('', '# note', 'owner: mira'), fc.constantFrom('```', '~~~~')).map(([line, first, extra, fence]) => {
  const indented = line.replace('\n', '\n  ');
  return (n: number) => [`## Task ${n}`, `${fence}task`, ...(first ? [indented] : []), `id: T${n} # the code`, extra, 'status: todo', ...(first ? [] : [indented]), fence].filter((one) => one !== '').join('\n');
});
const listed = fc.tuple(idLine, fc.constantFrom('block', 'flow')).map(([line, style]) => (n: number) =>
  style === 'flow' ? `  - {id: T${n}, title: t, status: todo}` : [`  - id: T${n}`, '    title: t', ...(line === '' ? [] : [`    ${line.replace('\n', '\n      ')}`]), '    status: todo'].join('\n'));
const plan = fc.record({ listed: fc.array(listed, { maxLength: 3 }), blocks: fc.array(block, { maxLength: 3 }), crlf: fc.boolean(), bom: fc.boolean(), tail: fc.constantFrom('', '\n', '\n\nThe end.') }).map((made) => {
  const list = made.listed.length === 0 ? [] : ['tasks:', ...made.listed.map((one, n) => one(n + 1))];
  const text = ['---', '# a comment', 'type: workplan', 'id: "TEST-WP-1"', 'domain: stack', 'status: active', ...list, '---', '# T', ...made.blocks.map((one, n) => one(n + 100))].join('\n') + made.tail;
  return (made.bom ? '\uFEFF' : '') + (made.crlf ? text.replaceAll('\n', '\r\n') : text);
});

function idsOf(workplan: Workplan, seed: number): GraphIds {
  const id = (n: number) => `0190bbbb-0000-7000-8000-${String(seed * 1_000 + n).padStart(12, '0')}`;
  return { workstreamId: id(999), tasks: new Map(workplan.tasks.map(({ code }, n) => [code, id(n)])) };
}

it('writes every id, and nothing but ids', () => {
  fc.assert(fc.property(fc.oneof(plan, fc.constantFrom(...files)), fc.nat(999), (text, seed) => {
    const before = read(text);
    const ids = idsOf(before, seed);
    const written = writeIds(text, ids);
    const after = read(written);
    expect(after.id).toBe(ids.workstreamId);
    expect(new Map(after.tasks.map(({ code, id }) => [code, id]))).toEqual(ids.tasks);
    expect(withoutIds(after)).toEqual(withoutIds(before));
    expect(writeIds(written, ids)).toBe(written);
    // Without the ids, line by line the same bytes: nothing moved, nothing was reformatted.
    const others = (whole: string) => whole.replace(/, state_hub_task_id: "[^"]*"/g, '').split('\n').filter((line) => !/state_hub_|^\s*["']?0190/.test(line));
    expect(others(written)).toEqual(others(text));
  }), { numRuns: 1_000 });
});

it('keeps quotes, comments and order', () => {
  const text = '---\nid: A-WP-1   # code\ntype: workplan\ndomain: stack\nstatus: active\n---\n# T\n## a\n```task\nstate_hub_task_id: \'0190aaaa-0000-7000-8000-000000000001\'  # kept\nid: T1\nstatus: todo\n```\n';
  const written = writeIds(text, { workstreamId: '0190bbbb-0000-7000-8000-000000000001', tasks: new Map([['A-WP-1-T1', '0190bbbb-0000-7000-8000-000000000002']]) });
  expect(written).toBe(text.replace('# code\n', '# code\nstate_hub_workstream_id: "0190bbbb-0000-7000-8000-000000000001"\n').replace('0190aaaa-0000-7000-8000-000000000001', '0190bbbb-0000-7000-8000-000000000002'));
});

it('leaves tasks alone that the graph does not name, and files that are no workplans', () => {
  const text = files[1]!;
  const { id } = read(text);
  expect(read(writeIds(text, { workstreamId: '0190bbbb-0000-7000-8000-000000000001', tasks: new Map() })).tasks.map((task) => task.id)).toEqual([undefined, undefined, undefined]);
  expect(id).toBeUndefined();
  for (const other of ['', '# hello', '---\n- a\n---\n', '---\n[\n---\n']) expect(writeIds(other, { workstreamId: 'x', tasks: new Map() })).toBe(other);
});
