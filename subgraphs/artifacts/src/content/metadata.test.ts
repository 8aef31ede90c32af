import { expect, test } from 'vitest';
import { GUIDE_BOARD_RUN_V1, type GuideBoardRun } from './guide-board.ts';
import { mediaTypeOf } from './media-type.ts';
import { metadataProblems, schemaProblems } from './metadata.ts';

function lasted(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

const run: GuideBoardRun = {
  run_id: 'gb-2026-03-02-0007', target_profile_ref: 'billing-service@3', assessment_profile_ref: 'release-readiness@1.4', result_status: 'passed_with_findings',
  source_commits: { 'billing-api': 'a'.repeat(40) }, report_paths: ['reports/summary.md'], evidence_counts: { log_review: 3 }, finding_counts: { high: 0, low: 4 },
};

test('the schema of guide-board runs is fit, and takes a run', () => {
  expect(schemaProblems(GUIDE_BOARD_RUN_V1.schema)).toEqual([]);
  expect(metadataProblems(GUIDE_BOARD_RUN_V1.schema, run)).toEqual([]);
});

test('every fault of metadata is told, with its place', () => {
  expect(metadataProblems(GUIDE_BOARD_RUN_V1.schema, { ...run, run_id: '', source_commits: { 'billing-api': 'main' }, finding_counts: { high: -1 }, extra: 1 })).toEqual([
    '/ must NOT have additional properties: extra.', '/run_id must NOT have fewer than 1 characters.', '/source_commits/billing-api must match pattern "^([0-9a-f]{40}|[0-9a-f]{64})$".', '/finding_counts/high must be >= 0.',
  ]);
  expect(metadataProblems(true, [])).toEqual(['Metadata are an object.']);
  expect(metadataProblems(true, { a: 2 ** 60 })).toEqual(['/a is an integer beyond 2^53-1, which readers of JSON round: write it as a text.']);
});

test.for(['^(a+)+$', '^(a|a)*$', '(a*)*b', '^(a|aa)+$', '([a-z]+)*x$', '(?:a?){50}a{50}'])('the pattern %s takes linear time', (pattern) => {
  expect(lasted(() => metadataProblems({ properties: { text: { pattern } } }, { text: `${'a'.repeat(50_000)}!` }))).toBeLessThan(800);
  expect(lasted(() => metadataProblems({ patternProperties: { [pattern]: false } }, { [`${'a'.repeat(500)}!`]: 1 }))).toBeLessThan(800);
});

test('the known hostile pattern answers in milliseconds', () => {
  const schema = { properties: { text: { pattern: '^(a+)+$' } } };
  metadataProblems(schema, { text: 'a' });
  expect(lasted(() => expect(metadataProblems(schema, { text: `${'a'.repeat(1_000)}!` })).toHaveLength(1))).toBeLessThan(100);
});

test.for<[string, unknown, RegExp]>([
  ['no schema', 7, /object, true or false/], ['a list', [], /object, true or false/], ['null', null, /object, true or false/],
  ['a reference to the web', { $ref: 'https://example.org/a.json' }, /^\/\$ref leaves the document/], ['a reference to a file', { properties: { a: { $ref: 'file:///etc/passwd' } } }, /leaves the document/],
  ['a reference within a list', { allOf: [{ $ref: 'other.json#/a' }] }, /^\/allOf\/0\/\$ref leaves/], ['a dynamic reference outside', { $defs: { a: { $dynamicRef: 'x#y' } } }, /leaves the document/],
  ['a reference that leads nowhere', { $ref: '#/$defs/none' }, /can't resolve/], ['another dialect', { $schema: 'http://json-schema.org/draft-07/schema#' }, /2020-12/],
  ['a document within', { $defs: { a: { $id: 'https://example.org/b' } } }, /begins another document/], ['an asynchronous one', { $async: true }, /not a keyword/],
  ['a mistyped keyword', { requried: ['a'] }, /unknown keyword/], ['an unknown type', { type: 'strin' }, /invalid/], ['an unknown format', { type: 'string', format: 'colour' }, /unknown format/],
  ['a back-reference', { pattern: '(a)\\1' }, /invalid escape/], ['a look-ahead', { pattern: '(?=a)b' }, /regexp/], ['itself', { $ref: '#' }, /without end/], ['itself by two', { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } }, /without end/],
  ['too many levels', JSON.parse(`${'{"not":'.repeat(40)}{}${'}'.repeat(40)}`), /levels deep/], ['too many characters', { description: 'a'.repeat(300_000) }, /more than 262144 characters/], ['very many values', { enum: new Array(100_001).fill(0) }, /100000 values/],
])('a schema that is or has %s is refused', ([, schema, reason]) => {
  expect(schemaProblems(schema).join(' ')).toMatch(reason);
});

test.for<[string, object | boolean]>([
  ['true', true], ['recursion by the instance', { properties: { child: { $ref: '#' } } }], ['an anchor', { $ref: '#a', $defs: { a: { $anchor: 'a', type: 'object' } } }], ['a reference that is data', { const: { $ref: 'https://example.org' } }],
  ['a property of that name', { properties: { $ref: { type: 'string' }, $id: { type: 'string' } } }], ['its own id', { $id: 'https://example.org/a' }], ['a required name alone', { type: 'object', required: ['a'] }], ['formats', { properties: { at: { type: 'string', format: 'date-time' } } }],
])('a schema with %s is fit', ([, schema]) => {
  expect(schemaProblems(schema)).toEqual([]);
});

test('a schema whose parts multiply is ended', () => {
  const twice = { allOf: [{ $ref: '#/$defs/t' }, { $ref: '#/$defs/t' }, { $ref: '#/$defs/t' }] };
  const deep = JSON.parse(`${'{"a":'.repeat(28)}1${'}'.repeat(28)}`) as object;
  const took = lasted(() => expect(metadataProblems({ $ref: '#/$defs/t', $defs: { t: { properties: { a: twice } } } }, deep)).toEqual(['The metadata cannot be judged by their schema: it takes more than 1000 ms.']));
  expect(took).toBeLessThan(3_000);
  const laughs = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`l${index}`, { allOf: [{ $ref: `#/$defs/l${index + 1}` }, { $ref: `#/$defs/l${index + 1}` }] }]));
  expect(lasted(() => expect(schemaProblems({ $ref: '#/$defs/l0', $defs: { ...laughs, l40: { type: 'object' } } })).toHaveLength(1))).toBeLessThan(3_000);
});

test('names tell media types', () => {
  expect(['a/b.json', 'run.LOG', 'summary.md', 'json', '.json', 'a', 'x.unknown-thing'].map(mediaTypeOf)).toEqual(['application/json', 'text/plain', 'text/markdown', 'application/octet-stream', 'application/octet-stream', 'application/octet-stream', 'application/octet-stream']);
});
