import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { definition } from '../subgraph.ts';
import { sweepsOf, type Sweeps } from './sweeps.fixture.ts';

let hub: TestHub;
let sweeps: Sweeps;
const clock = heldClock('2026-05-01T00:00:00Z');
const HOUR = 3_600_000;
const [author, operator, maintainer, steward, viewer] = [as('author'), as('operator'), as('maintainer'), as('steward'), as('viewer')];
const FIELDS = `gate { id code status statusSince changesAt releaseDigest missing decidedAt decidedBy note version toldBy: history { verb from to actor note evidence } waiver { decision until risk { id } }
  requirements { key met missing evidence { id environment observedAt } } allowedTransitions { verb to allowed unmet { code message refs } } }`;
const [A, B] = ['a', 'b'].map((letter) => `sha256:${letter.repeat(64)}`) as [string, string];
let names = 0;

beforeAll(async () => {
  hub = await startTestHub(definition, { clock });
  sweeps = sweepsOf(hub, clock);
});
afterAll(async () => {
  await sweeps[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

/** A service of its own for each test, so that they do not see each other. */
async function newService(): Promise<string> {
  const slug = `service-${++names}`;
  await hub.change('registerService', { slug, name: slug, domain: 'infotech', owner: 'jonas', tier: 'TIER_1' }, 'service { slug }', maintainer);
  return slug;
}
async function newGate(service: string | null, requirements: object[] = [{ key: 'smoke', kind: 'SMOKE', environments: ['STAGING'], freshnessHours: 24 }], more: object = {}): Promise<string> {
  const answer = await hub.change('defineGate', { code: `GATE-${++names}`, title: 'Fit for release', service, requirements, owner: 'mara', ...more }, FIELDS, maintainer);
  expect(answer.errors).toEqual([]);
  return answer.gate.id;
}
const record = (service: string, more: object = {}, sourceKey = `run-${++names}`) =>
  hub.change('recordEvidence', { evidence: [{ kind: 'SMOKE', environment: 'STAGING', service, result: 'PASS', observedAt: clock.now().toISOString(), source: 'ci', sourceKey, ...more }] }, 'batch { evidence { id } }', author);
const deploy = (service: string, releaseDigest: string, environment = 'PRODUCTION') => hub.change('recordDeployment', { service, environment, releaseDigest, result: 'SUCCEEDED', startedAt: clock.now().toISOString() }, 'deployment { id }', operator);
const change = (verb: string, input: object, identity = maintainer) => hub.change(verb, input, FIELDS, identity);
const read = async (id: string, identity = maintainer) => (await hub.ask(`query ($id: ID!) { gate(id: $id) { ${FIELDS.slice(6, -1)} } }`, { id }, identity)).gate;
const types = (answer: { events: readonly { type: string }[] }) => answer.events.map((event) => event.type.replace('org.opshub.', ''));
const refused = async (verb: string, input: object, identity = maintainer) =>
  (await hub.ask(`mutation ($input: ${verb[0]!.toUpperCase()}${verb.slice(1)}Input!) { ${verb}(input: $input) { gate { id } errors { __typename code message path ... on TransitionRefused { from to unmet { code message } } } } }`, { input }, identity))[verb].errors;
const newRisk = async () => (await hub.change('surfaceRisk', { title: 'It may fail', likelihood: 2, impact: 2, domain: 'infotech' }, 'risk { id }', maintainer)).risk.id as string;

describe('a gate', () => {
  it('becomes READY by evidence, is passed by a person, falls back by time, and is told of at every step', async () => {
    const service = await newService();
    const id = await newGate(service);
    expect(await read(id)).toMatchObject({ status: 'PENDING', missing: ['SMOKE in STAGING: a passing observation not older than 24 h; there is none.'], changesAt: null, version: 1 });
    expect(types(await record(service))).toEqual(['evidence.recorded', 'gate.ready']);
    expect(await read(id)).toMatchObject({ status: 'READY', missing: [], version: 2, statusSince: clock.now().toISOString(), requirements: [{ met: true, evidence: [{ environment: 'STAGING' }] }], changesAt: new Date(clock.now().getTime() + 24 * HOUR + 1).toISOString() });
    expect(types(await change('passGate', { id, note: 'looks good' }, operator))).toEqual(['gate.passed']);
    const passed = await read(id);
    expect(passed).toMatchObject({ status: 'PASSED', decidedBy: 'operator', note: 'looks good', version: 3 });
    expect(passed.toldBy.at(-1)).toMatchObject({ verb: 'passGate', from: 'READY', to: 'PASSED', evidence: [passed.requirements[0].evidence[0].id] });
    clock.advance(24 * HOUR);
    expect(await read(id)).toMatchObject({ status: 'PASSED' });
    const before = clock.now();
    clock.advance(1);
    expect(await read(id), 'without a job').toMatchObject({ status: 'PENDING', decidedAt: null, note: null, version: 3, statusSince: new Date(before.getTime() + 1).toISOString() });
    clock.advance(HOUR);
    await sweeps.run('expire-gates');
    const fallen = await read(id);
    expect(fallen).toMatchObject({ status: 'PENDING', version: 4, changesAt: null, statusSince: new Date(before.getTime() + 1).toISOString() });
    expect(fallen.toldBy.at(-1)).toMatchObject({ verb: 'settleGate', from: 'PASSED', to: 'PENDING', actor: 'system:ops', note: expect.stringContaining('too old') });
    await sweeps.run('expire-gates');
    expect((await read(id)).version, 'a sweep tells once').toBe(4);
  });

  it('does not forget that it fell when evidence comes before the sweep', async () => {
    const service = await newService();
    const id = await newGate(service);
    await record(service);
    await change('passGate', { id });
    clock.advance(25 * HOUR);
    expect(types(await record(service))).toEqual(['gate.expired', 'evidence.recorded', 'gate.ready']);
    expect(await read(id)).toMatchObject({ status: 'READY', decidedAt: null });
  });

  it('falls back when evidence contradicts, and when the release changes', async () => {
    const service = await newService();
    const id = await newGate(service, [{ key: 'smoke', kind: 'SMOKE', environments: ['STAGING'], sameRelease: true }]);
    expect((await read(id)).missing[0]).toContain('no release is known');
    await deploy(service, A, 'STAGING');
    expect(await read(id)).toMatchObject({ releaseDigest: A, status: 'PENDING' });
    await record(service, { releaseDigest: B });
    expect(await read(id)).toMatchObject({ status: 'PENDING' });
    await record(service, { releaseDigest: A });
    await change('passGate', { id });
    clock.advance(HOUR);
    expect(types(await record(service, { releaseDigest: B, result: 'FAIL' })), 'of another release').toEqual(['evidence.recorded']);
    expect(types(await record(service, { releaseDigest: A, result: 'FAIL' }))).toEqual(['evidence.recorded', 'gate.expired']);
    clock.advance(HOUR);
    await record(service, { releaseDigest: A });
    await record(service, { releaseDigest: B });
    await change('passGate', { id });
    expect(types(await deploy(service, B)), 'what runs in production counts').toEqual(['deployment.recorded', 'gate.expired', 'gate.ready']);
    expect(await read(id)).toMatchObject({ releaseDigest: B, status: 'READY' });
    await change('passGate', { id });
    expect(types(await change('updateGate', { id, releaseDigest: A }))).toEqual(['gate.updated', 'gate.expired', 'gate.ready']);
    expect(types(await deploy(service, A)), 'its own release is what counts').toEqual(['deployment.recorded']);
  });

  it('is never moved by LOCAL evidence', async () => {
    const service = await newService();
    const id = await newGate(service);
    expect(types(await record(service, { environment: 'LOCAL' }))).toEqual(['evidence.recorded']);
    expect(await read(id)).toMatchObject({ status: 'PENDING', version: 1 });
    await record(service);
    await change('passGate', { id });
    expect(types(await record(service, { environment: 'LOCAL', result: 'FAIL' }))).toEqual(['evidence.recorded']);
    expect(await read(id)).toMatchObject({ status: 'PASSED' });
  });

  it('looks at the evidence of its run, else its service, else its workstream, else its domain', async () => {
    const service = await newService();
    const run = (await hub.change('planMigration', { code: `RUN-${++names}`, title: 'From old to new', service }, 'migrationRun { id code }', operator)).migrationRun;
    const requirements = [{ key: 'smoke', kind: 'SMOKE', environments: ['STAGING'] }];
    const workstream = `TEST-WP-${String(++names).padStart(4, '0')}`;
    const [ofRun, ofService, ofWorkstream, ofDomain] = [
      await newGate(null, requirements, { migrationRun: run.code, phase: 'CUTOVER', workstream }), await newGate(service, requirements, { workstream }),
      await newGate(null, requirements, { workstream, domain: 'stack' }), await newGate(null, requirements, { domain: 'stack' }),
    ];
    const statuses = async () => Promise.all([ofRun, ofService, ofWorkstream, ofDomain].map(async (id) => (await read(id)).status));
    await record(service, { workstream: null });
    expect(await statuses()).toEqual(['PENDING', 'READY', 'PENDING', 'PENDING']);
    expect(types(await record(service, { service: null, workstream }))).toEqual(['evidence.recorded', 'gate.ready']);
    expect(types(await record(service, { service: null, domain: 'stack' }))).toEqual(['evidence.recorded', 'gate.ready']);
    expect(types(await record(service, { service: null, migrationRun: run.code }))).toEqual(['evidence.recorded', 'gate.ready']);
    expect(await statuses()).toEqual(['READY', 'READY', 'READY', 'READY']);
  });
});

describe('decisions', () => {
  it('are refused with every reason at once', async () => {
    const service = await newService();
    const id = await newGate(service);
    expect(await refused('passGate', { id }, author).catch((error: Error) => error.message)).toContain('gates:pass');
    expect(await refused('passGate', { id })).toMatchObject([{ code: 'TRANSITION_REFUSED', from: 'PENDING', unmet: [{ code: 'WRONG_STATE' }] }]);
    expect(await refused('failGate', { id, note: ' ' })).toMatchObject([{ unmet: [{ code: 'REASON_REQUIRED' }] }]);
    expect(await refused('waiveGate', { id, risk: 'no-id', until: clock.now().toISOString() }, steward)).toMatchObject([{ from: 'PENDING', to: 'WAIVED', unmet: [{ code: 'DECISION_REQUIRED' }, { code: 'EXPIRY_REQUIRED' }, { code: 'RISK_REQUIRED' }] }]);
    expect(await refused('waiveGate', { id }, maintainer).catch((error: Error) => error.message)).toContain('gates:waive');
    expect(await refused('passGate', { id, expectedVersion: 7 })).toMatchObject([{ __typename: 'VersionConflict' }]);
    expect(await refused('passGate', { id: '00000000-0000-7000-8000-000000000000' })).toMatchObject([{ code: 'NOT_FOUND' }]);
    expect(await refused('failGate', { id, note: `ghp_${'aB3dE5gH7jK9mN1pQ3rS5tU7vW9xY1zA3bC5'}` })).toMatchObject([{ code: 'INVALID_INPUT', path: ['input', 'note'] }]);
    const { allowedTransitions } = await read(id);
    expect(allowedTransitions).toMatchObject([{ verb: 'settleGate', allowed: false }, { verb: 'failGate', allowed: true }, { verb: 'waiveGate', allowed: false, unmet: [{ code: 'ROLE_REQUIRED' }] }]);
    expect((await read(id, viewer)).allowedTransitions.every((move: { allowed: boolean }) => !move.allowed)).toBe(true);
  });

  it('fail and reopen: what failed stays, whatever the evidence says', async () => {
    const service = await newService();
    const id = await newGate(service);
    await record(service);
    clock.advance(1);
    await record(service, { result: 'FAIL' });
    const failed = await change('failGate', { id });
    expect(failed.gate).toMatchObject({ status: 'FAILED' });
    expect(failed.gate.toldBy.at(-1).evidence, 'the evidence that contradicts').toHaveLength(1);
    clock.advance(1);
    expect(types(await record(service))).toEqual(['evidence.recorded']);
    expect(await read(id)).toMatchObject({ status: 'FAILED', missing: [] });
    expect(await refused('reopenGate', { id })).toMatchObject([{ unmet: [{ code: 'REASON_GIVEN' }] }]);
    expect(types(await change('reopenGate', { id, note: 'the index is back' }))).toEqual(['gate.reopened', 'gate.ready']);
  });

  it('waive until the end, while the risk is open, for the release', async () => {
    const service = await newService();
    const id = await newGate(service);
    const until = () => new Date(clock.now().getTime() + 48 * HOUR).toISOString();
    const waive = async (risk: string) => change('waiveGate', { id, decision: 'D-12', until: until(), risk }, steward);
    const risk = await newRisk();
    const waived = await waive(risk);
    expect(waived.gate).toMatchObject({ status: 'WAIVED', waiver: { decision: 'D-12', risk: { id: risk } }, changesAt: waived.gate.waiver.until });
    clock.advance(48 * HOUR);
    expect(await read(id)).toMatchObject({ status: 'PENDING', waiver: null });
    expect(await refused('waiveGate', { id, decision: 'D-12', until: clock.now().toISOString(), risk }, steward), 'refusals write nothing').toHaveLength(1);
    expect(types(await waive(risk))).toEqual(['gate.expired', 'gate.waived']);
    await hub.change('closeRisk', { id: risk, reason: 'gone' }, 'risk { id }', maintainer);
    expect(await read(id)).toMatchObject({ status: 'PENDING' });
    await sweeps.run('expire-gates');
    expect((await read(id)).toldBy.at(-1)).toMatchObject({ from: 'WAIVED', to: 'PENDING', note: 'The risk that the waiver names is closed.' });
    expect(await refused('waiveGate', { id, decision: 'D-12', until: until(), risk }, steward)).toMatchObject([{ unmet: [{ code: 'RISK_REQUIRED' }] }]);
    await deploy(service, A);
    await waive(await newRisk());
    expect(types(await deploy(service, B))).toEqual(['deployment.recorded', 'gate.expired']);
  });

  it('end when the gate asks for something else', async () => {
    const service = await newService();
    const id = await newGate(service);
    await record(service);
    await change('passGate', { id });
    expect(types(await change('updateGate', { id, title: 'Another title', owner: 'ines' }))).toEqual(['gate.updated']);
    expect(await read(id)).toMatchObject({ status: 'PASSED' });
    expect(types(await change('updateGate', { id, requirements: [{ key: 'smoke', kind: 'SMOKE', environments: ['STAGING'], minimum: 2 }] }))).toEqual(['gate.updated', 'gate.expired']);
    expect((await read(id)).toldBy.at(-1)).toMatchObject({ note: 'It asks for something else now.' });
    expect(types(await change('updateGate', { id, title: 'Another title' })), 'nothing to change').toEqual([]);
  });

  it('are tried by dry runs and repeated safely', async () => {
    const service = await newService();
    const id = await newGate(service);
    await record(service);
    const tried = await change('passGate', { id, dryRun: true });
    expect(tried).toMatchObject({ errors: [], events: [], gate: { status: 'PASSED' } });
    expect(await read(id)).toMatchObject({ status: 'READY', version: 2 });
    const [first, again] = [await change('passGate', { id, idempotencyKey: `key-${id}` }), await change('passGate', { id, idempotencyKey: `key-${id}` })];
    expect(again.events).toEqual(first.events);
    expect(await read(id)).toMatchObject({ status: 'PASSED', version: 3 });
  });
});

describe('at the same time', () => {
  it('one of two who pass wins', async () => {
    const service = await newService();
    const id = await newGate(service);
    await record(service);
    const answers = await Promise.all([1, 2, 3, 4].map((n) => change('passGate', { id, note: String(n) }, as('operator', `operator-${n}`))));
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
    expect(answers.flatMap(({ errors }) => errors.map(({ code }) => code))).toEqual(['TRANSITION_REFUSED', 'TRANSITION_REFUSED', 'TRANSITION_REFUSED']);
    expect((await read(id)).toldBy.filter(({ verb }: { verb: string }) => verb === 'passGate')).toHaveLength(1);
  });

  it('evidence that contradicts comes before a pass or makes it fall, and is never lost between', async () => {
    for (let round = 0; round < 8; round++) {
      const service = await newService();
      const id = await newGate(service);
      await record(service);
      clock.advance(1);
      const [passed, recorded] = await Promise.all([change('passGate', { id }), record(service, { result: 'FAIL' })]);
      expect(await read(id)).toMatchObject({ status: 'PENDING' });
      const told = (await read(id)).toldBy.map(({ to }: { to: string }) => to);
      if (passed.errors.length === 0) expect(told).toEqual(['PENDING', 'READY', 'PASSED', 'PENDING']);
      else expect(told).toEqual(['PENDING', 'READY', 'PENDING']);
      expect(types(recorded)).toEqual(['evidence.recorded', 'gate.expired']);
    }
  });

  it('two halves of the evidence make it READY, told once', async () => {
    const service = await newService();
    const id = await newGate(service, ['SMOKE', 'PROBE', 'BACKUP_RESTORE', 'IMPORT'].map((kind) => ({ key: kind, kind, environments: ['STAGING'] })));
    const answers = await Promise.all(['SMOKE', 'PROBE', 'BACKUP_RESTORE', 'IMPORT'].map((kind) => record(service, { kind })));
    expect(answers.flatMap(types).filter((type) => type === 'gate.ready')).toHaveLength(1);
    expect(await read(id)).toMatchObject({ status: 'READY', version: 2 });
  });
});

describe('defining', () => {
  it('is refused with every reason at once', async () => {
    const service = await newService();
    const id = await newGate(service);
    const { code } = await read(id);
    const requirements = [
      { key: 'a b', kind: 'SMOKE', environments: [] }, { key: 'x', kind: 'SMOKE', environments: ['LOCAL'], freshnessHours: 0, minimum: 0 }, { key: 'x', kind: 'SMOKE', environments: ['STAGING', 'STAGING'], sameRelease: true },
    ];
    const errors = await refused('defineGate', { code: 'no code', title: ' ', domain: 'No Slug', phase: 'CUTOVER', releaseDigest: '2.14', workstream: 'x', requirements });
    expect(errors.map((error: { path: string[] }) => error.path.slice(1).join('.'))).toEqual(['code', 'title', 'domain', 'workstream', 'phase', 'releaseDigest', 'requirements.0.key', 'requirements.0.environments', 'requirements.1.environments', 'requirements.1.freshnessHours', 'requirements.1.minimum', 'requirements.2.key', 'requirements.2.environments']);
    const fine = [{ key: 'smoke', kind: 'SMOKE', environments: ['STAGING'] }];
    expect(await refused('defineGate', { code: 'X', title: 'X', domain: 'infotech', requirements: [{ ...fine[0], sameRelease: true }] })).toMatchObject([{ path: ['input', 'requirements', '0', 'sameRelease'] }]);
    expect(await refused('defineGate', { code: 'X', title: 'X', domain: 'infotech', requirements: [] })).toMatchObject([{ path: ['input', 'requirements'] }]);
    expect(await refused('defineGate', { code: 'X', title: 'X', requirements: fine })).toMatchObject([{ path: ['input', 'domain'] }]);
    expect(await refused('defineGate', { code: 'X', title: 'X', service: 'nobody', requirements: fine })).toMatchObject([{ code: 'NOT_FOUND' }]);
    expect(await refused('defineGate', { code: 'X', title: 'X', domain: 'infotech', migrationRun: 'nothing', phase: 'CUTOVER', requirements: fine })).toMatchObject([{ code: 'NOT_FOUND' }]);
    expect(await refused('defineGate', { code, title: 'X', service, requirements: fine })).toMatchObject([{ code: 'DUPLICATE' }]);
  });

  it('counts evidence that is there already', async () => {
    const service = await newService();
    await record(service);
    const answer = await change('defineGate', { code: `GATE-${++names}`, title: 'Fit', service, requirements: [{ key: 'smoke', kind: 'SMOKE', environments: ['STAGING'] }] });
    expect(types(answer)).toEqual(['gate.defined', 'gate.ready']);
    expect(answer.gate).toMatchObject({ status: 'READY' });
  });
});
