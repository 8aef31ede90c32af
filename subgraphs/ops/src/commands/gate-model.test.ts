import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { RELEASES } from '../gate/random.fixture.ts';
import { definition } from '../subgraph.ts';
import { sweepsOf, type Sweeps } from './sweeps.fixture.ts';

// The same life of a gate twice: in one hub the sweep runs after every step, in the other never. Nobody who asks can tell.

const clock = heldClock('2026-05-01T00:00:00Z');
const [author, operator, steward] = [as('author'), as('operator'), as('steward')];
const HOUR = 3_600_000;
let hubs: readonly [TestHub, TestHub];
let sweeps: Sweeps;

beforeAll(async () => {
  hubs = [await startTestHub(definition, { clock }), await startTestHub(definition, { clock })];
  sweeps = sweepsOf(hubs[0], clock);
});
afterAll(async () => {
  await sweeps[Symbol.asyncDispose]();
  for (const hub of hubs) await hub[Symbol.asyncDispose]();
});

type Step = { readonly do: 'record'; readonly environment: string; readonly result: string; readonly release: string } | { readonly do: 'deploy'; readonly release: string } | { readonly do: 'wait'; readonly hours: number } | { readonly do: 'pass' | 'fail' | 'reopen' | 'waive' };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('record' as const), environment: fc.constantFrom('LOCAL', 'STAGING', 'STAGING', 'STAGING'), result: fc.constantFrom('PASS', 'PASS', 'PASS', 'FAIL'), release: fc.constantFrom(...RELEASES) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('deploy' as const), release: fc.constantFrom(...RELEASES) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.constantFrom(0.5, 1, 2) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('pass' as const, 'pass' as const, 'fail' as const, 'reopen' as const, 'waive' as const) }) },
);
/** A life that comes through every status, so that chance cannot leave one out. */
const EVERYWHERE: Step[] = [{ do: 'record', environment: 'STAGING', result: 'PASS', release: RELEASES[0]! }, { do: 'pass' }, { do: 'wait', hours: 2 }, { do: 'wait', hours: 2 }, { do: 'fail' }, { do: 'waive' }];
let names = 0;

it('stands where it stands without any job, and what was told agrees once one ran', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 16 }), async (steps) => {
      const service = `service-${++names}`;
      const gates = await Promise.all(hubs.map((hub) => begin(hub, service)));
      for (const [index, one] of [{ do: 'deploy', release: RELEASES[0]! } as const, ...steps].entries()) {
        clock.advance(1);
        if (one.do === 'wait') clock.advance(one.hours * HOUR);
        await sweeps.run('expire-gates');
        const outcomes = await Promise.all(hubs.map((hub, which) => make(hub, service, gates[which]!, one, index)));
        expect(outcomes[1], JSON.stringify(one)).toEqual(outcomes[0]);
        await sweeps.run('expire-gates');
        const [swept, unswept] = await Promise.all(hubs.map((hub, which) => read(hub, gates[which]!)));
        seen.add(swept!.status);
        expect(unswept, JSON.stringify(one)).toMatchObject({ status: swept!.status, missing: swept!.missing.map(() => expect.any(String)), decidedBy: swept!.decidedBy });
        expect(swept!.history.at(-1)?.to, 'what was told is what holds').toBe(swept!.status);
      }
    }),
    { numRuns: 12, examples: [[EVERYWHERE]] },
  );
  expect(seen.size).toBe(5);
}, 120_000);

async function begin(hub: TestHub, service: string): Promise<{ id: string; risk: string }> {
  await hub.change('registerService', { slug: service, name: service, domain: 'infotech', owner: 'jonas', tier: 'TIER_1' }, 'service { slug }', operator);
  const requirements = [{ key: 'smoke', kind: 'SMOKE', environments: ['STAGING'], freshnessHours: 3, sameRelease: true }];
  const { gate } = await hub.change('defineGate', { code: `GATE-${service}`, title: 'Fit', service, requirements }, 'gate { id }', operator);
  const { risk } = await hub.change('surfaceRisk', { title: 'It may fail', likelihood: 1, impact: 1, service }, 'risk { id }', operator);
  return { id: gate.id, risk: risk.id };
}

/** The refusals of a step, which do not depend on jobs either. */
async function make(hub: TestHub, service: string, { id, risk }: { id: string; risk: string }, one: Step, index: number): Promise<string[]> {
  const now = clock.now();
  const codes = async (verb: string, input: object, fields: string, identity = operator) => (await hub.change(verb, input, fields, identity)).errors.map(({ message }) => message.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/gu, 'id'));
  switch (one.do) {
    case 'record':
      return codes('recordEvidence', { evidence: [{ kind: 'SMOKE', environment: one.environment, service, releaseDigest: one.release, result: one.result, observedAt: now.toISOString(), source: service, sourceKey: `step-${index}` }] }, 'batch { recorded }', author);
    case 'deploy':
      return codes('recordDeployment', { service, environment: 'PRODUCTION', releaseDigest: one.release, result: 'SUCCEEDED', startedAt: now.toISOString() }, 'deployment { id }');
    case 'wait':
      return [];
    case 'waive':
      return codes('waiveGate', { id, decision: 'D-1', until: new Date(now.getTime() + 2 * HOUR).toISOString(), risk }, 'gate { id }', steward);
    default:
      return codes(`${one.do}Gate`, { id, note: 'because' }, 'gate { id }');
  }
}

async function read(hub: TestHub, { id }: { id: string }): Promise<{ status: string; missing: string[]; decidedBy: string | null; history: { to: string }[] }> {
  return (await hub.ask('query ($id: ID!) { gate(id: $id) { status missing decidedBy history { to } } }', { id })).gate;
}
