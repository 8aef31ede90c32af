import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { fits, valueOf } from '../alert/matchers.ts';
import type { Alert, Matcher } from '../model.ts';
import { definition } from '../subgraph.ts';
import { sweepsOf, type Sweeps } from './sweeps.fixture.ts';

let hub: TestHub;
let sweeps: Sweeps;
const clock = heldClock('2026-03-02T10:00:00Z');
const [author, operator, steward, viewer] = [as('author'), as('operator'), as('steward'), as('viewer')];
const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const later = (milliseconds: number) => new Date(clock.now().getTime() + milliseconds);
const matcher = (name: string, operator: Matcher['operator'], value: string): Matcher => ({ name, operator, value });

beforeAll(async () => {
  hub = await startTestHub(definition, { clock });
  sweeps = sweepsOf(hub, clock);
  await hub.change('registerService', { slug: 'core-hub', name: 'Core hub', domain: 'infotech', repo: 'core-hub', owner: 'jonas', tier: 'TIER_1' }, 'service { slug }', as('maintainer'));
});
afterAll(async () => {
  await sweeps[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await hub.database.sql.query('TRUNCATE "Silence", "InhibitionRule", "AlertEntry", "Alert"');
});

let keys = 0;
const raise = async (more: object = {}) => (await hub.change('raiseAlert', { dedupKey: `key-${++keys}`, severity: 'ERROR', title: 'x', service: 'core-hub', ...more }, 'alert { id dedupKey }', author)).alert as { id: string; dedupKey: string };
const labels = (of: Record<string, string>) => Object.entries(of).map(([name, value]) => ({ name, value }));
const silence = (more: object = {}, identity = operator) => hub.change('silenceAlerts', { matchers: [matcher('service', 'EQUAL', 'core-hub')], endsAt: later(30 * MINUTE), comment: 'Planned work.', ...more }, 'silence { id state version startsAt endsAt endedBy createdBy matchers { name operator value } alerts { totalCount nodes { id } } }', identity);
const inhibit = (more: object = {}, identity = operator) => hub.change('addInhibitionRule', { name: `rule-${++keys}`, source: [matcher('severity', 'EQUAL', 'CRITICAL')], target: [matcher('severity', 'EQUAL', 'ERROR')], ...more }, 'rule { id name equal version }', identity);
const SUPPRESSED = 'id suppressed { by silence { id } rule { name } alert { id } }';
const suppressed = async (id: string) => (await hub.ask(`query ($id: ID!) { alert(id: $id) { ${SUPPRESSED} } }`, { id })).alert.suppressed;
const listed = async (is: boolean) => {
  const { alerts } = await hub.ask('query ($is: Boolean!) { alerts(filter: { suppressed: $is }, first: 200) { totalCount nodes { id } } }', { is });
  expect(alerts.totalCount).toBe(alerts.nodes.length);
  return new Set(alerts.nodes.map((node: any) => node.id));
};
const paths = (answer: { errors: readonly { path: readonly string[] }[] }) => answer.errors.map((error) => error.path.slice(1).join('.'));

describe('a silence', () => {
  it('holds from its start to its end, by the moment', async () => {
    const { id } = await raise();
    const { silence: made } = await silence({ startsAt: later(10 * MINUTE), endsAt: later(20 * MINUTE) });
    expect(made).toMatchObject({ state: 'PENDING', createdBy: 'operator', version: 1, alerts: { totalCount: 1, nodes: [{ id }] } });
    const state = async () => [(await hub.ask('query ($id: ID!) { silence(id: $id) { state } }', { id: made.id })).silence.state, (await suppressed(id))?.silence.id ?? null, (await listed(true)).has(id), (await listed(false)).has(id)];
    expect(await state()).toEqual(['PENDING', null, false, true]);
    clock.advance(10 * MINUTE - 1);
    expect(await state()).toEqual(['PENDING', null, false, true]);
    clock.advance(1);
    expect(await state()).toEqual(['ACTIVE', made.id, true, false]);
    clock.advance(10 * MINUTE - 1);
    expect(await state()).toEqual(['ACTIVE', made.id, true, false]);
    clock.advance(1);
    expect(await state()).toEqual(['EXPIRED', null, false, true]);
  });

  it('changes nothing of the alert, which is raised, counted and told as suppressed', async () => {
    await silence();
    const first = await hub.change('raiseAlert', { dedupKey: 'quiet', severity: 'ERROR', title: 'x', service: 'core-hub' }, 'alert { id status }', author);
    expect(first).toMatchObject({ alert: { status: 'RAISED' }, events: [{ type: 'org.opshub.alert.raised' }] });
    const over = await hub.change('resolveAlert', { id: first.alert.id, note: 'x' }, `alert { ${SUPPRESSED} }`, operator);
    expect(over.alert.suppressed).toBeNull();
    const told = await hub.database.sql.query<{ suppressed: boolean }>(`SELECT ("event"->'data'->'suppressed')::boolean AS "suppressed" FROM "outbox" WHERE "aggregate" = $1 ORDER BY "id"`, [`alert/${first.alert.id}`]);
    expect(told).toEqual([{ suppressed: true }, { suppressed: true }]);
  });

  it('is ended before its time, also before it begins, once', async () => {
    const { id } = await raise();
    const { silence: active } = await silence();
    clock.advance(MINUTE);
    const ended = await hub.change('endSilence', { id: active.id, expectedVersion: 1 }, 'silence { state version endedBy endsAt }', operator);
    expect(ended.silence).toEqual({ state: 'EXPIRED', version: 2, endedBy: 'operator', endsAt: clock.now().toISOString() });
    expect(await suppressed(id)).toBeNull();
    clock.advance(MINUTE);
    expect((await hub.change('endSilence', { id: active.id }, 'silence { version }', steward)).silence.version).toBe(2);
    expect((await hub.change('endSilence', { id: active.id, expectedVersion: 1 }, 'silence { version }', operator)).errors).toMatchObject([{ __typename: 'VersionConflict' }]);
    const { silence: pending } = await silence({ startsAt: later(MINUTE) });
    expect((await hub.change('endSilence', { id: pending.id }, 'silence { state }', operator)).silence.state).toBe('EXPIRED');
    for (const none of ['x', '018f0000-0000-7000-8000-000000000000']) expect((await hub.change('endSilence', { id: none }, 'silence { state }', operator)).errors).toMatchObject([{ __typename: 'NotFound' }]);
  });

  it('lasts at most 30 days, of a steward a year', async () => {
    expect(paths(await silence({ endsAt: later(30 * DAY + 1) }))).toEqual(['endsAt']);
    expect((await silence({ endsAt: later(30 * DAY) })).errors).toEqual([]);
    expect((await silence({ endsAt: later(31 * DAY) }, steward)).errors).toEqual([]);
    expect(paths(await silence({ endsAt: later(367 * DAY) }, steward))).toEqual(['endsAt']);
    expect(paths(await silence({ startsAt: later(-1), endsAt: later(-2), comment: ' ', matchers: [] }))).toEqual(['matchers', 'startsAt', 'endsAt', 'comment']);
    expect(paths(await silence({ matchers: [matcher('a', 'MATCHES', '('), matcher('b', 'EQUAL', 'x'), matcher(' ', 'EQUAL', 'x')] }))).toEqual(['matchers.0', 'matchers.2']);
    expect(paths(await silence({ comment: `ghp_${'aB3dE5fG7h'.repeat(4).slice(0, 36)}` }))).toEqual(['comment']);
    await expect(silence({}, viewer)).rejects.toThrow('ops:write');
    expect((await silence({ dryRun: true })).silence.state).toBe('ACTIVE');
    expect((await hub.ask('{ silences { totalCount } }')).silences.totalCount).toBe(2);
  });

  it('is listed by its state', async () => {
    await silence();
    await silence({ startsAt: later(DAY), endsAt: later(2 * DAY) });
    const { silence: { id } } = await silence();
    await hub.change('endSilence', { id }, 'silence { id }', operator);
    const count = async (state: string) => (await hub.ask(`{ silences${state} { totalCount nodes { state } } }`)).silences.nodes.map((node: any) => node.state);
    expect([await count(''), await count('(state: PENDING)'), await count('(state: ACTIVE)'), await count('(state: EXPIRED)')]).toEqual([['PENDING', 'ACTIVE', 'EXPIRED'], ['PENDING'], ['ACTIVE'], ['EXPIRED']]);
  });

  it('is one of at most 200 that have not ended', async () => {
    await hub.database.sql.query(`INSERT INTO "Silence" SELECT gen_random_uuid(), '[]', $1, $2, 'x', 'x', $1, NULL, 1 FROM generate_series(1, 199)`, [later(0), later(DAY)]);
    const answers = await Promise.all([silence(), silence(), silence()]);
    expect(answers.filter((answer) => answer.errors.length === 0)).toHaveLength(1);
  });
});

describe('an inhibition', () => {
  it('holds while the source is open, for targets that are the same where they must', async () => {
    const { rule } = await inhibit({ name: 'worse', equal: ['service', 'cluster'], comment: 'One is enough.' });
    const target = await raise({ labels: labels({ cluster: 'a' }) });
    const other = await raise({ labels: labels({ cluster: 'b' }) });
    expect(await suppressed(target.id)).toBeNull();
    const source = await raise({ severity: 'CRITICAL', labels: labels({ cluster: 'a' }) });
    expect(await suppressed(target.id)).toMatchObject({ by: 'INHIBITION', rule: { name: rule.name }, alert: { id: source.id }, silence: null });
    expect([await suppressed(other.id), await suppressed(source.id)]).toEqual([null, null]);
    expect(await listed(true)).toEqual(new Set([target.id]));
    await hub.change('resolveAlert', { id: source.id, note: 'x' }, 'alert { id }', operator);
    expect(await suppressed(target.id)).toBeNull();
  });
  it('does not hold an alert back by itself or its like', async () => {
    await inhibit({ source: [matcher('service', 'EQUAL', 'core-hub')], target: [matcher('service', 'MATCHES', 'core.*')] });
    const both = [await raise(), await raise()];
    expect(await listed(true)).toEqual(new Set());
    for (const { id } of both) expect(await suppressed(id)).toBeNull();
  });
  it('holds where both miss what must be the same', async () => {
    await inhibit({ equal: ['cluster', 'workstream'] });
    const target = await raise();
    await raise({ severity: 'CRITICAL', service: 'other' });
    expect(await suppressed(target.id)).toMatchObject({ by: 'INHIBITION' });
  });
  it('gives way to a silence as the reason', async () => {
    await inhibit();
    const target = await raise();
    await raise({ severity: 'CRITICAL' });
    const { silence: made } = await silence({ matchers: [matcher('severity', 'EQUAL', 'ERROR')] });
    expect(await suppressed(target.id)).toEqual({ by: 'SILENCE', silence: { id: made.id }, rule: null, alert: null });
  });
  it('is added once under a name and removed', async () => {
    const { rule } = await inhibit({ name: 'once', equal: ['a', 'a'] });
    expect(rule.equal).toEqual(['a']);
    expect((await inhibit({ name: 'once' })).errors).toMatchObject([{ __typename: 'Duplicate' }]);
    expect(paths(await inhibit({ name: '', source: [], target: [matcher('a', 'MATCHES', '(')], equal: ['1'] }))).toEqual(['name', 'source', 'target.0', 'equal.0']);
    await raise({ severity: 'CRITICAL' });
    const target = await raise();
    expect(await suppressed(target.id)).not.toBeNull();
    expect((await hub.change('removeInhibitionRule', { id: rule.id, expectedVersion: 2 }, 'rule { id }', operator)).errors).toMatchObject([{ __typename: 'VersionConflict' }]);
    expect((await hub.change('removeInhibitionRule', { id: rule.id }, 'rule { name }', operator)).rule.name).toBe('once');
    expect(await suppressed(target.id)).toBeNull();
    expect((await hub.ask('{ inhibitionRules { name } }')).inhibitionRules).toEqual([]);
    expect((await hub.change('removeInhibitionRule', { id: rule.id }, 'rule { id }', operator)).errors).toMatchObject([{ __typename: 'NotFound' }]);
  });
});

describe('what is suppressed', () => {
  it('is what a naive reading of the rules says, in lists, counts and one by one, whatever the rules', async () => {
    const value = fc.constantFrom('', 'a', 'b', 'ab');
    const name = fc.constantFrom('x', 'y', 'severity', 'service');
    const matchers = fc.array(fc.oneof(
      fc.record({ name, operator: fc.constantFrom('EQUAL' as const, 'NOT_EQUAL' as const), value: fc.oneof(value, fc.constantFrom('ERROR', 'INFO', 'core-hub')) }),
      fc.record({ name, operator: fc.constantFrom('MATCHES' as const, 'NOT_MATCHES' as const), value: fc.constantFrom('a|b', 'a.*', '', '.+', 'E.*', 'core.*', '[^a]*') }),
    ), { minLength: 1, maxLength: 2 });
    const one = fc.record({ severity: fc.constantFrom('INFO', 'ERROR', 'CRITICAL'), service: fc.constantFrom('core-hub', 'a', 'b'), x: value, y: value, resolved: fc.boolean() });
    const rule = fc.record({ source: matchers, target: matchers, equal: fc.uniqueArray(fc.constantFrom('x', 'y', 'service'), { maxLength: 2 }) });
    await fc.assert(fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 7 }), fc.array(matchers, { maxLength: 2 }), fc.array(rule, { maxLength: 2 }), async (some, silenced, rules) => {
      const { sql } = hub.database;
      await sql.query('TRUNCATE "Silence", "InhibitionRule", "AlertEntry", "Alert"');
      for (const { severity, service, x, y, resolved } of some) {
        const { id } = await raise({ severity, service, labels: labels({ ...(x && { x }), ...(y && { y }) }) });
        if (resolved) await hub.change('resolveAlert', { id, note: 'x' }, 'alert { id }', operator);
      }
      // Past the commands, which refuse some of these: what is read must not depend on what is refused.
      for (const [index, all] of silenced.entries()) await sql.query(`INSERT INTO "Silence" SELECT gen_random_uuid(), $1::jsonb, $2, $3, 'x', 'x', $2, NULL, $4`, [JSON.stringify(all), later(0), later(DAY), index + 1]);
      for (const [index, { source, target, equal }] of rules.entries()) await sql.query(`INSERT INTO "InhibitionRule" SELECT gen_random_uuid(), $1, $2::jsonb, $3::jsonb, $4::text[], NULL, 'x', $5, 1`, [`r${index}`, JSON.stringify(source), JSON.stringify(target), equal, later(0)]);
      const all = await sql.query<Alert>('SELECT * FROM "Alert"');
      const open = all.filter((alert) => alert.status !== 'RESOLVED');
      const why = (alert: Alert) => {
        if (alert.status === 'RESOLVED') return null;
        if (silenced.some((matching) => fits(matching, alert))) return 'SILENCE';
        const isBoth = (other: Alert, { source, target }: (typeof rules)[number]) => fits(source, other) && fits(target, other);
        return rules.some((each) => fits(each.target, alert) && open.some((other) => other.id !== alert.id && fits(each.source, other) && each.equal.every((label) => valueOf(other, label) === valueOf(alert, label)) && !(isBoth(alert, each) && isBoth(other, each)))) ? 'INHIBITION' : null;
      };
      const expected = new Map(all.map((alert) => [alert.id, why(alert)]));
      const { alerts } = await hub.ask(`{ alerts(first: 200) { nodes { ${SUPPRESSED} } } }`);
      expect(new Map(alerts.nodes.map((node: any) => [node.id, node.suppressed?.by ?? null]))).toEqual(expected);
      const ids = (is: boolean) => new Set([...expected].filter(([, by]) => (by !== null) === is).map(([id]) => id));
      expect([await listed(true), await listed(false)]).toEqual([ids(true), ids(false)]);
    }), { numRuns: 40 });
  }, 120_000);

  it('costs the same statements for many as for one', async () => {
    await inhibit({ source: [matcher('severity', 'MATCHES', 'CRIT.*')] });
    await silence({ matchers: [matcher('quiet', 'EQUAL', 'yes')] });
    await raise({ severity: 'CRITICAL' });
    await raise();
    hub.counted();
    const ask = () => hub.ask(`{ alerts(first: 100) { nodes { ${SUPPRESSED} timeline { kind } history { to } service { slug } previous { id } } } }`);
    const few = (await ask(), hub.counted().length);
    for (let index = 0; index < 30; index++) await raise({ labels: labels({ quiet: index % 2 ? 'yes' : 'no' }) });
    hub.counted();
    const { alerts } = await ask();
    expect(alerts.nodes.filter((node: any) => node.suppressed !== null)).toHaveLength(31);
    expect(hub.counted().length).toBe(few);
  });
});

describe('escalation', () => {
  const at = async (id: string) => (await hub.ask('query ($id: ID!) { alert(id: $id) { escalation escalatedTo escalatesAt status version timeline { kind actor note } } }', { id })).alert;
  it.each([['CRITICAL', 15], ['ERROR', 60], ['WARNING', 1440]] as const)('of %s goes up a level each time its minutes are over', async (severity, minutes) => {
    const { id } = await raise({ severity });
    expect((await at(id)).escalatesAt).toBe(later(minutes * MINUTE).toISOString());
    for (const [level, to] of [[1, 'jonas, owner of the service core-hub'], [2, 'maintainer of the domain infotech'], [3, 'steward']] as const) {
      clock.advance(minutes * MINUTE - 1);
      await sweeps.run('escalate-alerts');
      expect((await at(id)).escalation).toBe(level - 1);
      clock.advance(1);
      await sweeps.run('escalate-alerts');
      await sweeps.run('escalate-alerts');
      expect(await at(id)).toMatchObject({ escalation: level, escalatedTo: to, status: 'RAISED', version: level + 1, escalatesAt: level === 3 ? null : later(minutes * MINUTE).toISOString() });
    }
    clock.advance(10 * DAY);
    await sweeps.run('escalate-alerts');
    const alert = await at(id);
    expect(alert).toMatchObject({ escalation: 3, version: 4 });
    expect(alert.timeline.slice(1)).toEqual([1, 2, 3].map((level) => ({ kind: 'ESCALATED', actor: 'system:ops', note: expect.stringContaining(`Level ${level}`) })));
    const told = await hub.database.sql.query<{ event: any }>(`SELECT "event" FROM "outbox" WHERE "aggregate" = $1 AND "type" = 'org.opshub.alert.escalated' ORDER BY "id"`, [`alert/${id}`]);
    expect(told.map(({ event }) => [event.data.escalation, event.data.from, event.data.to])).toEqual([[1, 'RAISED', 'RAISED'], [2, 'RAISED', 'RAISED'], [3, 'RAISED', 'RAISED']]);
  });
  it('of INFO never comes', async () => {
    const { id } = await raise({ severity: 'INFO' });
    clock.advance(100 * DAY);
    await sweeps.run('escalate-alerts');
    expect(await at(id)).toMatchObject({ escalation: 0, escalatesAt: null });
  });
  it('stops while somebody has it, and begins anew when it is given back', async () => {
    const { id } = await raise({ severity: 'CRITICAL' });
    clock.advance(15 * MINUTE);
    await sweeps.run('escalate-alerts');
    await hub.change('acknowledgeAlert', { id }, 'alert { id }', operator);
    clock.advance(120 * MINUTE);
    await sweeps.run('escalate-alerts');
    expect(await at(id)).toMatchObject({ escalation: 1, escalatesAt: null });
    await hub.change('returnAlert', { id }, 'alert { id }', operator);
    expect(await at(id)).toMatchObject({ escalation: 0, escalatesAt: later(15 * MINUTE).toISOString() });
    clock.advance(15 * MINUTE);
    await sweeps.run('escalate-alerts');
    expect((await at(id)).escalation).toBe(1);
  });
  it('waits for the end of a silence or an inhibition', async () => {
    const { id } = await raise({ severity: 'ERROR' });
    await silence({ endsAt: later(90 * MINUTE) });
    clock.advance(60 * MINUTE);
    await sweeps.run('escalate-alerts');
    expect((await at(id)).escalation).toBe(0);
    clock.advance(30 * MINUTE);
    await inhibit();
    const source = await raise({ severity: 'CRITICAL' });
    await sweeps.run('escalate-alerts');
    expect((await at(id)).escalation).toBe(0);
    await hub.change('resolveAlert', { id: source.id, note: 'x' }, 'alert { id }', operator);
    await sweeps.run('escalate-alerts');
    expect((await at(id)).escalation).toBe(1);
  });
  it('takes all that are due, however many are held back', async () => {
    await silence({ matchers: [matcher('quiet', 'EQUAL', 'yes')], endsAt: later(DAY) });
    await Promise.all(Array.from({ length: 250 }, (_, index) => raise({ severity: 'CRITICAL', labels: labels({ quiet: index % 2 ? 'yes' : 'no' }) })));
    clock.advance(15 * MINUTE);
    await sweeps.run('escalate-alerts');
    expect(await hub.database.sql.query(`SELECT "escalation", count(*)::int AS "count" FROM "Alert" GROUP BY 1 ORDER BY 1`)).toEqual([{ escalation: 0, count: 125 }, { escalation: 1, count: 125 }]);
  }, 60_000);
});
