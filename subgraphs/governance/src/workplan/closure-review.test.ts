import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { badCharacter } from '@hubgraph/kit/front-matter/source';
import { parseClosureReview, renderClosureReview } from './closure-review.ts';
import type { Classification, ClosureReview } from './model.ts';
import { tidyLine, tidyText } from './outline.ts';

const clean = (text: string) => badCharacter(text.replace(/\r/g, '\0')) === undefined;
const markdown = fc.constantFrom('## x', '### Completed', '**Reviewer:** y', '```', '~~~', '<!--', '<script>', '---', '===', '\\', '- a', '1. b', '> c', '    d', '\t', '|', '[a]: b', '**Outcome:** CANCELLED', '## Closure Review — 2026-01-01', '', '*', '`', '\\#', ' ', '\uFEFF');
const line = fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), markdown, fc.lorem({ maxCount: 4 })).map(tidyLine).filter(clean);
const text = fc.array(fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }), markdown), { maxLength: 8 }).map((lines) => tidyText(lines.join('\n')).trim()).filter(clean);
const code = fc.tuple(fc.constantFrom('A-WP-1', 'CUST-WP-0040', 'ARTIFACT-STORE-WP-0005'), fc.nat(999)).map(([workstream, task]) => `${workstream}-T${task}`);
const some = line.filter((one) => one !== '');

const review: fc.Arbitrary<ClosureReview> = fc.record({
  date: fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }).map((day) => day.toISOString().slice(0, 10)),
  outcome: fc.constantFrom('COMPLETED', 'CANCELLED'),
  context: text,
  reviewer: fc.option(some, { nil: undefined }),
  classifications: fc.tuple(
    fc.uniqueArray(code, { maxLength: 9 }), some, fc.option(some, { nil: undefined }),
  ).map(([codes, reason, why]): Classification[] => [
    ...codes.filter((_, n) => n % 3 === 0).map((task) => ({ task, as: 'DONE' as const })),
    ...codes.filter((_, n) => n % 3 === 1).map((task) => ({ task, as: 'CANCELLED' as const, reason })),
    ...codes.filter((_, n) => n % 3 === 2).map((task) => ({ task, as: 'CARRY_FORWARD' as const, carryTo: 'CUST-WP-0050', reason: why })),
  ]),
});

describe('a closure review', () => {
  it('reads back as it was rendered, whatever its texts hold', () => {
    fc.assert(fc.property(review, fc.array(line, { maxLength: 9 }), (given, titles) => {
      const rendered = renderClosureReview(given, new Map(given.classifications.map(({ task }, n) => [task, titles[n] ?? ''])));
      expect(parseClosureReview(rendered)).toEqual({ review: given });
      expect(parseClosureReview(`# Plan\n\ntext\n\n${rendered}\n## After\n\n### Completed\n\n- X-WP-1-T1\n`)).toEqual({ review: given });
    }), { numRuns: 2_000 });
  });

  it('is written as people write it', () => {
    expect(renderClosureReview({
      date: '2026-03-02', outcome: 'COMPLETED', context: 'All is shipped.\n\n# not a heading', reviewer: 'mira',
      classifications: [{ task: 'A-WP-1-T01', as: 'DONE' }, { task: 'A-WP-1-T02', as: 'CANCELLED', reason: 'not needed' }, { task: 'A-WP-1-T03', as: 'CARRY_FORWARD', carryTo: 'A-WP-2', reason: null }],
    }, new Map([['A-WP-1-T01', 'Mount the mast'], ['A-WP-1-T02', 'Print']]))).toBe(`## Closure Review — 2026-03-02

**Outcome:** COMPLETED

**Context:** All is shipped.

\\# not a heading

**Reviewer:** mira

### Completed

- A-WP-1-T01 — Mount the mast

### Cancelled

- A-WP-1-T02 — Print
  - Reason: not needed

### Carried forward

- A-WP-1-T03
  - To: A-WP-2
`);
  });

  it('takes the latest of several', () => {
    const of = (date: string, word: string) => `## Closure Review — ${date}\n\n**Outcome:** ${word}\n\n`;
    expect(parseClosureReview(of('2026-05-01', 'COMPLETED') + of('2026-04-01', 'CANCELLED'))).toMatchObject({ review: { date: '2026-05-01', outcome: 'COMPLETED' } });
  });

  it.each([
    ['Completed.', 'COMPLETED', 'Completed.'],
    ['done', 'COMPLETED', ''],
    ['superseded — see the other plan', 'CANCELLED', 'superseded — see the other plan'],
    ['All 15 tasks completed. No carry-forwards.', 'COMPLETED', 'All 15 tasks completed. No carry-forwards.'],
    ['Work was abandoned.', 'CANCELLED', 'Work was abandoned.'],
  ])('understands the outcome %j', (said, outcome, context) => {
    expect(parseClosureReview(`## Closure Review: 2026-01-01\n\n**Outcome:** ${said}\n`)).toMatchObject({ review: { outcome, context } });
  });

  it.each([
    ['', 'There is no heading'],
    ['## Closure Review — soon\n', 'is dated "soon"'],
    ['## Closure Review — 2026-01-01\n', 'has no outcome'],
    ['## Closure Review — 2026-01-01\n**Outcome:** COMPLETED\n### Cancelled\n- A-WP-1-T1\n', 'cancels A-WP-1-T1 without a reason'],
    ['## Closure Review — 2026-01-01\n**Outcome:** COMPLETED\n### Carried forward\n- A-WP-1-T1 — later\n', 'without naming the workstream'],
  ])('is refused: %j', (said, reason) => {
    const read = parseClosureReview(said);
    expect('problems' in read && read.problems.map((problem) => problem.reason).join()).toContain(reason);
  });
});
