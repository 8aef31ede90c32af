import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { definition } from '../subgraph.ts';
import { sweepsOf, type Sweeps } from './sweeps.fixture.ts';

let hub: TestHub;
let sweeps: Sweeps;
const clock = heldClock('2026-03-02T10:00:00Z');
const [author, maintainer, steward, viewer] = [as('author'), as('maintainer'), as('steward'), as('viewer')];
const FIELDS = `risk { id title description status likelihood impact score residualScore owner level reviewDate decision mitigation reason version createdBy service { slug } domain { slug } repo { slug } workstream { code }
  subject { __typename } history { verb from to actor note evidence } allowedTransitions { verb allowed } }`;
const BASE = { title: 'One copy of the data', likelihood: 3, impact: 4, service: 'core-hub' };

beforeAll(async () => {
  hub = await startTestHub(definition, { clock });
  sweeps = sweepsOf(hub, clock);
  await hub.change('registerService', { slug: 'core-hub', name: 'Core hub', domain: 'infotech', repo: 'core-hub', owner: 'jonas', tier: 'TIER_1' }, 'service { slug }', maintainer);
});
afterAll(async () => {
  await sweeps[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

const surface = async (more: object = {}, identity = author) => hub.change('surfaceRisk', { ...BASE, ...more }, FIELDS, identity);
const types = (answer: { events: readonly { type: string }[] }) => answer.events.map((event) => event.type.replace('org.opshub.', ''));
const riskOf = async (id: string) => (await hub.ask(`query ($id: ID!) { risk(id: $id) { ${FIELDS.slice(7, -1)} } }`, { id })).risk;
const refusal = async (verb: string, input: object, identity = author) =>
  (await hub.ask(`mutation ($input: ${verb[0]!.toUpperCase()}${verb.slice(1)}Input!) { ${verb}(input: $input) { risk { id } errors { __typename code message path ... on TransitionRefused { from unmet { code } } } } }`, { input }, identity))[verb].errors;
async function moved(id: string, ...steps: readonly (readonly [verb: string, input?: object, identity?: typeof author])[]) {
  let answer;
  for (const [verb, input, identity = author] of steps) {
    answer = await hub.change(verb, { id, ...input }, FIELDS, identity);
    expect(answer.errors, verb).toEqual([]);
  }
  return answer!;
}
const ACCEPT = ['acceptRisk', { decision: 'DEC-7', reviewDate: '2026-04-01' }, steward] as const;

describe('a risk', () => {
  it('is surfaced with its score and everything that is known, and told', async () => {
    const answer = await surface({ description: 'No backup.', reviewDate: '2026-03-31' });
    expect(types(answer)).toEqual(['risk.surfaced']);
    expect(answer.risk).toMatchObject({
      status: 'SURFACED', score: 12, residualScore: null, owner: 'author', createdBy: 'author', reviewDate: '2026-03-31', version: 1, service: { slug: 'core-hub' }, domain: { slug: 'infotech' }, repo: { slug: 'core-hub' }, workstream: null, subject: { __typename: 'Service' },
      history: [{ verb: 'surfaceRisk', from: null, to: 'SURFACED', actor: 'author' }], allowedTransitions: [{ verb: 'escalateRisk' }, { verb: 'mitigateRisk' }, { verb: 'acceptRisk', allowed: false }, { verb: 'closeRisk' }],
    });
    const [row] = await hub.database.sql.query<{ event: any }>(`SELECT "event" FROM "outbox" WHERE "eventId" = $1::uuid`, [answer.events[0]!.id]);
    expect(row!.event).toMatchObject({ subject: `risk/${answer.risk.id}`, domain: 'infotech', data: { from: null, to: 'SURFACED', score: 12, owner: 'author', service: 'core-hub', subject: 'SERVICE' } });
    expect((await surface({ owner: 'mara' }, steward)).risk.owner).toBe('mara');
  });

  it('is escalated, mitigated, there again, accepted and closed', async () => {
    const { risk: { id } } = await surface();
    const escalated = await moved(id, ['escalateRisk', { reason: 'Too big for us.', level: 'board' }]);
    expect([escalated.risk, types(escalated)]).toMatchObject([{ status: 'ESCALATED', level: 'board', reason: 'Too big for us.', version: 2 }, ['risk.escalated']]);
    const mitigated = await moved(id, ['mitigateRisk', { mitigation: 'A second copy.', residualScore: 4, reviewDate: '2026-05-01' }]);
    expect([mitigated.risk, types(mitigated)]).toMatchObject([{ status: 'MITIGATED', mitigation: 'A second copy.', residualScore: 4, score: 12, reviewDate: '2026-05-01' }, ['risk.mitigated']]);
    const again = await moved(id, ['resurfaceRisk', { reason: 'The copy was empty.' }]);
    expect([again.risk, types(again)]).toMatchObject([{ status: 'SURFACED', residualScore: null, level: null, reviewDate: null, mitigation: 'A second copy.' }, ['risk.surfaced']]);
    const accepted = await moved(id, ACCEPT);
    expect([accepted.risk, types(accepted)]).toMatchObject([{ status: 'ACCEPTED', decision: 'DEC-7', reviewDate: '2026-04-01' }, ['risk.accepted']]);
    const closed = await moved(id, ['closeRisk', { reason: 'The system is gone.' }, maintainer]);
    expect([closed.risk, types(closed)]).toMatchObject([{ status: 'CLOSED', reason: 'The system is gone.', version: 6, allowedTransitions: [] }, ['risk.closed']]);
    expect(closed.risk.history.map((line: any) => [line.verb, line.to, line.note, line.evidence])).toEqual([
      ['surfaceRisk', 'SURFACED', null, []], ['escalateRisk', 'ESCALATED', 'Too big for us.', []], ['mitigateRisk', 'MITIGATED', 'A second copy.', []], ['resurfaceRisk', 'SURFACED', 'The copy was empty.', []], ['acceptRisk', 'ACCEPTED', null, ['DEC-7']], ['closeRisk', 'CLOSED', 'The system is gone.', []],
    ]);
  });

  it('is refused with every reason', async () => {
    const { risk: { id } } = await surface();
    expect(await refusal('escalateRisk', { id }, steward).catch((error: Error) => error.message)).toContain('ops:write');
    expect(await refusal('escalateRisk', { id })).toMatchObject([{ from: 'SURFACED', unmet: [{ code: 'REASON_REQUIRED' }, { code: 'LEVEL_REQUIRED' }] }]);
    expect(await refusal('mitigateRisk', { id, mitigation: ' ' })).toMatchObject([{ unmet: [{ code: 'MITIGATION_REQUIRED' }, { code: 'RESIDUAL_SCORE_REQUIRED' }] }]);
    expect(await refusal('acceptRisk', { id })).toMatchObject([{ unmet: [{ code: 'ROLE_REQUIRED' }, { code: 'DECISION_REQUIRED' }, { code: 'REVIEW_DATE_REQUIRED' }] }]);
    expect(await refusal('resurfaceRisk', { id })).toMatchObject([{ unmet: [{ code: 'WRONG_STATE' }] }]);
    expect(await refusal('closeRisk', { id })).toMatchObject([{ unmet: [{ code: 'ROLE_REQUIRED' }, { code: 'REASON_REQUIRED' }] }]);
    for (const residualScore of [0, 13]) expect(await refusal('mitigateRisk', { id, mitigation: 'x', residualScore })).toMatchObject([{ path: ['input', 'residualScore'] }]);
    expect(await refusal('acceptRisk', { id, decision: 'D', reviewDate: '2026-03-02' }, steward)).toMatchObject([{ path: ['input', 'reviewDate'] }]);
    expect(await refusal('escalateRisk', { id, reason: 'x', level: 'y', expectedVersion: 2 })).toMatchObject([{ __typename: 'VersionConflict' }]);
    for (const none of ['x', '018f0000-0000-7000-8000-000000000000']) expect(await refusal('closeRisk', { id: none, reason: 'x' }, maintainer)).toMatchObject([{ __typename: 'NotFound' }]);
    const token = `ghp_${'aB3dE5fG7h'.repeat(4).slice(0, 36)}`;
    expect((await refusal('surfaceRisk', { title: '', likelihood: 0, impact: 6, owner: ' ', reviewDate: '2026-03-01', description: 'long '.repeat(3_000) })).map((error: any) => error.path.slice(1).join('.'))).toEqual(['title', 'description', 'likelihood', 'impact', 'owner', 'reviewDate', '']);
    expect(await refusal('surfaceRisk', { title: '', likelihood: 0, impact: 6, description: token })).toMatchObject([{ path: ['input', 'description'], message: expect.not.stringContaining(token) }]);
    expect(await refusal('escalateRisk', { id, reason: token, level: 'x' })).toMatchObject([{ path: ['input', 'reason'], message: expect.not.stringContaining(token) }]);
    await expect(surface({}, viewer)).rejects.toThrow('ops:write');
    expect((await riskOf(id)).version).toBe(1);
  });

  it('is written anew until it is closed, and only when something changes', async () => {
    const { risk: { id } } = await surface();
    const nothing = await moved(id, ['updateRisk', { title: BASE.title, likelihood: 3 }]);
    expect([nothing.risk.version, nothing.events]).toEqual([1, []]);
    const updated = await moved(id, ['updateRisk', { likelihood: 5, description: 'Worse.', owner: 'ines', reviewDate: '2026-06-01', workstream: 'CUST-WP-0025' }]);
    expect([updated.risk, types(updated)]).toMatchObject([{ score: 20, description: 'Worse.', owner: 'ines', reviewDate: '2026-06-01', workstream: { code: 'CUST-WP-0025' }, service: { slug: 'core-hub' }, version: 2 }, ['risk.updated']]);
    expect((await moved(id, ['updateRisk', { description: null, reviewDate: null }])).risk).toMatchObject({ description: null, reviewDate: null });
    expect(await refusal('updateRisk', { id, service: null, workstream: null, domain: null, repo: null })).toMatchObject([{ path: ['input'] }, { path: ['input', 'service'] }]);
    await moved(id, ['mitigateRisk', { mitigation: 'x', residualScore: 10 }]);
    expect(await refusal('updateRisk', { id, likelihood: 2 })).toMatchObject([{ path: ['input', 'likelihood'] }]);
    await moved(id, ['resurfaceRisk', { reason: 'x' }], ACCEPT);
    expect(await refusal('updateRisk', { id, reviewDate: null })).toMatchObject([{ path: ['input', 'reviewDate'] }]);
    await moved(id, ['closeRisk', { reason: 'x' }, maintainer]);
    expect(await refusal('updateRisk', { id, title: 'y' })).toMatchObject([{ path: ['input', 'id'] }]);
  });

  it('is surfaced once by one idempotency key, and not at all in a dry run', async () => {
    const twice = [await surface({ idempotencyKey: 'r' }), await surface({ idempotencyKey: 'r' })];
    expect(twice[0]!.risk.id).toBe(twice[1]!.risk.id);
    const dry = await surface({ title: 'Dry', dryRun: true, reviewDate: '2026-12-01' });
    expect(dry).toMatchObject({ risk: { status: 'SURFACED', reviewDate: '2026-12-01' }, events: [] });
    expect((await hub.ask('{ risks(filter: { text: "dry" }) { totalCount } }')).risks.totalCount).toBe(0);
  });
});

describe('time', () => {
  it('surfaces a risk again when its review date is over, and escalates what nobody decides', async () => {
    const { risk: { id: accepted } } = await surface();
    await moved(accepted, ACCEPT);
    const { risk: { id: overdue } } = await surface({ reviewDate: '2026-04-01' });
    const { risk: { id: high } } = await surface({ likelihood: 4, impact: 5 });
    const { risk: { id: quiet } } = await surface({ likelihood: 4, impact: 4 });
    await sweeps.run('review-risks');
    expect(await riskOf(high)).toMatchObject({ status: 'ESCALATED', level: 'steward', reason: expect.stringContaining('score is 20'), history: [{}, { actor: 'system:ops' }] });
    clock.set('2026-04-01T23:59:59.999Z');
    await sweeps.run('review-risks');
    expect([(await riskOf(accepted)).status, (await riskOf(overdue)).status]).toEqual(['ACCEPTED', 'SURFACED']);
    clock.set('2026-04-02T00:00:00Z');
    await sweeps.run('review-risks');
    expect(await riskOf(accepted)).toMatchObject({ status: 'SURFACED', reviewDate: null, decision: null, reason: 'Its review date, 2026-04-01, is over.' });
    expect(await riskOf(overdue)).toMatchObject({ status: 'ESCALATED', level: 'maintainer of the domain infotech', reviewDate: '2026-04-01' });
    const before = await Promise.all([accepted, overdue, high, quiet].map(riskOf));
    await sweeps.run('review-risks');
    expect(await Promise.all([accepted, overdue, high, quiet].map(riskOf))).toEqual(before);
    expect(before[3].status).toBe('SURFACED');
  });
});

describe('lists of risks', () => {
  it.each([
    ['filter: { statuses: [CLOSED] }', (risk: any) => risk.status === 'CLOSED'], ['filter: { domains: ["infotech"] }', (risk: any) => risk.domain.slug === 'infotech'], ['filter: { services: ["core-hub"] }', (risk: any) => risk.service?.slug === 'core-hub'],
    ['filter: { workstreams: ["CUST-WP-0025"] }', (risk: any) => risk.workstream?.code === 'CUST-WP-0025'], ['filter: { owners: ["mara", "ines"] }', (risk: any) => ['mara', 'ines'].includes(risk.owner)], ['filter: { minScore: 16 }', (risk: any) => risk.score >= 16],
    ['filter: { reviewDueBefore: "2026-04-01" }', (risk: any) => risk.reviewDate !== null && risk.reviewDate < '2026-04-01'], ['filter: { text: "NO BACKUP" }', (risk: any) => risk.description === 'No backup.'],
  ])('are narrowed by %s', async (args, fits) => {
    const ask = async (of: string) => (await hub.ask(`{ risks(first: 200${of && `, ${of}`}) { totalCount nodes { id status score owner reviewDate description domain { slug } service { slug } workstream { code } } } }`)).risks;
    const [all, some] = [await ask(''), await ask(args)];
    const expected = all.nodes.filter(fits);
    expect(expected.length).toBeGreaterThan(0);
    expect([some.nodes, some.totalCount]).toEqual([expected, expected.length]);
    expect(all.nodes.map((risk: any) => risk.score)).toEqual(all.nodes.map((risk: any) => risk.score).toSorted((a: number, b: number) => b - a));
  });

  it('stand on domains, services, workstreams and the state of everything, at one statement a field', async () => {
    await surface({ service: null, workstream: 'CUST-WP-0040' });
    const representations = [{ __typename: 'Domain', slug: 'infotech' }, { __typename: 'Domain', slug: 'x' }, { __typename: 'Workstream', code: 'CUST-WP-0040' }, { __typename: 'Workstream', code: 'x' }];
    const ENTITIES = 'query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Domain { risks(filter: { statuses: [CLOSED] }) { nodes { status } } } ... on Workstream { risks { nodes { status } } } ... on StateSummary { openRisks { status count highestScore } } ... on Risk { title history { to } } } }';
    hub.counted();
    const { _entities: found } = await hub.ask(ENTITIES, { representations });
    expect(found.map((one: any) => one.risks.nodes.length)).toEqual([2, 0, 1, 0]);
    expect(hub.counted()).toHaveLength(2);
    const { services } = await hub.ask('{ services { nodes { risks(first: 1, orderBy: CREATED) { totalCount } } } }');
    expect(services.nodes[0].risks.totalCount).toBeGreaterThan(5);
    const { risks } = await hub.ask('{ risks(first: 5) { nodes { id } } }');
    hub.counted();
    const { _entities: [state, ...some] } = await hub.ask(ENTITIES, { representations: [{ __typename: 'StateSummary', id: 'state' }, ...risks.nodes.map(({ id }: any) => ({ __typename: 'Risk', id })), { __typename: 'Risk', id: 'x' }] });
    expect(hub.counted()).toHaveLength(3);
    expect(state.openRisks.map((line: any) => line.status)).toEqual(['ESCALATED', 'SURFACED']);
    expect(some.map((one: any) => one?.title ?? null)).toEqual([...Array(5).fill(BASE.title), null]);
  });
});
