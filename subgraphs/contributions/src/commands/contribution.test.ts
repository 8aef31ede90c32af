import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { definition } from '../subgraph.ts';

let hub: TestHub;
const clock = heldClock('2026-03-02T10:00:00Z');
const [author, maintainer, viewer] = [as('author'), as('maintainer'), as('viewer')];
const FIELDS = 'contribution { id slug type status version upstreamUrl answerUrl submittedAt acknowledgedAt resolvedAt reason evidence needsFollowUp history { verb from to note evidence actor } }';
const BASE = { type: 'BR', domain: 'custodian', targetOrg: 'Stuk', targetRepo: 'jszip', title: 'It is slow', body: 'Very slow.' };
const LINK = 'https://example.org/1';

beforeAll(async () => {
  hub = await startTestHub(definition, { clock });
});
afterAll(() => hub[Symbol.asyncDispose]());

const refusal = (verb: string, input: object, identity = maintainer) =>
  hub.ask(`mutation ($input: ${verb[0]!.toUpperCase()}${verb.slice(1)}Input!) { ${verb}(input: $input) { contribution { id } cursor errors { __typename code message ... on TransitionRefused { from to verb allowed { verb to allowed } unmet { code message } } } } }`, { input }, identity).then((data) => data[verb].errors[0]);

async function draft(input: object = {}): Promise<string> {
  const answer = await hub.change('draftContribution', { ...BASE, ...input }, 'contribution { id }', author);
  expect(answer.errors).toEqual([]);
  return answer.contribution.id;
}
async function moved(id: string, ...steps: readonly (readonly [verb: string, input?: object, identity?: typeof author])[]) {
  let answer;
  for (const [verb, input, identity = author] of steps) {
    answer = await hub.change(verb, { id, ...input }, FIELDS, identity);
    expect(answer.errors, verb).toEqual([]);
  }
  return answer!.contribution;
}
const SUBMIT = ['submitContribution', { upstreamUrl: LINK }] as const;
const ACKNOWLEDGE = ['acknowledgeContribution', { answerUrl: `${LINK}#a` }] as const;
const ACCEPT = ['acceptContribution', { evidence: [`${LINK}#yes`] }] as const;

describe('drafting', () => {
  it('names it by day, target and words, and tells', async () => {
    const input = { ...BASE, title: 'Größe: stimmt nicht!', repo: 'warehouse', workstream: 'CUST-WP-0025', package: 'pkg:npm/jszip@3.10.1', upstreamUrl: LINK, evidence: ['4f2a1c9'] };
    const answer = await hub.change('draftContribution', input, FIELDS, author);
    expect(answer).toMatchObject({ contribution: { slug: '2026-03-02--stuk--jszip--grosse-stimmt-nicht', status: 'DRAFT', version: 1, history: [{ verb: 'draftContribution', from: null, to: 'DRAFT', actor: 'author' }] }, errors: [], events: [{ type: 'org.contribhub.contribution.drafted' }] });
    const [row] = await hub.database.sql.query<{ event: any }>(`SELECT "event" FROM "outbox" WHERE "eventId" = $1::uuid`, [answer.events[0]!.id]);
    expect(row!.event).toMatchObject({ domain: 'custodian', subject: `contribution/${answer.contribution.id}`, data: { slug: answer.contribution.slug, type: 'BR', from: null, to: 'DRAFT', targetOrg: 'Stuk', targetRepo: 'jszip', repo: 'warehouse', workstream: 'CUST-WP-0025', package: 'pkg:npm/jszip' } });
  });

  it('puts a number behind a name that is taken, also when many want it at once', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => hub.change('draftContribution', { ...BASE, title: 'Same' }, 'contribution { slug }', author)));
    const base = '2026-03-02--stuk--jszip--same';
    expect(new Set(answers.map((answer) => answer.contribution.slug))).toEqual(new Set([base, ...Array.from({ length: 29 }, (_, index) => `${base}-${index + 2}`)]));
  });

  it('numbers extension points without gap and double, a hundred at once, also when some are rolled back', async () => {
    const inputs = Array.from({ length: 140 }, (_, index) => ({ ...BASE, type: 'EP', domain: 'stack', title: `Point ${index}`, dryRun: index % 7 === 3, supersedes: index % 7 === 5 ? 'EP-STACK-999' : undefined }));
    const answers = await Promise.all(inputs.map((input) => hub.change('draftContribution', input, 'contribution { slug }', author)));
    const kept = answers.filter((_, index) => ![3, 5].includes(index % 7)).map((answer) => answer.contribution.slug);
    expect(kept).toHaveLength(100);
    expect(kept.toSorted()).toEqual(Array.from({ length: 100 }, (_, index) => `EP-STACK-${String(index + 1).padStart(3, '0')}`));
    const failing = { ...BASE, type: 'EP', domain: 'stack', targetOrg: 'x', idempotencyKey: 'once' };
    const twice = await Promise.all([1, 2, 3].map(() => hub.change('draftContribution', failing, 'contribution { slug }', author)));
    expect(new Set(twice.map((answer) => answer.contribution.slug))).toEqual(new Set(['EP-STACK-101']));
    expect((await hub.change('draftContribution', { ...BASE, type: 'EP', domain: 'other-domain' }, 'contribution { slug }', author)).contribution.slug).toBe('EP-OTHER-DOMAIN-001');
  });

  it('refuses every wrong field at once', async () => {
    const answer = await hub.change('draftContribution', { type: 'FR', domain: 'No Domain', targetOrg: '../x', targetRepo: '..', title: ' ', repo: 'A', workstream: 'x', topic: 'X', upstreamUrl: 'javascript:alert(1)', package: 'pkg:npm/', evidence: ['nothing', LINK] }, FIELDS, author).catch((error: Error) => error);
    expect(answer).toBeInstanceOf(Error); // The scalar Purl refuses before the hub does.
    const { errors } = await hub.change('draftContribution', { type: 'FR', domain: 'No Domain', targetOrg: '../x', targetRepo: '..', title: ' ', repo: 'A', workstream: 'x', topic: 'X', upstreamUrl: 'https://u:p@example.org', package: 'pkg:npm/%zz', evidence: ['nothing', LINK], body: 'x'.repeat(50_001) }, FIELDS, author);
    expect(errors.map((error) => error.path.slice(1).join('.'))).toEqual(['domain', 'targetOrg', 'targetRepo', 'title', 'repo', 'body', 'workstream', 'topic', 'package', 'upstreamUrl', 'evidence.0']);
    expect((await hub.change('draftContribution', { ...BASE, supersedes: 'EP-NO-001' }, FIELDS, author)).errors).toMatchObject([{ __typename: 'NotFound', path: ['input', 'supersedes'] }]);
    await expect(hub.change('draftContribution', BASE, FIELDS, viewer)).rejects.toThrow('contributions:write');
  });
});

describe('the ordinary way', () => {
  it('leads from draft to merged, with moments, links and events', async () => {
    const id = await draft();
    expect(await moved(id, SUBMIT)).toMatchObject({ status: 'SUBMITTED', upstreamUrl: LINK, submittedAt: '2026-03-02T10:00:00.000Z', needsFollowUp: false });
    clock.advance(30 * 86_400_000 - 1);
    const asked = async () => (await hub.ask('query ($id: ID!) { contribution(id: $id) { needsFollowUp } contributions(filter: { needsFollowUp: true }) { nodes { id } } }', { id }));
    expect(await asked()).toEqual({ contribution: { needsFollowUp: false }, contributions: { nodes: [] } });
    clock.advance(1);
    expect(await asked()).toEqual({ contribution: { needsFollowUp: true }, contributions: { nodes: [{ id }] } });
    expect(await moved(id, ACKNOWLEDGE)).toMatchObject({ status: 'ACKNOWLEDGED', acknowledgedAt: '2026-04-01T10:00:00.000Z', answerUrl: `${LINK}#a`, needsFollowUp: false });
    expect((await asked()).contributions.nodes).toEqual([]);
    expect(await moved(id, ACCEPT)).toMatchObject({ status: 'ACCEPTED', resolvedAt: null });
    expect(await moved(id, ['mergeContribution', { evidence: ['4f2a1c9d'], note: 'in 3.11' }])).toMatchObject({
      status: 'MERGED', version: 5, resolvedAt: '2026-04-01T10:00:00.000Z', evidence: [`${LINK}#yes`, '4f2a1c9d'],
      history: [{ to: 'DRAFT' }, { verb: 'submitContribution', evidence: [LINK] }, { evidence: [`${LINK}#a`] }, { from: 'ACKNOWLEDGED', to: 'ACCEPTED', note: null }, { verb: 'mergeContribution', note: 'in 3.11', evidence: ['4f2a1c9d'] }],
    });
    expect(await refusal('withdrawContribution', { id, reason: 'late' })).toMatchObject({ from: 'MERGED', to: null, allowed: [], unmet: [{ code: 'WRONG_STATE' }] });
    const types = await hub.database.sql.query<{ type: string }>(`SELECT "type" FROM "outbox" WHERE "aggregate" = $1 ORDER BY "id"`, [`contribution/${id}`]);
    expect(types.map(({ type }) => type.split('.').at(-1))).toEqual(['drafted', 'submitted', 'acknowledged', 'accepted', 'merged']);
  });

  it('asks for what each step needs', async () => {
    const id = await draft({ body: null });
    expect(await refusal('submitContribution', { id })).toMatchObject({ from: 'DRAFT', to: 'SUBMITTED', unmet: [{ code: 'BODY_REQUIRED' }, { code: 'UPSTREAM_URL_REQUIRED', message: 'The link to the issue upstream is needed.' }] });
    const { contribution } = await hub.ask('query ($id: ID!) { contribution(id: $id) { allowedTransitions { verb to allowed unmet { code } } } }', { id }, viewer);
    expect(contribution.allowedTransitions).toMatchObject([{ verb: 'submitContribution', allowed: false, unmet: [{ code: 'ROLE_REQUIRED' }, { code: 'BODY_REQUIRED' }] }, { verb: 'withdrawContribution', unmet: [{ code: 'ROLE_REQUIRED' }] }]);
    await moved(id, ['updateContribution', { bodyPath: 'contrib/slow.md', upstreamUrl: LINK }], ['submitContribution']);
    expect(await refusal('acknowledgeContribution', { id })).toMatchObject({ unmet: [{ code: 'ANSWER_REQUIRED' }] });
    expect(await refusal('acceptContribution', { id })).toMatchObject({ unmet: [{ code: 'EVIDENCE_REQUIRED' }] });
    expect(await refusal('rejectContribution', { id })).toMatchObject({ unmet: [{ code: 'EVIDENCE_REQUIRED' }, { code: 'REASON_REQUIRED' }] });
    expect(await refusal('withdrawContribution', { id, reason: ' ' })).toMatchObject({ unmet: [{ code: 'REASON_REQUIRED' }] });
    expect((await hub.change('acceptContribution', { id, evidence: ['javascript:1'] }, FIELDS, author)).errors).toMatchObject([{ __typename: 'InvalidInput', path: ['input', 'evidence', '0'] }]);
  });
});

describe('merging', () => {
  it('of a report that upstream has not accepted is refused with what is allowed and unmet', async () => {
    const id = await draft();
    expect(await refusal('mergeContribution', { id, evidence: ['https://example.org/pr/1'] })).toMatchObject({ __typename: 'TransitionRefused', code: 'TRANSITION_REFUSED', allowed: [{ verb: 'submitContribution', to: 'SUBMITTED' }, { verb: 'withdrawContribution', to: 'WITHDRAWN' }], unmet: [{ code: 'WRONG_STATE' }] });
    await moved(id, SUBMIT);
    expect(await refusal('mergeContribution', { id, evidence: ['https://example.org/pr/1'] })).toMatchObject({ from: 'SUBMITTED', to: 'MERGED', unmet: [{ code: 'ACCEPTED_OR_PULL_REQUEST', message: 'A BR is accepted before it is merged.' }] });
  });

  it('of a pull request may skip steps, which its history says', async () => {
    const id = await draft({ type: 'UPR' });
    expect(await refusal('submitContribution', { id })).toMatchObject({ unmet: [{ message: 'The link to the pull request or patch is needed.' }] });
    expect(await moved(id, SUBMIT, ['mergeContribution', { evidence: ['https://example.org/pr/1'], note: 'quick' }])).toMatchObject({ status: 'MERGED', acknowledgedAt: null, history: [{}, {}, { from: 'SUBMITTED', to: 'MERGED', note: 'quick\nSkipped: ACKNOWLEDGED, ACCEPTED.' }] });
    const other = await draft({ type: 'UPR' });
    expect(await moved(other, SUBMIT, ACKNOWLEDGE, ['mergeContribution', { evidence: ['https://example.org/pr/2'] }])).toMatchObject({ history: [{}, {}, {}, { note: 'Skipped: ACCEPTED.' }] });
  });

  it('by twenty at once is done once', async () => {
    const id = await draft({ type: 'UPR' });
    await moved(id, SUBMIT);
    const answers = await Promise.all(Array.from({ length: 20 }, () => hub.change('mergeContribution', { id, evidence: [LINK], expectedVersion: 2 }, 'contribution { id }', author)));
    expect(answers.flatMap((answer) => answer.events)).toHaveLength(1);
    expect(answers.flatMap((answer) => answer.errors.map((error) => error.__typename))).toEqual(Array.from({ length: 19 }, () => 'VersionConflict'));
  });
});

describe('other ends', () => {
  it('rejected, reopened by a maintainer, accepted, and rejected again by a maintainer', async () => {
    const id = await draft();
    const rejected = await moved(id, SUBMIT, ['rejectContribution', { reason: 'works as intended', evidence: [`${LINK}#no`] }]);
    expect(rejected).toMatchObject({ status: 'REJECTED', reason: 'works as intended', resolvedAt: expect.any(String), history: [{}, {}, { note: 'works as intended', evidence: [`${LINK}#no`] }] });
    expect(await refusal('reopenContribution', { id, answerUrl: LINK }, author)).toMatchObject({ unmet: [{ code: 'ROLE_REQUIRED' }] });
    expect(await refusal('reopenContribution', { id })).toMatchObject({ unmet: [{ code: 'ANSWER_REQUIRED' }] });
    expect(await moved(id, ['reopenContribution', { answerUrl: `${LINK}#again` }, maintainer])).toMatchObject({ status: 'ACKNOWLEDGED', reason: null, resolvedAt: null, acknowledgedAt: expect.any(String), answerUrl: `${LINK}#again` });
    await moved(id, ACCEPT);
    expect(await refusal('rejectContribution', { id, reason: 'reverted' }, author)).toMatchObject({ unmet: [{ code: 'ROLE_REQUIRED' }] });
    expect(await moved(id, ['rejectContribution', { reason: 'reverted' }, maintainer])).toMatchObject({ status: 'REJECTED', reason: 'reverted', history: Array.from({ length: 6 }, () => ({})) });
  });

  it('withdrawn from anywhere but an end, and still there', async () => {
    for (const steps of [[], [SUBMIT], [SUBMIT, ACKNOWLEDGE], [SUBMIT, ACCEPT]]) {
      const id = await draft();
      expect(await moved(id, ...steps, ['withdrawContribution', { reason: 'not needed' }])).toMatchObject({ status: 'WITHDRAWN', reason: 'not needed', resolvedAt: expect.any(String) });
      expect((await hub.ask('query ($id: ID!) { contribution(id: $id) { status } }', { id })).contribution).toEqual({ status: 'WITHDRAWN' });
    }
  });
});

describe('updating', () => {
  it('changes what is given, clears by null, and does nothing when nothing changes', async () => {
    const old = await draft();
    const id = await draft({ notes: 'a', repo: 'warehouse', supersedes: old });
    const fields = 'contribution { version title notes repo { slug } supersedes { id supersededBy { id } } }';
    const answer = await hub.change('updateContribution', { id, title: 'Other', notes: null }, fields, author);
    expect(answer).toMatchObject({ contribution: { version: 2, title: 'Other', notes: null, repo: { slug: 'warehouse' }, supersedes: { id: old, supersededBy: [{ id }] } }, events: [{ type: 'org.contribhub.contribution.updated' }] });
    expect(await hub.change('updateContribution', { id, title: 'Other', notes: null, repo: 'warehouse' }, fields, author)).toMatchObject({ contribution: { version: 2 }, errors: [], events: [] });
    expect((await hub.change('updateContribution', { id, supersedes: id }, fields, author)).errors).toMatchObject([{ path: ['input', 'supersedes'] }]);
    expect((await hub.change('updateContribution', { id, title: null }, fields, author)).errors).toMatchObject([{ path: ['input', 'title'] }]);
    expect((await hub.change('updateContribution', { id, notes: 'x', expectedVersion: 1 }, fields, author)).errors).toMatchObject([{ __typename: 'VersionConflict' }]);
    expect((await hub.change('updateContribution', { id: 'nothing' }, fields, author)).errors).toMatchObject([{ __typename: 'NotFound' }]);
  });
});
