import { existsSync, readFileSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limits } from './model.ts';
import type { Workplan } from './model.ts';
import { looksLikeWorkplan, parseWorkplan } from './parse.ts';

const fixtures = new URL('fixtures/', import.meta.url);
const fixture = (name: string) => readFileSync(new URL(name, fixtures));

function read(text: string | Uint8Array, path = 'a.md'): Workplan {
  const parsed = parseWorkplan({ path, text });
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.workplan;
}

function refusals(text: string | Uint8Array): string[] {
  const parsed = parseWorkplan({ path: 'a.md', text });
  return 'problems' in parsed ? parsed.problems.map(({ line, reason }) => `${line}: ${reason}`) : [];
}

function counts<Key extends 'status' | 'priority'>(workplan: Workplan, key: Key): Record<string, number> {
  const found: Record<string, number> = {};
  for (const task of workplan.tasks) found[task[key] ?? 'none'] = (found[task[key] ?? 'none'] ?? 0) + 1;
  return found;
}

/** A right file, with lines put in or replaced. */
function file({ front = [], body = ['## First', '', '```task', 'id: T01', 'status: todo', '```'] }: { front?: string[]; body?: string[] } = {}): string {
  const facts = new Map([['id', 'id: TEST-WP-0001'], ['type', 'type: workplan'], ['domain', 'domain: stack'], ['status', 'status: active']]);
  for (const line of front) facts.set(line.split(':')[0]!, line);
  return ['---', ...facts.values(), '---', '', '# A title', '', ...body, ''].join('\n');
}

const real = new URL('../../../../../shared/data/workplans/', import.meta.url);

describe.runIf(existsSync(real))('the real files', () => {
  it.each([
    ['CUST-WP-0002.md', 'COMPLETED', { DONE: 15 }, { HIGH: 8, MEDIUM: 4, LOW: 3 }],
    ['ARTIFACT-STORE-WP-0005.md', 'COMPLETED', { DONE: 5 }, { HIGH: 3, MEDIUM: 2 }],
    ['CUST-WP-0040.md', 'ACTIVE', { TODO: 6 }, { none: 6 }],
  ])('%s has the tasks that were counted by hand', (name, status, states, priorities) => {
    const workplan = read(readFileSync(new URL(name, real)), name);
    expect(workplan.status).toBe(status);
    expect(counts(workplan, 'status')).toEqual(states);
    expect(counts(workplan, 'priority')).toEqual(priorities);
    expect(workplan.notices).toEqual([]);
  });

  it('reads titles, descriptions, notes and the closure review', () => {
    const store = read(readFileSync(new URL('ARTIFACT-STORE-WP-0005.md', real)));
    expect(store.tasks[4]).toMatchObject({ code: 'ARTIFACT-STORE-WP-0005-T005', title: 'D5.5 - Operator Smoke Procedure For The Real Producer' });
    expect(store.tasks[4]!.note).toMatch(/^the artifact-store ingest path was verified/);
    expect(store.tasks[4]!.acceptance.map(({ done }) => done)).toEqual([true, true, true]);
    const hub = read(readFileSync(new URL('CUST-WP-0040.md', real)));
    expect(hub.title).toBe('State Hub NATS / Activity-Core Integration');
    expect(hub.tasks[5]!.description).toMatch(/^Update the state hub's SCOPE\.md/);
    const sbom = read(readFileSync(new URL('CUST-WP-0002.md', real)));
    expect(sbom.tasks[14]!.description).toMatch(/must be complete\.$/);
    expect(sbom.closureReview).toMatchObject({ date: '2026-03-02', outcome: 'COMPLETED' });
    expect(sbom.closureReview!.classifications.map(({ as }) => as)).toEqual(Array(15).fill('DONE'));
  });

  it('refuses the broken one at the lines that lost their indentation', () => {
    const lines = refusals(readFileSync(new URL('invalid-CUST-WP-0040-broken-front-matter.md', real)));
    expect(lines.map((line) => Number(line.split(':')[0]))).toEqual([13, 17, 21, 25, 29]);
  });
});

describe('a workplan', () => {
  it('with fenced tasks', () => {
    const workplan = read(fixture('DEMO-WP-0001.md'));
    expect(workplan).toMatchObject({ code: 'DEMO-WP-0001', title: 'Weather Board — First Station', status: 'COMPLETED', planningPriority: 'HIGH', planningOrder: 3, createdOn: '2026-03-02', updatedOn: '2026-03-20' });
    expect(workplan.summary).toBe('Put one station on the roof and show its\nreadings on the board.');
    expect(workplan.tasks.map(({ code, status, title, line }) => [code, status, title, line])).toEqual([
      ['DEMO-WP-0001-T001', 'DONE', 'S1.1 - Mount The Mast', 23],
      ['DEMO-WP-0001-T002', 'DONE', 'S1.2 - Read The Sensors', 34],
      ['DEMO-WP-0001-T003', 'CANCELLED', 'S1.3 - Print A Brochure', 45],
    ]);
    expect(workplan.tasks[0]!.acceptance).toEqual([{ text: 'The mast stands a storm of 9 Bft, which a rope test stands in for.', done: true }, { text: 'A photo is in the records.', done: false }]);
    expect(workplan.tasks[1]!.note).toBe('read for a week; two gaps of a minute each.');
    expect(workplan.tasks[1]!.description).toContain('#### Detail\nValues go to');
    expect(workplan.tasks[2]!.note).toBe('nobody asked for it.');
  });

  it('with a list of tasks in the front matter, and its title in the heading', () => {
    const workplan = read(fixture('DEMO-WP-0002.md'));
    expect(workplan).toMatchObject({ title: 'Weather Board / All Stations', dependsOn: ['DEMO-WP-0001'], createdOn: '2026-05-14' });
    expect(workplan.tasks.map(({ code, status, description, waitingOn }) => [code, status, description, waitingOn])).toEqual([
      ['DEMO-WP-0002-T01', 'IN_PROGRESS', 'Ask every station once a minute:\n- skip those that sleep', undefined],
      ['DEMO-WP-0002-T02', 'WAITING', 'Tiles from the city\'s server.', 'DEMO-WP-0002-T01'],
      ['DEMO-WP-0002-T03', 'TODO', '', undefined],
    ]);
  });

  it('with a closure review written by hand', () => {
    expect(read(fixture('DEMO-WP-0003.md')).closureReview).toMatchObject({
      date: '2026-04-02', outcome: 'COMPLETED',
      classifications: [{ task: 'DEMO-WP-0003-T01', as: 'DONE' }, { task: 'DEMO-WP-0003-T02', as: 'CANCELLED', reason: 'no machine for it' }, { task: 'DEMO-WP-0003-T03', as: 'CARRY_FORWARD', carryTo: 'DEMO-WP-0002' }],
    });
  });

  it('says the same whatever its line ends, byte order mark and composition', () => {
    for (const name of readdirSync(fixtures).filter((entry) => entry.startsWith('DEMO'))) {
      const text = fixture(name).toString();
      const { sha256: _, ...said } = read(text);
      for (const variant of [text.replaceAll('\n', '\r\n'), `\uFEFF${text}`, text.normalize('NFD')]) {
        const { sha256: _other, ...again } = read(variant);
        expect(again).toEqual(said);
      }
    }
    expect(read(file({ front: ['title: Cafe\u0301'] })).title).toBe('Café');
  });

  it('tells of keys that nothing reads', () => {
    expect(read(file({ front: ['ownr: mira'] })).notices).toEqual([{ file: 'a.md', line: 6, reason: 'Nothing reads the key "ownr".' }]);
  });

  it('takes what a waiting task waits for from its text', () => {
    const body = ['## First', '```task', 'id: T01', 'status: blocked', '```', '', 'Blocked until the roof is dry.'];
    expect(read(file({ body })).tasks[0]!.waitingOn).toBe('the roof is dry.');
  });

  it('keeps whatever YAML would make of a value out of it', () => {
    const workplan = read(file({ front: ['title: 0x10', 'owner: no', '__proto__: {polluted: yes}', 'constructor: 1'] }));
    expect(workplan).toMatchObject({ title: '0x10', owner: 'no' });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('a file is refused', () => {
  it('with every reason at once', () => {
    const reasons = refusals(fixture('invalid-many-reasons.md'));
    expect(reasons.map((reason) => reason.split(' ').slice(0, 3).join(' '))).toEqual([
      '2: domain is', '2: id is', '4: status is', '5: planning_priority is', '6: created is', '7: state_hub_workstream_id is',
      '16: status is', '17: priority is', '23: id is', '30: T1 is', '32: status is', '35: A task',
    ].map((start) => expect.stringContaining(start)));
    expect(reasons[2]).toContain('allowed are proposed, draft');
  });

  it.each([
    ['no front matter', '# hello', '1: There is no front matter'],
    ['front matter that never ends', '---\nid: A-WP-1\ntype: workplan\n', '1: The front matter opened here is never closed'],
    ['front matter that is no mapping', '---\n- a\n---\n', '2: The front matter must be a mapping'],
    ['empty front matter', '---\n---\n', '2: The front matter must be a mapping'],
    ['another type', file({ front: ['type: note'] }), '3: type is note'],
    ['a missing status', file({ front: ['status:'] }), 'status is missing.'],
    ['a code of another shape', file({ front: ['id: TEST-1'] }), '2: id is "TEST-1"'],
    ['a task of another workplan', file({ body: ['## A', '```task', 'id: CUST-WP-0001-T01', 'status: todo', '```'] }), '12: id is "CUST-WP-0001-T01"'],
    ['one task under two forms of its code', file({ front: ['tasks: [{id: T01, title: a, status: todo}]'] }), '14: TEST-WP-0001-T01 is already the task on line 6.'],
    ['an unclosed task block', file({ body: ['## A', '```task', 'id: T01', 'status: todo'] }), '11: The task block is never closed'],
    ['a task without a title', file({ front: ['tasks: [{id: T01, status: todo}]'], body: [] }), '6: The task has no title'],
    ['a tag', file({ front: ['owner: !!js/function "x"'] }), '6: Not valid YAML'],
    ['a NUL', 'a\0b', '1: The file contains the control character U+0000'],
    ['an escaped NUL', file({ front: ['title: "a\\0b"'] }), '6: title contains the control character U+0000.'],
    ['half a surrogate pair', `${file()}\uD800`, '16: The file contains half of a surrogate pair'],
    ['lone carriage returns', '---\rid: a\r---\r', '1: A line ends with a lone carriage return'],
    ['bytes that are not UTF-8', Buffer.from([0x2d, 0x0a, 0xff, 0x0a]), '2: The file is not UTF-8'],
    ['YAML that is too deep', file({ front: [`x: ${'['.repeat(40)}`] }), '2: The YAML is nested more than 16 deep.'],
    ['lists that are too deep', file({ body: [`${'- '.repeat(40)}a`] }), '10: Lists or quotes are nested more than 8 deep'],
    ['too many bytes', 'a'.repeat(limits.fileBytes + 1), '1: The file has'],
    ['too many tasks', file({ front: [`tasks: [${Array.from({ length: limits.tasks + 1 }, (_, n) => `{id: T${n}}`).join(',\n ')}]`], body: [] }), '1: The file has 1001 tasks'],
    ['a closure review without a day', file({ body: ['## Closure Review'] }), '10: The closure review is dated ""'],
    ['a closure review of an unknown task', file({ body: ['## Closure Review — 2026-01-01', '**Outcome:** COMPLETED', '### Completed', '- T09 — x'] }), '13: The closure review classifies T09, which is no task'],
    ['a task classified twice', file({ body: ['## A', '```task', 'id: T01', 'status: done', '```', '## Closure Review — 2026-01-01', '**Outcome:** COMPLETED', '### Completed', '- T01', '- T01'] }), '19: The closure review classifies TEST-WP-0001-T01 twice.'],
  ])('for %s', (_what, text, reason) => {
    expect(refusals(text).join('\n')).toContain(reason);
  });

  it.each(['---js\nthrow new Error("ran")\n---\n', '---\nid: !!js/undefined ""\n---\n', '---json\n{"id":"A-WP-1"}\n---\n'])('and nothing in it runs: %j', (text) => {
    expect(refusals(text)).not.toEqual([]);
  });

  it('quickly, when it was made to exhaust a parser', () => {
    const bombs = ['>', '[', '- ', '1. ', '# a\n\n- b\n\n', '> a\n\n', '* a\n', 'a: &a [*a]\n', '```task\n', '{a: ', '? '];
    for (const bomb of bombs) {
      for (const times of [2_000, Math.floor(200_000 / bomb.length)]) {
        for (const text of [file({ front: [`x: ${bomb.repeat(times)}`] }), file({ body: [bomb.repeat(times)] })]) {
          const started = performance.now();
          parseWorkplan({ path: 'a.md', text });
          // Without the limits, minutes; the machine may be busy.
          expect(performance.now() - started, `${bomb} ${times} times`).toBeLessThan(10_000);
        }
      }
    }
  }, 120_000);
});

describe('whatever the bytes', () => {
  it('the parser answers, never throws, and always says where', () => {
    const pieces = fc.constantFrom('---\n', '```task\n', '```\n', 'id: T01\n', 'id: A-WP-1\n', 'type: workplan\n', 'tasks:\n', '  - ', 'status: done\n', '## Closure Review — 2026-01-01\n', '### Cancelled\n', '- T01 — x\n', '&a ', '*a', '{', '[', '"', '\r\n', '\t', '> ', '<!--', '|\n', 'é', '\uFEFF');
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.array(fc.oneof(pieces, fc.string({ maxLength: 8 })), { maxLength: 40 }).map((parts) => `---\n${parts.join('')}`));
    fc.assert(fc.property(fc.oneof(text, fc.uint8Array({ maxLength: 300 })), (any) => {
      const parsed = parseWorkplan({ path: 'a.md', text: any });
      if ('problems' in parsed) for (const { line, reason } of parsed.problems) expect(line >= 1 && reason.length > 0).toBe(true);
      looksLikeWorkplan(typeof any === 'string' ? any : Buffer.from(any).toString());
    }), { numRuns: 3_000 });
  });

  it('a right file with one byte changed is read or refused', () => {
    const bytes = fixture('DEMO-WP-0003.md');
    fc.assert(fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
      const changed = Buffer.from(bytes);
      changed[at] = byte;
      const parsed = parseWorkplan({ path: 'a.md', text: changed });
      expect('workplan' in parsed || parsed.problems.length > 0).toBe(true);
    }), { numRuns: 1_000 });
  });
});

it('knows a workplan by its front matter, even a broken one', () => {
  expect(looksLikeWorkplan(fixture('invalid-lost-indentation.md').toString())).toBe(true);
  expect(looksLikeWorkplan('---\r\ntype: "workplan"\r\n')).toBe(true);
  expect(looksLikeWorkplan('# type: workplan\n---\ntype: workplan\n')).toBe(false);
  expect(looksLikeWorkplan('---\ntype: note\n---\ntype: workplan\n')).toBe(false);
});
