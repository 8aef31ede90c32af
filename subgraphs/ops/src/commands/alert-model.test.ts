import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { ALERT_SEVERITIES, type AlertSeverity } from '../model.ts';
import { definition } from '../subgraph.ts';
import { sweepsOf, type Sweeps } from './sweeps.fixture.ts';

let hub: TestHub;
let sweeps: Sweeps;
const clock = heldClock('2026-03-02T10:00:00Z');
const [author, operator] = [as('author'), as('operator')];
const MINUTE = 60_000;
beforeAll(async () => {
  hub = await startTestHub(definition, { clock });
  sweeps = sweepsOf(hub, clock);
});
afterAll(async () => {
  await sweeps[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

/** What an alert is, told anew in the plainest way. */
interface Model {
  status: 'RAISED' | 'ACKNOWLEDGED' | 'RESOLVED';
  severity: AlertSeverity;
  count: number;
  until: number | null;
}
type Step =
  | { readonly do: 'raise'; readonly key: number; readonly severity: AlertSeverity }
  | { readonly do: 'acknowledge'; readonly key: number; readonly minutes: number }
  | { readonly do: 'return' | 'resolve'; readonly key: number }
  | { readonly do: 'wait'; readonly minutes: number }
  | { readonly do: 'sweep' };

const key = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('raise' as const), key, severity: fc.constantFrom(...ALERT_SEVERITIES) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('acknowledge' as const), key, minutes: fc.integer({ min: 1, max: 30 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('return' as const, 'resolve' as const), key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 20 }) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'sweep' as const }) },
);

let runs = 0;
it('does what a model of plain words does, whatever is raised, taken, given back, resolved and waited for', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
    const run = ++runs;
    const model = new Map<number, Model[]>();
    const told: string[] = [];
    const open = (of: number) => model.get(of)?.findLast((alert) => alert.status !== 'RESOLVED');
    const lapse = (alert: Model) => {
      if (alert.status !== 'ACKNOWLEDGED' || alert.until! > clock.now().getTime()) return;
      Object.assign(alert, { status: 'RAISED', until: null });
      told.push('returned');
    };
    for (const one of steps) {
      if (one.do === 'wait') {
        clock.advance(one.minutes * MINUTE);
        continue;
      }
      if (one.do === 'sweep') {
        for (const alerts of model.values()) alerts.forEach(lapse);
        await sweeps.run('lapse-alerts');
        continue;
      }
      const dedupKey = `run-${run}-${one.key}`;
      const alert = open(one.key);
      if (one.do === 'raise') {
        const answer = await hub.change('raiseAlert', { dedupKey, severity: one.severity, title: 'x', domain: 'infotech' }, 'alert { id }', author);
        expect(answer.errors).toEqual([]);
        if (alert === undefined) {
          model.set(one.key, [...(model.get(one.key) ?? []), { status: 'RAISED', severity: one.severity, count: 1, until: null }]);
          told.push('raised');
        } else {
          lapse(alert);
          const rises = ALERT_SEVERITIES.indexOf(one.severity) > ALERT_SEVERITIES.indexOf(alert.severity);
          if (rises || alert.status === 'RAISED') told.push('repeated');
          Object.assign(alert, { count: alert.count + 1, severity: rises ? one.severity : alert.severity });
        }
        continue;
      }
      const verb = `${one.do}Alert`;
      const until = one.do === 'acknowledge' ? clock.now().getTime() + one.minutes * MINUTE : null;
      const answer = await hub.change(verb, { dedupKey, ...(until !== null && { until: new Date(until) }), ...(one.do === 'resolve' && { note: 'x' }) }, 'alert { id }', operator);
      if (alert === undefined) {
        expect(answer.errors).toMatchObject([{ __typename: 'NotFound' }]);
        continue;
      }
      const lapses = alert.status === 'ACKNOWLEDGED' && alert.until! <= clock.now().getTime();
      const status = lapses ? 'RAISED' : alert.status;
      const may = one.do === 'resolve' || (one.do === 'acknowledge') === (status === 'RAISED');
      expect(answer.errors.map((error) => error.code), `${verb} of ${status}`).toEqual(may ? [] : ['TRANSITION_REFUSED']);
      if (!may) continue;
      lapse(alert);
      if (one.do === 'resolve') Object.assign(alert, { status: 'RESOLVED', until: null });
      else Object.assign(alert, one.do === 'acknowledge' ? { status: 'ACKNOWLEDGED', until } : { status: 'RAISED', until: null });
      told.push({ resolve: 'resolved', acknowledge: 'acknowledged', return: 'returned' }[one.do]);
    }
    const now = clock.now().getTime();
    for (const [of, expected] of model) {
      const { alerts } = await hub.ask('query ($key: String!) { alerts(filter: { dedupKey: $key }, orderBy: CREATED, first: 200) { nodes { id status severity count previous { id } } } }', { key: `run-${run}-${of}` });
      // Those of one moment are in no order, so they are put in that of their links.
      const byPrevious = new Map<string | null, any>(alerts.nodes.map((node: any) => [node.previous?.id ?? null, node]));
      const chain: any[] = [];
      for (let next = byPrevious.get(null); next !== undefined; next = byPrevious.get(next.id)) chain.push(next);
      expect(chain).toHaveLength(alerts.nodes.length);
      expect(chain.map(({ status, severity, count }) => ({ status, severity, count }))).toEqual(expected.map(({ status, severity, count, until }) => ({ status: status === 'ACKNOWLEDGED' && until! <= now ? 'RAISED' : status, severity, count })));
    }
    const events = await hub.database.sql.query<{ verb: string }>(`SELECT replace("type", 'org.opshub.alert.', '') AS "verb" FROM "outbox" WHERE "event"->'data'->>'dedupKey' LIKE $1`, [`run-${run}-%`]);
    expect(events.map(({ verb }) => verb).sort()).toEqual(told.sort());
    // What this run left acknowledged may not lapse into the next one's count.
    await hub.database.sql.query(`UPDATE "Alert" SET "status" = 'RESOLVED' WHERE "status" <> 'RESOLVED'`);
  }), { numRuns: 40 });
}, 180_000);
