import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { definition } from '../subgraph.ts';

let hub: TestHub;
const clock = heldClock('2026-05-01T00:00:00Z');
const DAY = 86_400_000;
const [author, operator, maintainer, steward] = [as('author'), as('operator'), as('maintainer'), as('steward')];
const FIELDS = 'migrationRun { id code status version countsIn countsStored cutoverDecision legacyFallback soakUntil rollbackRehearsedAt reason gates { nodes { code status phase } } history { verb from to note evidence } allowedTransitions { verb to allowed unmet { code refs } } }';
let names = 0;

beforeAll(async () => {
  hub = await startTestHub(definition, { clock });
  await hub.change('registerService', { slug: 'core-hub', name: 'Core hub', domain: 'infotech', owner: 'jonas', tier: 'TIER_1' }, 'service { slug }', maintainer);
});
afterAll(() => hub[Symbol.asyncDispose]());

const plan = async () => (await hub.change('planMigration', { code: `RUN-${++names}`, title: 'From old to new', service: 'core-hub' }, FIELDS, operator)).migrationRun;
const record = (migrationRun: string, kind: string, environment: string, result = 'PASS') =>
  hub.change('recordEvidence', { evidence: [{ kind, environment, migrationRun, result, observedAt: clock.now().toISOString(), source: 'ci', sourceKey: `run-${++names}` }] }, 'batch { recorded }', author);
const move = (verb: string, input: object, identity = operator) => hub.change(verb, input, FIELDS, identity);
const read = async (code: string) => (await hub.ask(`query ($code: String) { migrationRun(code: $code) { ${FIELDS.slice(14, -1)} } }`, { code }, steward)).migrationRun;
const unmet = async (verb: string, input: object, identity = operator): Promise<string[]> => {
  const { errors } = (await hub.ask(`mutation ($input: ${verb[0]!.toUpperCase()}${verb.slice(1)}Input!) { ${verb}(input: $input) { errors { code message path ... on TransitionRefused { unmet { code } } } } }`, { input }, identity))[verb];
  return errors.flatMap((error: { code: string; unmet?: { code: string }[] }) => error.unmet?.map((rule) => rule.code) ?? [error.code]);
};
async function newGate(migrationRun: string, phase: string) {
  const answer = await hub.change('defineGate', { code: `GATE-${++names}`, title: 'Fit', migrationRun, phase, requirements: [{ key: 'dual', kind: 'DUAL_RUN', environments: ['PRODUCTION'], freshnessHours: 48 }] }, 'gate { id code }', maintainer);
  expect(answer.errors).toEqual([]);
  return answer.gate as { id: string; code: string };
}
const types = (answer: { events: readonly { type: string }[] }) => answer.events.map((event) => event.type.replace('org.opshub.', ''));

describe('a migration run', () => {
  it('goes from planned to retired by evidence and gates, never by LOCAL evidence', async () => {
    const { id, code } = await plan();
    const [cutover, retirement] = [await newGate(code, 'CUTOVER'), await newGate(id, 'RETIREMENT')];

    await record(code, 'BUNDLE_VALIDATION', 'LOCAL');
    expect(await unmet('validateMigration', { id })).toEqual(['BUNDLE_INVALID']);
    await record(code, 'BUNDLE_VALIDATION', 'STAGING');
    expect(types(await move('validateMigration', { id }))).toEqual(['migration.validated']);

    await record(code, 'IMPORT', 'PRODUCTION');
    expect(await unmet('importMigration', { id, countsIn: 4, countsStored: 3 })).toEqual(['COUNTS_DIFFER', 'STAGING_FIRST']);
    await record(code, 'IMPORT', 'STAGING');
    expect((await move('importMigration', { id, countsIn: 4, countsStored: 4 })).migrationRun).toMatchObject({ status: 'IMPORTED', countsIn: 4, countsStored: 4 });

    expect(await unmet('startDualRun', { id })).toEqual(['DUAL_RUN_MISSING']);
    await record(code, 'DUAL_RUN', 'LOCAL');
    expect(await unmet('startDualRun', { id })).toEqual(['DUAL_RUN_MISSING']);
    await record(code, 'DUAL_RUN', 'PRODUCTION');
    await move('startDualRun', { id });

    expect(await unmet('cutOverMigration', { id }, maintainer)).toEqual(['GATES_OPEN', 'DECISION_REQUIRED', 'FALLBACK_REQUIRED']);
    expect((await read(code)).allowedTransitions).toMatchObject([{ verb: 'cutOverMigration', allowed: false, unmet: [{ code: 'GATES_OPEN', refs: [cutover.code] }] }, { verb: 'rollBackMigration', allowed: false }]);
    await hub.change('passGate', { id: cutover.id }, 'gate { id }', maintainer);
    const over = await move('cutOverMigration', { id, decision: 'D-7', legacyFallback: true }, steward);
    expect(over.migrationRun).toMatchObject({ status: 'CUT_OVER', cutoverDecision: 'D-7', legacyFallback: true, soakUntil: new Date(clock.now().getTime() + 14 * DAY).toISOString(), gates: { nodes: [{ phase: 'CUTOVER', status: 'PASSED' }, { phase: 'RETIREMENT', status: 'READY' }] } });

    clock.advance(14 * DAY - 1);
    expect(await unmet('retireMigration', { id }, steward)).toEqual(['GATES_OPEN', 'SOAK_TIME']);
    clock.advance(1);
    await record(code, 'DUAL_RUN', 'LOCAL');
    expect(await unmet('retireMigration', { id }, steward)).toEqual(['GATES_OPEN']);
    await record(code, 'DUAL_RUN', 'PRODUCTION');
    await hub.change('passGate', { id: retirement.id }, 'gate { id }', maintainer);
    const retired = await move('retireMigration', { id }, steward);
    expect(retired.migrationRun).toMatchObject({ status: 'RETIRED', allowedTransitions: [] });
    expect(retired.migrationRun.history.map((line: { to: string }) => line.to)).toEqual(['PLANNED', 'VALIDATED', 'IMPORTED', 'DUAL_RUNNING', 'CUT_OVER', 'RETIRED']);
    expect(retired.migrationRun.history[1].evidence, 'the validation').toHaveLength(1);
  });

  it('goes back only when the way back was rehearsed, with a reason', async () => {
    const { id, code } = await plan();
    for (const [kind, verb, input] of [['BUNDLE_VALIDATION', 'validateMigration', {}], ['IMPORT', 'importMigration', { countsIn: 1, countsStored: 1 }]] as const) {
      await record(code, kind, 'STAGING');
      await move(verb, { id, ...input });
    }
    expect(await unmet('rollBackMigration', { id })).toEqual(['REASON_REQUIRED', 'ROLLBACK_NOT_REHEARSED']);
    await record(code, 'ROLLBACK_REHEARSAL', 'STAGING');
    clock.advance(1);
    await record(code, 'ROLLBACK_REHEARSAL', 'PRODUCTION', 'FAIL');
    expect(await unmet('rollBackMigration', { id, reason: 'slow' })).toEqual(['ROLLBACK_NOT_REHEARSED']);
    clock.advance(1);
    await record(code, 'ROLLBACK_REHEARSAL', 'STAGING');
    const back = await move('rollBackMigration', { id, reason: 'slow' });
    expect(types(back)).toEqual(['migration.rolled_back']);
    expect(back.migrationRun).toMatchObject({ status: 'ROLLED_BACK', reason: 'slow', rollbackRehearsedAt: clock.now().toISOString() });
    expect(await unmet('validateMigration', { id })).toEqual(['WRONG_STATE']);
  });

  it('is refused with every reason, tried by dry runs, and moved by one of two', async () => {
    const { id, code, version } = await plan();
    await record(code, 'BUNDLE_VALIDATION', 'STAGING');
    expect(await unmet('validateMigration', { id }, author)).toEqual(['ROLE_REQUIRED']);
    expect(await unmet('planMigration', { code, title: 'Again', domain: 'infotech' })).toEqual(['DUPLICATE']);
    expect(await unmet('planMigration', { code: 'a b', title: '', domain: 'X', workstream: 'x', bundleDigest: 'y' })).toHaveLength(5);
    expect(await unmet('importMigration', { id, countsIn: -1, countsStored: -1 })).toEqual(['INVALID_INPUT', 'INVALID_INPUT']);
    expect(await unmet('cutOverMigration', { id, soakUntil: clock.now().toISOString() }, maintainer)).toEqual(['INVALID_INPUT']);
    expect((await move('validateMigration', { id, dryRun: true })).migrationRun).toMatchObject({ status: 'VALIDATED', version: 2 });
    expect(await read(code)).toMatchObject({ status: 'PLANNED', version });
    const answers = await Promise.all([1, 2, 3].map(() => move('validateMigration', { id })));
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
    expect(await unmet('importMigration', { id, expectedVersion: 1 })).toEqual(['VERSION_CONFLICT']);
  });

  it('is read with its gates in the same number of statements, however many there are', async () => {
    const count = async (first: number) => {
      hub.counted();
      await hub.ask(`{ migrationRuns(first: ${first}) { nodes { code rollbackRehearsedAt gates { nodes { code status requirements { met } } totalCount } allowedTransitions { verb allowed } service { slug } } totalCount } }`);
      return hub.counted().length;
    };
    await plan();
    expect(await count(3)).toBe(await count(1));
  });
});
