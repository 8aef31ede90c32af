import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { definition } from '../subgraph.ts';

// Decisions and goals: the nouns with a small lifecycle of their own.
let hub: TestHub;
const [author, maintainer, steward] = [as('author'), as('maintainer'), as('steward')];
const FIELDS = 'decision { id status version choice deciders decidedAt domains { slug } workstream { code } supersededBy { id } history { verb from to note actor evidence } }';
const WRITTEN = { options: [{ title: 'Keep' }, { title: 'Replace', description: 'costs a week' }], choice: 'Replace', rationale: 'It is old.', deciders: ['ada'] };

beforeAll(async () => {
  hub = await startTestHub(definition);
  for (const slug of ['custodian', 'stack']) await hub.change('registerDomain', { slug, name: slug }, 'domain { id }', author);
  await hub.change('proposeWorkstream', { code: 'CUST-WP-0001', title: 'Work', domain: 'custodian' }, 'workstream { id }', author);
});
afterAll(() => hub[Symbol.asyncDispose]());

async function propose(input: object = {}): Promise<string> {
  const { decision } = await hub.change('proposeDecision', { title: 'Which database?', domains: ['custodian'], ...WRITTEN, ...input }, 'decision { id }', author);
  return decision.id;
}

async function accepted(input: object = {}): Promise<string> {
  const id = await propose(input);
  expect((await hub.change('acceptDecision', { id }, FIELDS, steward)).errors).toEqual([]);
  return id;
}

const refused = (verb: string, input: object, identity = maintainer) =>
  hub
    .ask(`mutation ($input: ${verb[0]!.toUpperCase()}${verb.slice(1)}Input!) { ${verb}(input: $input) { decision { id } errors { __typename ... on TransitionRefused { from to unmet { code refs } } } } }`, { input }, identity)
    .then((data) => data[verb].errors[0]);

describe('proposing', () => {
  test('writes it down with the domain of its workstream, and tells', async () => {
    const answer = await hub.change('proposeDecision', { title: 'Which?', workstream: 'CUST-WP-0001', domains: ['stack'], blocking: true }, FIELDS, author);
    expect(answer).toMatchObject({ decision: { status: 'PROPOSED', version: 1, domains: [{ slug: 'custodian' }, { slug: 'stack' }], workstream: { code: 'CUST-WP-0001' }, history: [{ verb: 'proposeDecision', from: null, to: 'PROPOSED' }] }, errors: [], events: [{ type: 'org.statehub.decision.proposed' }] });
    const { workstream } = await hub.ask('{ workstream(code: "CUST-WP-0001") { decisions(filter: { blocking: true, statuses: [PROPOSED] }) { nodes { id } totalCount } } }');
    expect(workstream.decisions).toMatchObject({ nodes: [{ id: answer.decision.id }], totalCount: 1 });
  });

  test('without a domain, or with what is not there, is refused', async () => {
    expect((await hub.change('proposeDecision', { title: 'Which?' }, FIELDS, author)).errors).toMatchObject([{ __typename: 'InvalidInput', path: ['input', 'domains'] }]);
    expect((await hub.change('proposeDecision', { title: 'Which?', domains: ['stack', 'no', 'none'] }, FIELDS, author)).errors).toMatchObject([{ path: ['input', 'domains', '1'] }, { path: ['input', 'domains', '2'] }]);
    expect((await hub.change('proposeDecision', { title: 'Which?', workstream: 'NO-WP-0001' }, FIELDS, author)).errors).toMatchObject([{ __typename: 'NotFound', path: ['input', 'workstream'] }]);
    expect((await hub.change('proposeDecision', { title: ' ', domains: ['stack'], options: [{ title: '' }], deciders: [''] }, FIELDS, author)).errors.map((error) => error.path.at(-1))).toEqual(['title', 'options', 'deciders']);
  });

  test('something that blocks a closed workstream is refused', async () => {
    const { workstream } = await hub.change('proposeWorkstream', { code: 'CUST-WP-0002', title: 'Given up', domain: 'custodian' }, 'workstream { id }', author);
    expect((await hub.change('cancelWorkstream', { id: workstream.id, reason: 'no need' }, 'workstream { status }', maintainer)).errors).toEqual([]);
    expect((await hub.change('proposeDecision', { title: 'Which?', workstream: 'CUST-WP-0002', blocking: true }, FIELDS, author)).errors).toMatchObject([{ __typename: 'InvalidInput', path: ['input', 'blocking'] }]);
  });
});

describe('accepting', () => {
  test('writes the last of the text, dates it and freezes it', async () => {
    const id = await propose({ choice: null, rationale: null, deciders: [] });
    expect(await refused('acceptDecision', { id })).toMatchObject({ from: 'PROPOSED', to: 'ACCEPTED', unmet: [{ code: 'RATIONALE_REQUIRED' }, { code: 'RATIONALE_REQUIRED' }, { code: 'DECIDERS_REQUIRED' }] });
    const answer = await hub.change('acceptDecision', { id, choice: 'Keep', rationale: 'It works.', deciders: ['ada', 'bob'] }, FIELDS, maintainer);
    expect(answer).toMatchObject({ decision: { status: 'ACCEPTED', version: 2, choice: 'Keep', deciders: ['ada', 'bob'], history: [{}, { verb: 'acceptDecision', from: 'PROPOSED', to: 'ACCEPTED', note: 'Keep', actor: 'maintainer' }] }, events: [{ type: 'org.statehub.decision.accepted' }] });
    expect(answer.decision.decidedAt).not.toBeNull();
    expect(await refused('updateDecision', { id, choice: 'Replace' }, author)).toMatchObject({ from: 'ACCEPTED', to: null, unmet: [{ code: 'TEXT_FROZEN' }] });
  });

  test('across domains is for a steward', async () => {
    const id = await propose({ domains: ['custodian', 'stack'] });
    expect(await refused('acceptDecision', { id })).toMatchObject({ unmet: [{ code: 'STEWARD_FOR_CROSS_DOMAIN', refs: ['custodian', 'stack'] }] });
    const asked = 'query ($id: ID!) { decision(id: $id) { allowedTransitions { verb allowed unmet { code } } } }';
    expect((await hub.ask(asked, { id }, maintainer)).decision.allowedTransitions).toMatchObject([{ verb: 'acceptDecision', allowed: false, unmet: [{ code: 'STEWARD_FOR_CROSS_DOMAIN' }] }, { verb: 'rejectDecision' }]);
    expect((await hub.ask(asked, { id }, steward)).decision.allowedTransitions[0]).toEqual({ verb: 'acceptDecision', allowed: true, unmet: [] });
    expect((await hub.change('acceptDecision', { id }, FIELDS, steward)).decision).toMatchObject({ status: 'ACCEPTED' });
  });

  test('needs the scope to close', async () => {
    const id = await propose();
    await expect(hub.change('acceptDecision', { id }, FIELDS, author)).rejects.toThrow('governance:close');
  });

  test('by fifty at once is done once', async () => {
    const id = await propose();
    const answers = await Promise.all(Array.from({ length: 50 }, () => hub.change('acceptDecision', { id, expectedVersion: 1 }, 'decision { id }', maintainer)));
    expect(answers.flatMap((answer) => answer.events)).toHaveLength(1);
    expect(answers.flatMap((answer) => answer.errors.map((error) => error.__typename))).toEqual(Array.from({ length: 49 }, () => 'VersionConflict'));
  });
});

describe('a proposed decision', () => {
  test('may be written anew until it is decided', async () => {
    const id = await propose();
    const answer = await hub.change('updateDecision', { id, options: [{ title: 'Only' }], rationale: null, deciders: null }, 'decision { options { title description } rationale deciders version }', author);
    expect(answer).toMatchObject({ decision: { options: [{ title: 'Only', description: null }], rationale: null, deciders: [], version: 2 }, events: [{ type: 'org.statehub.decision.updated' }] });
    expect(await hub.change('updateDecision', { id, options: [{ title: 'Only' }] }, 'decision { version }', author)).toMatchObject({ decision: { version: 2 }, events: [] });
  });

  test('is rejected with a reason, and for good', async () => {
    const id = await propose();
    expect(await refused('rejectDecision', { id, reason: ' ' })).toMatchObject({ unmet: [{ code: 'REASON_REQUIRED' }] });
    expect(await hub.change('rejectDecision', { id, reason: 'too dear' }, FIELDS, maintainer)).toMatchObject({ decision: { status: 'REJECTED', history: [{}, { note: 'too dear' }] }, events: [{ type: 'org.statehub.decision.rejected' }] });
    expect(await refused('acceptDecision', { id })).toMatchObject({ from: 'REJECTED', to: null, unmet: [{ code: 'WRONG_STATE' }] });
  });
});

describe('superseding', () => {
  test('names another accepted decision', async () => {
    const [id, by, open] = [await accepted(), await accepted(), await propose()];
    for (const other of [id, open]) expect(await refused('supersedeDecision', { id, by: other })).toMatchObject({ unmet: [{ code: 'SUCCESSOR_ACCEPTED' }] });
    for (const none of ['nonsense', '01890000-0000-7000-8000-000000000000']) expect((await hub.change('supersedeDecision', { id, by: none }, FIELDS, maintainer)).errors).toMatchObject([{ __typename: 'NotFound', path: ['input', 'by'] }]);
    const answer = await hub.change('supersedeDecision', { id, by, reason: 'newer facts' }, FIELDS, maintainer);
    expect(answer).toMatchObject({ decision: { status: 'SUPERSEDED', supersededBy: { id: by }, history: [{}, {}, { note: 'newer facts', evidence: [by] }] }, events: [{ type: 'org.statehub.decision.superseded' }] });
  });

  test('each other at once leaves one of two', async () => {
    for (let round = 0; round < 10; round++) {
      const [one, two] = [await accepted(), await accepted()];
      const answers = await Promise.all([hub.change('supersedeDecision', { id: one, by: two }, FIELDS, maintainer), hub.change('supersedeDecision', { id: two, by: one }, FIELDS, maintainer)]);
      expect(answers.filter((answer) => answer.decision !== null)).toHaveLength(1);
    }
  });
});

test('deprecating is for a steward, with a reason', async () => {
  const id = await accepted();
  expect(await refused('deprecateDecision', { id, reason: 'moot' })).toMatchObject({ unmet: [{ code: 'ROLE_REQUIRED' }] });
  expect(await hub.change('deprecateDecision', { id, reason: 'moot' }, FIELDS, steward)).toMatchObject({ decision: { status: 'DEPRECATED' }, events: [{ type: 'org.statehub.decision.deprecated' }] });
});

test('decisions are listed by domain, text and state, in one statement per field', async () => {
  await propose({ title: 'Needle', domains: ['stack', 'custodian'] });
  hub.counted();
  const { decisions } = await hub.ask('{ decisions(filter: { domains: ["stack"], text: "needle", statuses: [PROPOSED] }) { nodes { title domains { slug } allowedTransitions { verb } history { verb } } } }');
  expect(decisions.nodes).toMatchObject([{ title: 'Needle', domains: [{ slug: 'custodian' }, { slug: 'stack' }] }]);
  expect(hub.counted()).toHaveLength(4);
});

test('a goal is set, activated and retired with a reason', async () => {
  const fields = 'goal { id status version targetDate domain { slug } allowedTransitions { verb allowed } history { verb from to note } }';
  expect((await hub.change('setGoal', { domain: 'nowhere', title: 'x' }, fields, author)).errors).toMatchObject([{ __typename: 'NotFound', path: ['input', 'domain'] }]);
  const set = await hub.change('setGoal', { domain: 'custodian', title: 'Calm', targetDate: '2027-02-28' }, fields, author);
  expect(set).toMatchObject({ goal: { status: 'SET', version: 1, targetDate: '2027-02-28', domain: { slug: 'custodian' }, allowedTransitions: [{ verb: 'activateGoal', allowed: false }, { verb: 'retireGoal', allowed: false }] }, events: [{ type: 'org.statehub.domain.goal.set' }] });
  const { id } = set.goal;
  expect((await hub.change('activateGoal', { id }, fields, author)).errors).toMatchObject([{ __typename: 'TransitionRefused' }]);
  expect(await hub.change('activateGoal', { id, expectedVersion: 1 }, fields, maintainer)).toMatchObject({ goal: { status: 'ACTIVE', version: 2 }, events: [{ type: 'org.statehub.domain.goal.activated' }] });
  expect((await hub.change('retireGoal', { id, reason: '' }, fields, maintainer)).errors).toMatchObject([{ __typename: 'TransitionRefused' }]);
  expect(await hub.change('retireGoal', { id, reason: 'reached' }, fields, maintainer)).toMatchObject({ goal: { status: 'RETIRED', history: [{ to: 'SET' }, { to: 'ACTIVE' }, { to: 'RETIRED', note: 'reached' }] }, events: [{ type: 'org.statehub.domain.goal.retired' }] });
  expect((await hub.ask('{ domain(slug: "custodian") { goals(filter: { statuses: [RETIRED] }) { nodes { id } } } }')).domain.goals.nodes).toEqual([{ id }]);
});
