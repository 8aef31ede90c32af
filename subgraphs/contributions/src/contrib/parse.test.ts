import { describe, expect, it, test } from 'vitest';
import { KINDS, kindOf } from './model.ts';
import { looksLikeContribution, parseContribution } from './parse.ts';
import { datedSlug, slugProblem } from './slug.ts';
import { templateOf, templatePath } from './template.ts';
import { toSyncInput } from './sync-input.ts';

const read = (text: string, path = 'contrib/bug-reports/2026-03-09--stuk--jszip--slow.md') => parseContribution({ path, bytes: Buffer.from(text) });
const file = (more: string[] = [], body = 'It is slow.') => ['---', 'type: bug-report', 'title: "It is slow"', 'domain: infotech', 'target: Stuk/jszip', ...more, '---', '', body, ''].join('\n');
const contribution = (text: string, path?: string) => {
  const parsed = read(text, path);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.contribution;
};
const problems = (text: string, path?: string) => {
  const parsed = read(text, path);
  return 'problems' in parsed ? parsed.problems.map(({ line, reason }) => `${line}: ${reason}`) : [];
};

describe('a contribution file', () => {
  it('is read with the slug of its name', () => {
    expect(contribution(file())).toMatchObject({ type: 'BR', slug: '2026-03-09--stuk--jszip--slow', title: 'It is slow', domain: 'infotech', targetOrg: 'Stuk', targetRepo: 'jszip', status: 'DRAFT', body: 'It is slow.', evidence: [], notices: [] });
  });

  it('is read whatever its line ends and mark, but known by its bytes', () => {
    const [plain, other] = [contribution(file()), contribution(`\uFEFF${file().replaceAll('\n', '\r\n')}`)];
    expect({ ...other, sha256: '' }).toEqual({ ...plain, sha256: '' });
    expect(other.sha256).not.toBe(plain.sha256);
  });

  it('says everything that the graph keeps', () => {
    const text = file(['status: merged', 'repo: warehouse', 'workstream: CUST-WP-0025', 'topic: custodian', 'package: pkg:npm/jszip@3.10.1', 'upstream: https://example.org/1', 'answer: https://example.org/1#a', 'evidence: [https://example.org/2, 4f2a1c9]', 'notes: "see also"', 'supersedes: EP-STACK-001', 'created: 2026-03-09', 'submitted: 2026-03-10', 'acknowledged: 2026-03-11', 'resolved: 2026-03-12']);
    expect(toSyncInput(contribution(text), { path: 'contrib/a.md', repo: 'other' })).toMatchObject({
      status: 'MERGED', repo: 'warehouse', workstream: 'CUST-WP-0025', topic: 'custodian', package: 'pkg:npm/jszip@3.10.1', upstreamUrl: 'https://example.org/1', answerUrl: 'https://example.org/1#a', evidence: ['https://example.org/2', '4f2a1c9'],
      notes: 'see also', supersedes: 'EP-STACK-001', createdOn: '2026-03-09', submittedOn: '2026-03-10', acknowledgedOn: '2026-03-11', resolvedOn: '2026-03-12', source: { path: 'contrib/a.md' },
    });
  });

  it('of a pull request has its own fields', () => {
    const text = file(['status: merged', 'pull_request: https://example.org/pull/1', 'merge_commit: 4f2a1c9', 'release: https://example.org/v1']).replace('bug-report', 'UPR');
    expect(contribution(text)).toMatchObject({ type: 'UPR', upstreamUrl: 'https://example.org/pull/1', evidence: ['4f2a1c9', 'https://example.org/v1'] });
    expect(contribution(file(['pull_request: https://example.org/pull/1'])).notices).toMatchObject([{ line: 6, reason: 'Nothing reads the key "pull_request".' }]);
  });

  it('without a slug leaves that to the hub', () => {
    expect(contribution(file(), 'contrib/bug-reports/slow.md').slug).toBeUndefined();
    expect(contribution(file().replace('bug-report', 'extension-point'), 'contrib/extension-points/EP-RAIL-007.md').slug).toBe('EP-RAIL-007');
  });
});

describe('is refused with line and reason', () => {
  it.each([
    ['no front matter', '# Slow', ['1: There is no front matter; begin the file with `---`, the fields, and `---`.']],
    ['an open front matter', '---\ntype: bug-report\n', ['1: The front matter opened here is never closed; end it with a line `---`.']],
    ['another type', file().replace('bug-report', 'workplan'), ['2: type is "workplan"; it must be one of bug-report, feature-request, extension-point, upstream-pr.']],
    ['no type', file().replace('type: bug-report\n', ''), ['2: type is missing; it must be one of bug-report, feature-request, extension-point, upstream-pr.']],
    ['broken YAML', file(['upstream: [']), ['7: Not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]. Check how this line and the ones before it are indented.']],
    ['a key twice', file(['domain: stack']), ['6: domain is given twice.']],
    ['a tag', file(['notes: !!js/function "x"']), [expect.stringMatching(/^6: /)]],
    ['an alias bomb', file(['a: &a [x, x]', '__proto__: *a', 'notes: *a']), ['8: notes must be one text, not a list or mapping.']],
    ['a wrong id', file(['id: EP-CUSTODIAN-001']), ['6: id is "EP-CUSTODIAN-001". A slug looks like 2026-03-02--org--repo--words, in lower case.']],
    ['wrong fields, all at once', file(['workstream: some', 'package: jszip', 'upstream: javascript:alert(1)', 'submitted: 2026-02-30', 'status: perhaps']), [
      '6: workstream must be a code such as CUST-WP-0025.', '7: package must be a purl such as pkg:npm/jszip.', '8: upstream must be an http or https link without credentials.', '9: submitted must be a day such as 2026-03-02.',
      expect.stringMatching(/^10: status must be one of draft, submitted, /),
    ]],
    ['missing fields', '---\ntype: BR\n---\n', ['2: title is missing.', '2: domain is missing.', '2: target is missing.']],
    ['a state without what it asks for', file(['status: rejected'], ''), ['6: A contribution that is rejected needs `upstream`: the link to the issue upstream.', '6: A contribution that is rejected needs `evidence`: links that show it.', '6: A contribution that is rejected needs `reason`: why.', '8: A contribution that is rejected needs a body below the front matter.']],
    ['a control character', file(['notes: "\u0007"']), [expect.stringMatching(/^6: The file contains the control character U\+0007/)]],
  ])('%s', (_what, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  it('bytes that are no UTF-8, and too many', () => {
    expect(parseContribution({ path: 'a.md', bytes: Buffer.from([0x2d, 0x2d, 0x2d, 0x0a, 0xff]) })).toMatchObject({ problems: [{ line: 2 }] });
    expect(parseContribution({ path: 'a.md', bytes: Buffer.alloc(300_000, 32) })).toMatchObject({ problems: [{ line: 1, reason: 'The file has 300000 bytes; at most 262144 are read.' }] });
    expect(problems(file([], 'x'.repeat(30_000).concat('\n').repeat(2)))).toEqual(['7: The body has 60001 characters; at most 50000 are kept.']);
  });

  it('nesting made to exhaust a parser, at once', () => {
    expect(problems(file([`notes: ${'['.repeat(20_000)}`]))).toEqual([expect.stringContaining('nested more than 16 deep')]);
  });
});

test('a file in a folder is known by its type', () => {
  expect(looksLikeContribution(file())).toBe(true);
  expect(looksLikeContribution('---\ntype: workplan\n---\n')).toBe(false);
  expect(looksLikeContribution('---\ntype: "EP"\n- broken')).toBe(true);
  expect(looksLikeContribution('# text\n')).toBe(false);
});

test.each(KINDS.map((kind) => [kind.type, kind] as const))('the template of %s is a valid draft, and is put where it is found', (type, kind) => {
  const known = { title: 'Größe: "stimmt" nicht # oder?', domain: 'infotech', target: 'Stuk/jszip', workstream: 'CUST-WP-0025', day: new Date('2026-03-09T23:00:00Z') };
  const path = templatePath(kind, known);
  expect(path).toBe(type === 'EP' ? 'extension-points/grosse-stimmt-nicht-oder.md' : `${kind.folder}/2026-03-09--stuk--jszip--grosse-stimmt-nicht-oder.md`);
  expect(contribution(templateOf(kind, known), path)).toMatchObject({ type, title: known.title, status: 'DRAFT', createdOn: '2026-03-09', workstream: 'CUST-WP-0025', slug: type === 'EP' ? undefined : expect.any(String), notices: [] });
});

test('slugs are spelt in ASCII and cut between words', () => {
  const parts = { day: new Date('2026-03-09'), targetOrg: 'GNOME/Extensions', targetRepo: 'gtk.js' };
  expect(datedSlug({ ...parts, title: 'Ошибка: 日本 & Ærø' })).toBe('2026-03-09--gnome-extensions--gtk-js--oshibka-riben-aero');
  expect(datedSlug({ ...parts, title: '!!!' })).toBe('2026-03-09--gnome-extensions--gtk-js--contribution');
  const long = datedSlug({ ...parts, title: 'word '.repeat(100) });
  expect(long.length).toBeLessThan(200);
  expect(slugProblem(long, 'FR')).toBeNull();
  expect(slugProblem('2026-02-30--a--b--c', 'FR')).not.toBeNull();
  expect(slugProblem('EP-STACK-000', 'EP')).not.toBeNull();
  expect(kindOf('Upstream PRs')?.type).toBe('UPR');
});
