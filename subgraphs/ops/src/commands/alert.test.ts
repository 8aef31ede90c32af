import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { definition } from '../subgraph.ts';
import { raiseAlert } from './alert.ts';
import { sweepsOf, type Sweeps } from './sweeps.fixture.ts';

let hub: TestHub;
let sweeps: Sweeps;
const clock = heldClock('2026-03-02T10:00:00Z');
const [author, operator, maintainer, viewer, steward, system] = [as('author'), as('operator'), as('maintainer'), as('viewer'), as('steward'), as('system', 'system:feed')];
const FIELDS = `alert { id dedupKey status severity title detail count version owner source firstAt lastAt waitsSince acknowledgedAt acknowledgedUntil escalation resolvedAt resolvedBy note labels { name value }
  previous { id status } timeline { kind actor note count } history { verb from to actor note } allowedTransitions { verb to allowed } }`;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
let keys = 0;
const newKey = () => `key-${++keys}`;
const base = (more: object = {}) => ({ dedupKey: newKey(), severity: 'ERROR', title: 'The disk is full', service: 'core-hub', ...more });

beforeAll(async () => {
  hub = await startTestHub(definition, { clock, env: { HUBGRAPH_OPS_CONNECTIONS: '10' } });
  sweeps = sweepsOf(hub, clock);
  await hub.change('registerService', { slug: 'core-hub', name: 'Core hub', domain: 'infotech', repo: 'core-hub', owner: 'jonas', tier: 'TIER_1' }, 'service { slug }', maintainer);
});
afterAll(async () => {
  await sweeps[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

const raise = (input: object = {}, identity = author) => hub.change('raiseAlert', base(input), FIELDS, identity);
const types = (answer: { events: readonly { type: string }[] }) => answer.events.map((event) => event.type.replace('org.opshub.', ''));
const eventOf = async (answer: { events: readonly { id: string }[] }, index = 0) => (await hub.database.sql.query<{ event: any }>(`SELECT "event" FROM "outbox" WHERE "eventId" = $1::uuid`, [answer.events[index]!.id]))[0]!.event;
const alertOf = async (id: string) => (await hub.ask(`query ($id: ID!) { alert(id: $id) { ${FIELDS.slice(8, -1)} } }`, { id })).alert;
const refusal = async (verb: string, input: object, identity = operator) =>
  (await hub.ask(`mutation ($input: ${verb[0]!.toUpperCase()}${verb.slice(1)}Input!) { ${verb}(input: $input) { alert { id } errors { __typename code message path ... on TransitionRefused { from unmet { code } } } } }`, { input }, identity))[verb].errors;

describe('raising', () => {
  it('opens an alert with everything that is known, and tells', async () => {
    const answer = await raise({ detail: '98 %', labels: [{ name: 'host', value: 'db-1' }, { name: 'az', value: 'b' }], source: 'grafana' });
    expect(answer).toMatchObject({
      errors: [],
      alert: {
        status: 'RAISED', severity: 'ERROR', count: 1, version: 1, owner: null, source: 'grafana', firstAt: '2026-03-02T10:00:00.000Z', waitsSince: '2026-03-02T10:00:00.000Z', escalation: 0, previous: null,
        labels: [{ name: 'az', value: 'b' }, { name: 'host', value: 'db-1' }], timeline: [{ kind: 'RAISED', actor: 'author', note: 'ERROR', count: 1 }], history: [{ verb: 'raiseAlert', from: null, to: 'RAISED', actor: 'author' }],
      },
    });
    expect(types(answer)).toEqual(['alert.raised']);
    expect(await eventOf(answer)).toMatchObject({ subject: `alert/${answer.alert.id}`, domain: 'infotech', data: { from: null, to: 'RAISED', severity: 'ERROR', subject: 'SERVICE', service: 'core-hub', repo: 'core-hub', count: 1, suppressed: false } });
    expect((await raise()).alert.source).toBe('author');
  });

  it('counts an open one up, takes over what is said, and tells', async () => {
    const { alert: { id, dedupKey } } = await raise({ labels: [{ name: 'host', value: 'db-1' }] });
    clock.advance(MINUTE);
    const again = await raise({ dedupKey, title: 'Still full', labels: [{ name: 'host', value: 'db-2' }], severity: 'INFO', source: 'other' });
    expect(again.alert).toMatchObject({ id, count: 2, severity: 'ERROR', title: 'Still full', source: 'author', version: 2, labels: [{ value: 'db-2' }] });
    expect(Date.parse(again.alert.lastAt) - Date.parse(again.alert.firstAt)).toBe(MINUTE);
    expect(types(again)).toEqual(['alert.repeated']);
    expect(await eventOf(again)).toMatchObject({ data: { from: 'RAISED', to: 'RAISED', count: 2, version: 2 } });
    const worse = await raise({ dedupKey, severity: 'CRITICAL' }, operator);
    expect(worse.alert).toMatchObject({ count: 3, severity: 'CRITICAL', timeline: [{ kind: 'RAISED' }, { kind: 'REPEATED', count: 1, actor: 'author' }, { kind: 'REPEATED', actor: 'operator' }, { kind: 'SEVERITY_CHANGED', note: 'ERROR to CRITICAL' }] });
    await raise({ dedupKey });
    const { alert } = await raise({ dedupKey });
    expect(alert.timeline.slice(4)).toEqual([{ kind: 'REPEATED', actor: 'author', note: null, count: 2 }]);
    expect((await hub.ask('query ($key: String!) { alerts(filter: { dedupKey: $key }) { totalCount } }', { key: dedupKey })).alerts.totalCount).toBe(1);
  });

  it('is only counted while somebody has it, unless the severity rises', async () => {
    const { alert: { id, dedupKey } } = await raise();
    await hub.change('acknowledgeAlert', { id }, 'alert { id }', operator);
    const quiet = await raise({ dedupKey });
    expect(quiet).toMatchObject({ events: [], alert: { status: 'ACKNOWLEDGED', owner: 'operator', count: 2, version: 2 } });
    const loud = await raise({ dedupKey, severity: 'CRITICAL' });
    expect(types(loud)).toEqual(['alert.repeated']);
    expect(loud.alert).toMatchObject({ status: 'ACKNOWLEDGED', count: 3, version: 3, severity: 'CRITICAL' });
    expect(await eventOf(loud)).toMatchObject({ data: { from: 'ACKNOWLEDGED', to: 'ACKNOWLEDGED', owner: 'operator' } });
    expect((await raise({ dedupKey, severity: 'CRITICAL' })).events).toEqual([]);
  });

  it('opens a new one, linked to the last, when that is over', async () => {
    const { alert: { id, dedupKey } } = await raise();
    await hub.change('resolveAlert', { id, note: 'Cleaned up.' }, 'alert { id }', operator);
    const { alert: second } = await raise({ dedupKey });
    expect(second).toMatchObject({ count: 1, version: 1, status: 'RAISED', previous: { id, status: 'RESOLVED' } });
    await hub.change('resolveAlert', { id: second.id, note: 'Again.' }, 'alert { id }', operator);
    expect((await raise({ dedupKey })).alert.previous).toMatchObject({ id: second.id });
  });

  it('with the same idempotency key counts once, and in a dry run not at all', async () => {
    const input = base({ idempotencyKey: 'once' });
    const twice = [await hub.change('raiseAlert', input, FIELDS, author), await hub.change('raiseAlert', input, FIELDS, author)];
    expect(twice.map((answer) => [answer.alert.id, answer.alert.count, answer.alert.firstAt])).toEqual(Array(2).fill([twice[0]!.alert.id, 1, expect.any(String)]));
    const dry = await hub.change('raiseAlert', { ...input, idempotencyKey: null, dryRun: true }, FIELDS, author);
    expect(dry).toMatchObject({ alert: { count: 2 }, events: [] });
    expect(await alertOf(twice[0]!.alert.id)).toMatchObject({ count: 1, timeline: { length: 1 } });
    const never = await raise({ dedupKey: 'never', dryRun: true });
    expect(never.alert.status).toBe('RAISED');
    expect((await hub.ask('{ alerts(filter: { dedupKey: "never" }) { totalCount } }')).alerts.totalCount).toBe(0);
  });

  it('500 at once with 10 keys makes exactly 10 alerts with the right counts', async () => {
    const many = Array.from({ length: 500 }, (_, index) => base({ dedupKey: `storm-${index % 10}`, title: 'A storm', severity: index % 50 === 7 ? 'CRITICAL' : 'WARNING' }));
    const answers = await Promise.all(many.map((input) => hub.change('raiseAlert', input, 'alert { id count }', author)));
    expect(answers.flatMap((answer) => answer.errors)).toEqual([]);
    const { alerts } = await hub.ask('{ alerts(filter: { text: "storm", open: true }, first: 200) { nodes { dedupKey severity count version timeline { kind count } } } }');
    expect(alerts.nodes.map(({ dedupKey }: any) => dedupKey).sort()).toEqual(Array.from({ length: 10 }, (_, index) => `storm-${index}`));
    for (const alert of alerts.nodes) {
      expect(alert).toMatchObject({ count: 50, version: 50, severity: alert.dedupKey === 'storm-7' ? 'CRITICAL' : 'WARNING' });
      expect(alert.timeline.reduce((sum: number, line: any) => sum + (line.kind === 'REPEATED' ? line.count : 0), 0)).toBe(49);
    }
    // Each raise was told once, and the counts that were told are 1 to 50.
    const told = await hub.database.sql.query<{ key: string; counts: number[] }>(`SELECT "event"->'data'->>'dedupKey' AS "key", array_agg(("event"->'data'->>'count')::int ORDER BY "id") AS "counts" FROM "outbox" WHERE "event"->'data'->>'dedupKey' LIKE 'storm-%' GROUP BY 1`);
    for (const { counts } of told) expect(counts).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  }, 60_000);

  it('on two replicas at once opens one alert and counts all', async () => {
    const input = { dedupKey: newKey(), severity: 'ERROR', title: 'x', domain: 'infotech' } as const;
    const other = () => sweeps.changes.run({ identity: author }, { name: 'raiseAlert', scopes: [['ops:write']], input: {} }, (work) => raiseAlert(work, input));
    const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => (index % 2 ? other() : hub.change('raiseAlert', input, 'alert { id }', author))));
    expect(answers.every((answer) => answer.errors.length === 0)).toBe(true);
    expect((await hub.ask('query ($key: String!) { alerts(filter: { dedupKey: $key }) { nodes { count } } }', { key: input.dedupKey })).alerts.nodes).toEqual([{ count: 60 }]);
  });

  it('at once with resolving loses no raise', async () => {
    const dedupKey = newKey();
    const steps = Array.from({ length: 120 }, (_, index) => (index % 4 === 3 ? hub.change('resolveAlert', { dedupKey, note: 'done' }, 'alert { id }', operator) : raise({ dedupKey })));
    await Promise.all(steps);
    const rows = await hub.database.sql.query<{ count: number; status: string; previousId: string | null }>(`SELECT * FROM "Alert" WHERE "dedupKey" = $1 ORDER BY "createdAt", "id"`, [dedupKey]);
    expect(rows.reduce((sum, row) => sum + row.count, 0)).toBe(90);
    expect(rows.filter((row) => row.status !== 'RESOLVED').length).toBeLessThanOrEqual(1);
    expect(rows.filter((row) => row.previousId === null)).toHaveLength(1);
  }, 60_000);

  it('refuses every wrong field at once, and secrets without repeating them', async () => {
    const errors = await refusal('raiseAlert', { dedupKey: ' ', severity: 'INFO', title: '', detail: 'x'.repeat(5_001), service: 'Not a slug', workstream: 'x', repo: 'A', domain: ' ', package: 'pkg:npm/%zz', labels: [{ name: '1', value: 'x' }, { name: 'b', value: 'x'.repeat(501) }], source: '' }, author);
    expect(errors.map((error: any) => error.path.slice(1).join('.'))).toEqual(['dedupKey', 'title', 'detail', 'source', 'service', 'repo', 'domain', 'workstream', 'package', 'labels', 'labels']);
    expect((await refusal('raiseAlert', { dedupKey: 'a', severity: 'INFO', title: 'b' }, author))).toMatchObject([{ path: ['input'], message: expect.stringContaining('at least one') }]);
    expect((await refusal('raiseAlert', base({ subject: 'DOMAIN' }), author))).toMatchObject([{ path: ['input', 'domain'] }]);
    expect((await refusal('raiseAlert', base({ labels: [{ name: 'a', value: '1' }, { name: 'a', value: '2' }] }), author))).toMatchObject([{ path: ['input', 'labels'] }]);
    expect((await refusal('raiseAlert', base({ labels: Array.from({ length: 33 }, (_, index) => ({ name: `l${index}`, value: '' })) }), author))).toMatchObject([{ path: ['input', 'labels'] }]);
    const token = `ghp_${'aB3dE5fG7h'.repeat(4).slice(0, 36)}`;
    const secret = await refusal('raiseAlert', base({ title: `token ${token}`, detail: token, labels: [{ name: 'auth', value: token }, { name: token, value: 'x' }] }), author);
    expect(secret.map((error: any) => error.path.join('.'))).toEqual(['input.detail', 'input.labels.0.value', 'input.labels.1.name', 'input.title']);
    expect(JSON.stringify(secret)).not.toContain(token);
    expect((await hub.database.sql.query(`SELECT 1 FROM "Alert" WHERE "title" LIKE '%ghp_%'`))).toEqual([]);
    await expect(raise({}, viewer)).rejects.toThrow('ops:write');
    await expect(raise({}, steward)).rejects.toThrow('ops:write');
  });
});

describe('subjects', () => {
  const SUBJECT = 'alert { subject { __typename ... on Service { slug } ... on Workstream { code } ... on Repo { slug } ... on Domain { slug } ... on Package { purl } } service { slug } workstream { code } repo { slug } domain { slug } package { purl } }';
  const about = async (input: object) => (await hub.change('raiseAlert', { dedupKey: newKey(), severity: 'INFO', title: 'x', ...input }, SUBJECT, author)).alert;
  it('are the first that is given, or the one that is said', async () => {
    expect((await about({ domain: 'stack', workstream: 'CUST-WP-0025' })).subject).toEqual({ __typename: 'Workstream', code: 'CUST-WP-0025' });
    expect((await about({ domain: 'stack', workstream: 'CUST-WP-0025', subject: 'DOMAIN' })).subject).toEqual({ __typename: 'Domain', slug: 'stack' });
    expect((await about({ repo: 'warehouse' })).subject).toEqual({ __typename: 'Repo', slug: 'warehouse' });
    expect(await about({ package: 'pkg:PYPI/Flask_Login@1.0' })).toMatchObject({ subject: { __typename: 'Package', purl: 'pkg:pypi/flask-login@1.0' }, package: { purl: 'pkg:pypi/flask-login@1.0' } });
  });
  it('of a service have its domain and repo, unless others are given', async () => {
    expect(await about({ service: 'core-hub' })).toMatchObject({ subject: { __typename: 'Service', slug: 'core-hub' }, service: { slug: 'core-hub' }, repo: { slug: 'core-hub' }, domain: { slug: 'infotech' }, workstream: null, package: null });
    expect(await about({ service: 'core-hub', domain: 'stack' })).toMatchObject({ domain: { slug: 'stack' }, repo: { slug: 'core-hub' } });
    expect(await about({ service: 'unheard-of' })).toEqual({ subject: null, service: null, workstream: null, repo: null, domain: null, package: null });
  });
});

describe('taking, giving back and ending', () => {
  it('lead from raised to resolved, with moments, timeline and events', async () => {
    const { alert: { id } } = await raise();
    clock.advance(MINUTE);
    const taken = await hub.change('acknowledgeAlert', { id, note: 'On it.' }, FIELDS, operator);
    expect(types(taken)).toEqual(['alert.acknowledged']);
    expect(taken.alert).toMatchObject({ status: 'ACKNOWLEDGED', owner: 'operator', version: 2, acknowledgedAt: clock.now().toISOString(), acknowledgedUntil: new Date(clock.now().getTime() + 24 * HOUR).toISOString(), waitsSince: null });
    const back = await hub.change('returnAlert', { id, note: 'Off for today.' }, FIELDS, maintainer);
    expect(types(back)).toEqual(['alert.returned']);
    expect(back.alert).toMatchObject({ status: 'RAISED', owner: null, acknowledgedAt: null, acknowledgedUntil: null, version: 3, waitsSince: clock.now().toISOString() });
    const until = new Date(clock.now().getTime() + HOUR);
    expect((await hub.change('acknowledgeAlert', { id, owner: 'ines', until }, FIELDS, operator)).alert).toMatchObject({ owner: 'ines', acknowledgedUntil: until.toISOString() });
    const over = await hub.change('resolveAlert', { id, note: 'A bigger disk.' }, FIELDS, author);
    expect(types(over)).toEqual(['alert.resolved']);
    expect(over.alert).toMatchObject({
      status: 'RESOLVED', owner: 'ines', resolvedBy: 'author', note: 'A bigger disk.', resolvedAt: clock.now().toISOString(), version: 5, allowedTransitions: [],
      timeline: [{ kind: 'RAISED' }, { kind: 'ACKNOWLEDGED', note: expect.stringContaining('On it.') }, { kind: 'RETURNED', note: 'Off for today.' }, { kind: 'ACKNOWLEDGED' }, { kind: 'RESOLVED', note: 'A bigger disk.' }],
      history: [{ to: 'RAISED' }, { to: 'ACKNOWLEDGED' }, { to: 'RAISED' }, { to: 'ACKNOWLEDGED' }, { from: 'ACKNOWLEDGED', to: 'RESOLVED' }],
    });
    expect((await hub.change('noteAlert', { id, note: 'For the record.' }, FIELDS, author))).toMatchObject({ events: [], alert: { version: 5, timeline: { 5: { kind: 'NOTED', note: 'For the record.' } } } });
  });

  it('go by key too, while it is open', async () => {
    const { alert: { id, dedupKey } } = await raise();
    expect((await hub.change('acknowledgeAlert', { dedupKey }, 'alert { id }', operator)).alert.id).toBe(id);
    expect((await hub.change('resolveAlert', { dedupKey, note: 'x' }, 'alert { id }', operator)).alert.id).toBe(id);
    expect(await refusal('resolveAlert', { dedupKey, note: 'x' })).toMatchObject([{ __typename: 'NotFound', path: ['input', 'dedupKey'] }]);
    expect(await refusal('resolveAlert', { note: 'x' })).toMatchObject([{ __typename: 'InvalidInput', path: ['input', 'id'] }]);
  });

  it('end by the source that raised it without a note, and by nobody else', async () => {
    const { alert: { id } } = await raise({ source: 'grafana' });
    for (const input of [{ id }, { id, causeGone: true }, { id, causeGone: true, source: 'other' }, { id, source: 'grafana' }]) expect(await refusal('resolveAlert', input)).toMatchObject([{ __typename: 'TransitionRefused', unmet: [{ code: 'NOTE_REQUIRED' }] }]);
    expect((await hub.change('resolveAlert', { id, causeGone: true, source: 'grafana' }, FIELDS, operator)).alert).toMatchObject({ status: 'RESOLVED', resolvedBy: 'grafana', note: null });
    const { alert: own } = await raise();
    expect((await hub.change('resolveAlert', { id: own.id, causeGone: true }, FIELDS, author)).alert).toMatchObject({ status: 'RESOLVED', resolvedBy: 'author' });
    const { alert: fed } = await raise({ source: 'x' });
    expect((await hub.change('resolveAlert', { id: fed.id, causeGone: true }, FIELDS, system)).alert.status).toBe('RESOLVED');
  });

  it('are refused with every reason', async () => {
    const { alert: { id } } = await raise();
    expect(await refusal('acknowledgeAlert', { id, owner: ' ' }, author)).toMatchObject([{ code: 'TRANSITION_REFUSED', from: 'RAISED', unmet: [{ code: 'ROLE_REQUIRED' }, { code: 'OWNER_REQUIRED' }] }]);
    expect(await refusal('returnAlert', { id })).toMatchObject([{ unmet: [{ code: 'WRONG_STATE' }] }]);
    expect(await refusal('acknowledgeAlert', { id, until: clock.now(), note: 'x'.repeat(5_001) })).toMatchObject([{ path: ['input', 'note'] }, { path: ['input', 'until'] }]);
    expect(await refusal('acknowledgeAlert', { id, until: new Date(clock.now().getTime() + 91 * 24 * HOUR) })).toMatchObject([{ path: ['input', 'until'] }]);
    expect(await refusal('acknowledgeAlert', { id, expectedVersion: 7 })).toMatchObject([{ __typename: 'VersionConflict' }]);
    expect(await refusal('noteAlert', { id, note: ' ' })).toMatchObject([{ path: ['input', 'note'] }]);
    expect(await refusal('noteAlert', { id: '018f0000-0000-7000-8000-000000000000', note: 'x' })).toMatchObject([{ __typename: 'NotFound' }]);
    expect(await refusal('noteAlert', { id: 'nothing', note: 'x' })).toMatchObject([{ __typename: 'NotFound' }]);
    await hub.change('resolveAlert', { id, note: 'x' }, 'alert { id }', operator);
    for (const verb of ['acknowledgeAlert', 'returnAlert', 'resolveAlert']) expect(await refusal(verb, { id, ...(verb === 'resolveAlert' && { note: 'x' }) })).toMatchObject([{ from: 'RESOLVED', unmet: [{ code: 'WRONG_STATE' }] }]);
    expect((await alertOf(id)).version).toBe(2);
  });
});

describe('the lapse of an acknowledgement', () => {
  const taken = async (more: object = {}) => {
    const { alert } = await raise(more);
    await hub.change('acknowledgeAlert', { id: alert.id, until: new Date(clock.now().getTime() + HOUR) }, 'alert { id }', operator);
    return alert;
  };
  it('counts from its moment on for readers, and is told by the job', async () => {
    const { id } = await taken();
    clock.advance(HOUR - 1);
    await sweeps.run('lapse-alerts');
    expect(await alertOf(id)).toMatchObject({ status: 'ACKNOWLEDGED', owner: 'operator', version: 2 });
    clock.advance(1);
    const lapsed = { status: 'RAISED', owner: null, acknowledgedUntil: null, waitsSince: clock.now().toISOString() };
    expect(await alertOf(id)).toMatchObject({ ...lapsed, version: 2, allowedTransitions: [{ verb: 'acknowledgeAlert' }, { verb: 'resolveAlert' }] });
    const listed = async (status: string) => (await hub.ask(`{ alerts(filter: { statuses: [${status}] }, first: 200) { nodes { id } } }`)).alerts.nodes.some((node: any) => node.id === id);
    expect([await listed('RAISED'), await listed('ACKNOWLEDGED'), await listed('RESOLVED')]).toEqual([true, false, false]);
    await sweeps.run('lapse-alerts');
    const alert = await alertOf(id);
    expect(alert).toMatchObject({ ...lapsed, version: 3, timeline: [{ kind: 'RAISED' }, { kind: 'ACKNOWLEDGED' }, { kind: 'LAPSED', actor: 'system:ops' }], history: [{}, {}, { verb: 'returnAlert', from: 'ACKNOWLEDGED', to: 'RAISED', actor: 'system:ops' }] });
    const [told] = await hub.database.sql.query<{ event: any }>(`SELECT "event" FROM "outbox" WHERE "aggregate" = $1 ORDER BY "id" DESC LIMIT 1`, [`alert/${id}`]);
    expect(told!.event).toMatchObject({ type: 'org.opshub.alert.returned', actor: 'system:ops', data: { from: 'ACKNOWLEDGED', to: 'RAISED', owner: null } });
    await sweeps.run('lapse-alerts');
    expect((await alertOf(id)).version).toBe(3);
  });
  it('is told by whoever comes before the job', async () => {
    const { id, dedupKey } = await taken();
    clock.advance(HOUR);
    const again = await hub.change('acknowledgeAlert', { id }, FIELDS, maintainer);
    expect(types(again)).toEqual(['alert.returned', 'alert.acknowledged']);
    expect(again.alert).toMatchObject({ owner: 'maintainer', version: 4, timeline: [{}, {}, { kind: 'LAPSED' }, { kind: 'ACKNOWLEDGED' }] });
    clock.advance(24 * HOUR);
    expect(types(await raise({ dedupKey }))).toEqual(['alert.returned', 'alert.repeated']);
    expect(await refusal('returnAlert', { id })).toMatchObject([{ from: 'RAISED' }]);
  });
  it('is told of all, however many', async () => {
    await Promise.all(Array.from({ length: 130 }, (_, index) => taken({ title: `many ${index}` })));
    clock.advance(HOUR);
    await sweeps.run('lapse-alerts');
    const [left] = await hub.database.sql.query<{ count: number }>(`SELECT count(*)::int AS "count" FROM "Alert" WHERE "status" = 'ACKNOWLEDGED' AND "acknowledgedUntil" <= $1`, [clock.now()]);
    expect(left!.count).toBe(0);
  }, 60_000);
});
