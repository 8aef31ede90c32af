import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { as, startTestHub, type TestHub } from '../../../../../test/harness/hub.ts';
import { parseContribution } from '../../contrib/parse.ts';
import { toSyncInput } from '../../contrib/sync-input.ts';
import { definition } from '../../subgraph.ts';

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub(definition, { clock: heldClock('2026-06-01T10:00:00Z') });
});
afterAll(() => hub[Symbol.asyncDispose]());

const FIELDS = 'contribution { id slug status version createdAt submittedAt acknowledgedAt resolvedAt reason evidence history { verb from to note } } sync { outcome changes { field from to } }';
const FILE = (type: string, more: readonly string[]) => ['---', `type: ${type}`, 'title: Slow', 'domain: stack', 'target: Stuk/jszip', 'created: 2026-02-01', ...more, '---', '', 'It is slow.'].join('\n');
async function sync(text: string, path: string, identity = as('maintainer', 'codex')) {
  const parsed = parseContribution({ path, bytes: Buffer.from(text) });
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return hub.change('syncContribution', toSyncInput(parsed.contribution, { repo: 'warehouse' }), FIELDS, identity);
}

describe('syncContribution', () => {
  it('takes a past state over as imported, then changes nothing the second time', async () => {
    const text = FILE('upstream-pr', ['status: merged', 'pull_request: https://example.org/pull/1', 'merge_commit: 4f2a1c9', 'submitted: 2026-02-02', 'resolved: 2026-02-09']);
    const path = 'contrib/upstream-prs/2026-02-01--stuk--jszip--slow.md';
    expect(await sync(text, path)).toMatchObject({
      contribution: { slug: '2026-02-01--stuk--jszip--slow', status: 'MERGED', createdAt: '2026-02-01T00:00:00.000Z', submittedAt: '2026-02-02T00:00:00.000Z', acknowledgedAt: null, resolvedAt: '2026-02-09T00:00:00.000Z', evidence: ['4f2a1c9'], history: [{ verb: 'import', from: null, to: 'MERGED', note: `read from ${path}` }] },
      sync: { outcome: 'CREATED', changes: [{ field: 'created', from: null, to: 'MERGED' }] }, errors: [], events: [{ type: 'org.contribhub.contribution.merged' }],
    });
    expect(await sync(text, path)).toMatchObject({ contribution: { version: 1 }, sync: { outcome: 'UNCHANGED', changes: [] }, events: [] });
  });

  it('moves a known one by the ordinary verbs, with the days of the file', async () => {
    const path = 'contrib/bug-reports/2026-02-01--stuk--jszip--slower.md';
    await sync(FILE('BR', []), path);
    const merged = FILE('BR', ['status: merged', 'upstream: https://example.org/1', 'answer: https://example.org/1#a', 'evidence: [https://example.org/v2]', 'submitted: 2026-02-02', 'acknowledged: 2026-02-03', 'resolved: 2026-02-09']);
    const answer = await sync(merged, path);
    expect(answer).toMatchObject({
      contribution: { status: 'MERGED', submittedAt: '2026-02-02T00:00:00.000Z', acknowledgedAt: '2026-02-03T00:00:00.000Z', resolvedAt: '2026-02-09T00:00:00.000Z', history: [{ to: 'DRAFT' }, { verb: 'submitContribution' }, { verb: 'acceptContribution', note: expect.stringContaining('Skipped: ACKNOWLEDGED.') }, { verb: 'mergeContribution' }] },
      sync: { outcome: 'UPDATED' }, errors: [],
    });
    expect(answer.sync.changes).toContainEqual({ field: 'status', from: 'DRAFT', to: 'MERGED' });
    expect(await sync(merged, path)).toMatchObject({ sync: { outcome: 'UNCHANGED', changes: [] }, events: [] });
    expect((await sync(FILE('BR', ['status: submitted', 'upstream: https://example.org/1']), path)).errors).toMatchObject([{ path: ['input', 'status'], message: expect.stringContaining('no verb leads from there to SUBMITTED') }]);
  });

  it('rejects and reopens as the file says, but never passes through a rejection', async () => {
    const path = 'contrib/feature-requests/2026-02-01--stuk--jszip--more.md';
    const upstream = 'upstream: https://example.org/1';
    await sync(FILE('FR', ['status: accepted', upstream, 'evidence: [https://example.org/1#yes]']), path);
    expect((await sync(FILE('FR', ['status: acknowledged', upstream, 'answer: https://example.org/1#a']), path)).errors).toMatchObject([{ path: ['input', 'status'] }]);
    const rejected = FILE('FR', ['status: rejected', upstream, 'evidence: [https://example.org/1#no]', 'reason: reverted']);
    expect((await sync(rejected, path, as('author'))).errors).toMatchObject([{ __typename: 'TransitionRefused' }]);
    expect(await sync(rejected, path)).toMatchObject({ contribution: { status: 'REJECTED', reason: 'reverted', evidence: ['https://example.org/1#yes', 'https://example.org/1#no'] } });
    expect(await sync(rejected, path)).toMatchObject({ sync: { outcome: 'UNCHANGED' }, events: [] });
    expect(await sync(FILE('FR', ['status: acknowledged', upstream, 'answer: https://example.org/1#a']), path)).toMatchObject({ contribution: { status: 'ACKNOWLEDGED', reason: null, resolvedAt: null }, errors: [] });
  });

  it('numbers an extension point, and knows its file again', async () => {
    const path = 'contrib/extension-points/hook.md';
    const answers = await Promise.all(Array.from({ length: 10 }, () => sync(FILE('EP', []), path)));
    expect(new Set(answers.map((answer) => answer.contribution.slug))).toEqual(new Set(['EP-STACK-001']));
    expect(answers.map((answer) => answer.sync.outcome).filter((outcome) => outcome === 'CREATED')).toHaveLength(1);
    expect(await sync(FILE('EP', ['id: EP-STACK-001']), path)).toMatchObject({ sync: { outcome: 'UPDATED', changes: [{ field: 'sourceSha256' }] } });
    expect((await sync(FILE('EP', ['id: EP-STACK-007']), 'contrib/extension-points/other.md')).contribution.slug).toBe('EP-STACK-007');
    expect((await sync(FILE('EP', []), 'contrib/extension-points/third.md')).contribution.slug).toBe('EP-STACK-008');
  });

  it('refuses a slug that is somebody else\'s', async () => {
    await sync(FILE('BR', ['id: 2026-02-01--a--b--taken']), 'contrib/bug-reports/taken.md');
    const wrong = async (text: string) => (await sync(text, 'contrib/bug-reports/taken.md')).errors;
    expect(await wrong(FILE('FR', ['id: 2026-02-01--a--b--taken']))).toMatchObject([{ path: ['input', 'type'] }]);
    expect(await wrong(FILE('BR', ['id: 2026-02-01--a--b--taken']).replace('domain: stack', 'domain: custodian'))).toMatchObject([{ path: ['input', 'domain'] }]);
    expect(await wrong(FILE('BR', ['id: 2026-02-01--a--b--taken', 'repo: elsewhere']))).toMatchObject([{ path: ['input', 'slug'] }]);
    expect(await wrong(FILE('BR', ['id: 2026-02-01--a--b--taken', 'supersedes: EP-NO-001']))).toMatchObject([{ __typename: 'NotFound', path: ['input', 'supersedes'] }]);
  });

  it('tries without a trace', async () => {
    const parsed = parseContribution({ path: 'contrib/extension-points/tried.md', bytes: Buffer.from(FILE('EP', [])) });
    if ('problems' in parsed) throw new Error('refused');
    expect(await hub.change('syncContribution', toSyncInput(parsed.contribution, { dryRun: true }), FIELDS)).toMatchObject({ contribution: { slug: 'EP-STACK-009' }, sync: { outcome: 'CREATED' }, events: [] });
    expect((await sync(FILE('EP', []), 'contrib/extension-points/tried.md')).contribution.slug).toBe('EP-STACK-009');
  });
});
