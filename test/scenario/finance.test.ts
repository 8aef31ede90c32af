import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { focusFile, SAMPLE_TRUTH, samplePath } from '@hubgraph/finance/import/focus.fixture';
import { add, compare, divide, multiply, subtract, sum } from '@hubgraph/finance/money/decimal';
import type { Role } from '@hubgraph/kit/identity';
import { operation, startSampleGraph, type SampleGraph } from '../harness/sample-graph.ts';
import { connectClient } from '../harness/subscriber.ts';
import { until } from '../harness/until.ts';

// What an allocator sees and does on the sample organisation: money across hubs, imports, refusals, alerts, and what others do not see.
describe.each(['single', 'processes'] as const)('finance in the topology %s', (topology) => {
  let graph: SampleGraph;
  let started: Date;
  const post = async (query: string, variables: object = {}, role: Role = 'allocator') => (await graph.post(query, variables, role)).body;
  const done = async (verb: string, input: object, fields: string, role: Role = 'allocator') => {
    const { data, errors } = await post(`mutation ($input: ${verb[0]!.toUpperCase()}${verb.slice(1)}Input!) { ${verb}(input: $input) { ${fields} errors { __typename code message ... on TransitionRefused { unmet { code } } } } }`, { input }, role);
    expect(errors).toBeUndefined();
    return data[verb];
  };
  const file = async (name: string, text: string) => {
    const path = join(graph.dataDir, name);
    await writeFile(path, text);
    return path;
  };
  const coreHub = async (month: string) => (await post('query ($month: String!) { service(slug: "core-hub") { cost(period: { month: $month }) { total { amount } } } }', { month })).data.service.cost.total?.amount;
  const alertOf = async (dedupKey: string) => (await post('{ alerts(filter: { open: null }, first: 200) { nodes { dedupKey status severity title domain { slug } } } }', {}, 'operator')).data.alerts.nodes.find((one: any) => one.dedupKey === dedupKey);

  beforeAll(async () => {
    started = new Date();
    graph = await startSampleGraph(topology);
  }, 90_000);
  afterAll(() => graph[Symbol.asyncDispose]());

  it('answers what a domain has, how long it lasts, and what services and workstreams cost, to the last digit', async () => {
    const { data, errors } = await post(operation('money'));
    expect(errors).toBeUndefined();
    const { runway, budgets, burnRate } = data.domain;
    expect(runway).toMatchObject({ status: 'OK', threshold: '10' });
    expect(runway.assumptions.join(' ')).toContain('1 EUR is 1.1087 USD, by the rate of 2024-09-02 (ECB).');
    const { runway: whole } = (await post('{ runway(domain: "infotech") { balance { amount } monthlyBurn { fixed { amount } variable { amount } income { amount } total { amount } } } }')).data;
    // 118,000 USD and 4,200 EUR; 10,400 + 320 + 3,600 / 3 a month
    expect(whole).toMatchObject({ balance: { amount: '122656.54' }, monthlyBurn: { fixed: { amount: '11920' }, income: { amount: '3000' } } });
    expect(whole.monthlyBurn.total.amount).toBe(subtract(add('11920', whole.monthlyBurn.variable.amount), '3000'));
    expect(runway.monthsRemaining.expected).toBe(divide('122656.54', whole.monthlyBurn.total.amount, 2, 'floor'));
    expect([compare(runway.monthsRemaining.low, runway.monthsRemaining.expected), compare(runway.monthsRemaining.expected, runway.monthsRemaining.high)]).not.toContain(1);

    expect(budgets.nodes.map(({ allocated, status }: any) => [allocated.amount, allocated.currency, status]).sort()).toEqual([['200000', 'USD', 'ACTIVE'], ['92000', 'USD', 'ACTIVE'], ['92000', 'USD', 'ACTIVE']]);
    for (const { allocated, committed, spent, available } of budgets.nodes) expect(sum([committed.amount, spent.amount, available.amount])).toBe(allocated.amount);
    expect(compare(burnRate.projected.amount, burnRate.actual.amount)).not.toBe(-1);

    // its own charges, and 0.6 of what services share
    expect(data.service.cost).toEqual({
      total: { amount: '1271.2468372852', currency: 'USD' },
      byProvider: [{ provider: 'AWS', amount: { amount: '1113.1588372852' } }, { provider: 'Microsoft', amount: { amount: '158.088' } }],
      unallocated: { amount: '0.53707392473' },
    });
    // of yesterday too, unless that was last month
    const days = String(started.getUTCDate() === 1 ? 1 : 2);
    const tokens = (each: number) => each * Number(days);
    expect(data.workstream.tokenSpend).toEqual({
      tokens: { input: tokens(822_400), cachedInput: tokens(2_430_000), cacheWrite: tokens(96_500), output: tokens(79_200) },
      cost: { amount: multiply('4.6833', days), currency: 'USD' },
      byModel: expect.arrayContaining([{ model: 'claude-opus-4-6', cost: { amount: multiply('3.8763', days) } }, { model: 'claude-haiku-4-5', cost: { amount: multiply('0.807', days) } }]),
    });
  });

  it('answers everything else to who may not read finance, and names each field that is withheld', async () => {
    const query = '{ domain(slug: "infotech") { name workstreams { totalCount } openAlerts { totalCount } budgets { totalCount } runway { status } burnRate(period: MONTH) { actual { amount } } } service(slug: "core-hub") { repo { slug } cost(period: { month: "2024-09" }) { total { amount } } } workstream(code: "CUST-WP-0025") { title tokenSpend(period: MONTH) { cost { amount } } } stateSummary { domains runwayMonths { expected } budgetAlerts { threshold } } costs(period: { month: "2024-09" }) { total { amount } } }';
    const { data, errors } = await post(query, {}, 'author');
    expect(data).toMatchObject({
      domain: { name: expect.any(String), workstreams: { totalCount: expect.any(Number) }, openAlerts: { totalCount: expect.any(Number) }, budgets: null, runway: null, burnRate: null },
      service: { repo: { slug: 'core-hub' }, cost: null }, workstream: { title: expect.any(String), tokenSpend: null }, stateSummary: { domains: expect.any(Number), runwayMonths: null, budgetAlerts: null }, costs: null,
    });
    expect(errors.map(({ path }: any) => path.join('.')).sort()).toEqual(['costs', 'domain.budgets', 'domain.burnRate', 'domain.runway', 'service.cost', 'stateSummary.budgetAlerts', 'stateSummary.runwayMonths', 'workstream.tokenSpend']);
    for (const { extensions } of errors) expect(extensions).toEqual({ code: 'FORBIDDEN', missingScopes: ['finance:read'] });
    await using client = await connectClient(graph.url.replace('http', 'ws'), { authorization: `Bearer ${await graph.token('author')}` });
    for (const subscription of [operation('budgets'), operation('runways'), 'subscription { hubEvents(types: ["org.finhub.>"]) { id } }']) {
      expect((await client.subscribe(subscription).error())[0].extensions).toMatchObject({ code: 'FORBIDDEN', missingScopes: ['finance:read'] });
    }
  });

  const CHARGES: readonly Readonly<Record<string, string>>[] = [{ BilledCost: '10.000000000000000001', ResourceId: 'one', ChargeDescription: '=HYPERLINK("http://x","y")', Tags: '{"application":"core-hub"}' }, { BilledCost: '-2.5', ResourceId: 'two', ChargeDescription: 'Refund' }];

  it('imports a file of costs once, tries it without writing, and says what is wrong with another', async () => {
    const good = await file('good.csv', focusFile(CHARGES));
    const costs = (...args: string[]) => graph.hubgraph('allocator', 'costs', ...args);
    expect(await costs('import', good, '--source', 'cloud', '--dry-run')).toMatchObject({ code: 0, stdout: `${good}: 2 rows read, 2 would be new, 0 unchanged, 0 corrected, 0 refused (2024-09)\n` });
    expect(await coreHub('2024-09')).toBe('1271.2468372852');
    expect(await costs('import', good, '--source', 'cloud')).toMatchObject({ code: 0, stdout: expect.stringContaining('2 new, 0 unchanged') });
    expect(await coreHub('2024-09')).toBe('1281.246837285200000001');
    expect(await costs('import', good, '--source', 'cloud')).toMatchObject({ code: 0, stdout: expect.stringContaining('0 new, 2 unchanged, 0 corrected') });
    expect(await coreHub('2024-09')).toBe('1281.246837285200000001');

    const bad = await file('bad.csv', focusFile([{ BilledCost: '1e5x', ResourceId: 'three' }, { BilledCost: '1', ResourceId: 'four' }]));
    const other = await file('other.csv', 'a,b\n1,2\n');
    expect(await Promise.all([
      costs('import', bad, '--source', 'cloud', '--dry-run'), costs('import', other), costs('import', join(graph.dataDir, 'none.csv')), costs('import', good, '--format', 'xlsx'), graph.hubgraph('viewer', 'costs', 'import', good),
    ])).toMatchObject([
      { code: 1, stdout: expect.stringContaining('1 would be new, 0 unchanged, 0 corrected, 1 refused'), stderr: expect.stringContaining(`${bad}:2: BilledCost`) },
      { code: 2, stderr: expect.stringContaining('has no format that is known by how it begins') },
      { code: 2, stderr: expect.stringContaining('cannot be read (ENOENT)') },
      { code: 2, stderr: expect.stringContaining('Allowed choices') },
      { code: 12, stderr: expect.stringContaining('finance:write') },
    ]);
  }, 60_000);

  it.runIf(existsSync(samplePath))('meets the sums of a real file to the last digit, and changes nothing the second time', async () => {
    const sums = async (): Promise<Record<string, string>> => {
      const { costs } = (await post('{ costs(period: { months: ["2024-09", "2024-10"] }, groupBy: [PROVIDER]) { total { amount } groups { keys { value } amount { amount } } } }')).data;
      return { all: costs.total.amount, ...Object.fromEntries(costs.groups.map(({ keys, amount }: any) => [keys[0].value, amount.amount])) };
    };
    const before = await sums();
    const run = (...flags: string[]) => graph.hubgraph('allocator', 'costs', 'import', samplePath, '--source', 'focus-sample', ...flags);
    expect(await run('--dry-run')).toMatchObject({ code: 0, stdout: expect.stringContaining('1000 rows read, 1000 would be new') });
    expect(await sums()).toEqual(before);
    expect(await run()).toMatchObject({ code: 0, stdout: expect.stringContaining('1000 rows read, 1000 new, 0 unchanged, 0 corrected, 0 refused (2024-09, 2024-10)') });
    const after = await sums();
    expect({ all: subtract(after['all']!, before['all']!), ...Object.fromEntries(Object.keys(SAMPLE_TRUTH.byProvider).map((name) => [name, subtract(after[name]!, before[name] ?? '0')])) }).toEqual({ all: SAMPLE_TRUTH.all.billed, ...SAMPLE_TRUTH.byProvider });
    expect(await run()).toMatchObject({ code: 0, stdout: expect.stringContaining('1000 rows read, 0 new, 1000 unchanged') });
    expect(await sums()).toEqual(after);
  }, 60_000);

  it('imports what models were used for, with prices or without', async () => {
    const report = join(import.meta.dirname, '../../subgraphs/finance/src/import/fixtures/anthropic-usage.json');
    const prices = await file('prices.yaml', 'currency: USD\nprices:\n  - { provider: Anthropic, model: "claude-sonnet-*", input: "3", cachedInput: "0.3", cacheWrite: "3.75", output: "15" }\n');
    const tokens = (...args: string[]) => graph.hubgraph('allocator', 'tokens', 'import', ...args);
    expect(await tokens(report, '--dry-run')).toMatchObject({ code: 0, stdout: expect.stringContaining('1 rows read, 1 would be new'), stderr: expect.stringContaining('1 row has no price') });
    expect(await tokens(report, '--prices', prices)).toMatchObject({ code: 0, stdout: expect.stringContaining('1 new'), stderr: '' });
    expect(await tokens(report, '--prices', prices)).toMatchObject({ code: 0, stdout: expect.stringContaining('0 new, 1 unchanged') });
    expect(await tokens(report, '--prices', await file('wrong.yaml', 'currency: dollars\nprices: []\n'))).toMatchObject({ code: 2, stderr: expect.stringContaining('currency') });
    const { nodes } = (await post('{ tokenSpends(filter: { sources: ["anthropic-usage"] }) { nodes { model tokens { input cachedInput cacheWrite output } cost { amount currency } } } }')).data.tokenSpends;
    // 1,500 x 3 + 200 x 0.3 + 1,500 x 3.75 + 500 x 15, a million of them
    expect(nodes).toEqual([{ model: 'claude-sonnet-4-5', tokens: { input: 1_500, cachedInput: 200, cacheWrite: 1_500, output: 500 }, cost: { amount: '0.017685', currency: 'USD' } }]);
  }, 60_000);

  it('lets agents report what they used without reading anything of finance', async () => {
    const input = { source: 'agent/one', spend: [{ sourceKey: '1', provider: 'Anthropic', model: 'claude-haiku-4-5', at: started.toISOString(), input: 1_000, output: 20, cost: '0.0011', currency: 'USD', session: 's', workstream: 'CUST-WP-0025' }] };
    const fields = 'batch { recorded unchanged corrected }';
    expect((await done('recordTokenSpend', input, fields, 'author')).batch).toEqual({ recorded: 1, unchanged: 0, corrected: 0 });
    expect((await done('recordTokenSpend', input, fields, 'author')).batch).toEqual({ recorded: 0, unchanged: 1, corrected: 0 });
    const { errors } = await post('mutation { recordTokenSpend(input: { source: "x", spend: [] }) { errors { message } } }', {}, 'viewer');
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  it('exports a month as CSV that no spreadsheet runs', async () => {
    const { code, stdout } = await graph.hubgraph('allocator', 'costs', 'export', '--month', '2024-09');
    expect(code).toBe(0);
    expect(stdout).toContain(`"'=HYPERLINK(""http://x"",""y"")"`);
    expect(stdout).toContain('\r\n-2.5,');
    const out = join(graph.dataDir, 'none', 'out.csv');
    const wrong = (role: Role, ...args: string[]) => graph.hubgraph(role, 'costs', 'export', '--month', ...args);
    expect(await Promise.all([wrong('allocator', '2024-09', '--out', out), wrong('allocator', '2024-13'), wrong('viewer', '2024-09')])).toMatchObject([
      { code: 2, stderr: `${out} cannot be written (ENOENT).\n` }, { code: 2, stderr: expect.stringContaining('Give it like 2024-09') }, { code: 12, stdout: '', stderr: expect.stringContaining('finance:read') },
    ]);
  }, 60_000);

  it('shows where the money of a month went, down to the charges, with what belongs to nobody', async () => {
    const { data, errors } = await post(operation('costs'), { month: '2024-09' });
    expect(errors).toBeUndefined();
    const { total, groups, rest } = data.costs;
    expect(sum([...groups, ...rest.map((amount: object) => ({ amount }))].map(({ amount }: any) => amount.amount))).toBe(total.amount);
    const own = groups.find(({ keys }: any) => keys[0].service?.slug === 'core-hub');
    expect(own.keys[0].service.domain).toEqual({ slug: 'infotech' });
    for (const { billed, allocations } of own.rows.nodes) expect(sum(allocations.map((part: any) => part.billed.amount))).toBe(billed.amount);
  });

  it('refuses a commitment that the budget has no room for, and takes it by a decision', async () => {
    const { nodes } = (await post('{ budgets(filter: { domains: ["infotech"] }) { nodes { id period { start end } available { amount } } } }')).data.budgets;
    const today = started.toISOString().slice(0, 10);
    const budget = nodes.find(({ period }: any) => period.start <= today && today < period.end && period.start.slice(5) + period.end.slice(5) !== '01-0101-01');
    const { commitment } = await done('proposeCommitment', { budgetId: budget.id, title: 'A rack', kind: 'CONTRACT', amount: add(budget.available.amount, '0.01'), cadence: 'ONCE', start: today }, 'commitment { id status }');
    const refused = (await post(operation('commit'), { id: commitment.id })).data.signCommitment;
    expect(refused).toMatchObject({ commitment: null, events: [], errors: [{ __typename: 'TransitionRefused', from: 'PROPOSED', unmet: [{ code: 'NO_ROOM', message: expect.stringContaining('left; it needs') }] }] });
    const taken = (await post(operation('commit'), { id: commitment.id, overrideDecision: 'CUST-D-0007' })).data.signCommitment;
    expect(taken).toMatchObject({ errors: [], commitment: { status: 'ACTIVE', budget: { available: { amount: '-0.01' } } } });
    expect((await done('cancelCommitment', { id: commitment.id, reason: 'only tried', end: today }, 'commitment { status budget { available { amount } } }')).commitment).toEqual({ status: 'CANCELED', budget: { available: budget.available } });
  });

  it('closes a month, keeps it as it was, and lets only a steward open it again', async () => {
    const close = () => done('closePeriod', { month: '2024-09' }, 'period { status }');
    await until('the end of what is allocated anew', async () => (await close()).period?.status === 'CLOSED');
    const [closed, open] = [await coreHub('2024-09'), (await coreHub('2024-10')) ?? '0'];
    const changed = await file('changed.csv', focusFile([{ ...CHARGES[0], BilledCost: '12' }]));
    expect(await graph.hubgraph('allocator', 'costs', 'import', changed, '--source', 'cloud')).toMatchObject({ code: 0, stdout: expect.stringContaining('0 new, 0 unchanged, 1 corrected, 0 refused (2024-10)') });
    expect([await coreHub('2024-09'), await coreHub('2024-10')]).toEqual([closed, add(open, '1.999999999999999999')]);
    expect((await close()).errors).toMatchObject([{ __typename: 'TransitionRefused' }]);
    const reopen = 'mutation { reopenPeriod(input: { month: "2024-09", reason: "an invoice came late" }) { period { status } errors { message } } }';
    expect((await post(reopen)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', missingScopes: ['periods:reopen'] } }]);
    expect((await post(reopen, {}, 'steward')).data.reopenPeriod).toEqual({ period: { status: 'OPEN' }, errors: [] });
  }, 60_000);

  it('shows budgets first and then what changes', async () => {
    await using client = await connectClient(graph.url.replace('http', 'ws'), { authorization: `Bearer ${await graph.token('steward')}` });
    const watch = client.subscribe(operation('budgets'));
    const present = (await watch.nexts(3)).map((frame: any) => frame.data.budgetChanged);
    expect(present.map(({ replayed, from, to }: any) => [replayed, from, to])).toEqual([[true, null, 'ACTIVE'], [true, null, 'ACTIVE'], [true, null, 'ACTIVE']]);
    for (const { budget: { allocated, committed, spent, available } } of present) expect(sum([committed.amount, spent.amount, available.amount])).toBe(allocated.amount);
    const { id } = present[1].budget;
    await done('freezeBudget', { id, reason: 'until the review' }, 'budget { status }');
    expect((await watch.next()).data.budgetChanged).toMatchObject({ replayed: false, type: 'org.finhub.budget.frozen', from: 'ACTIVE', to: 'FROZEN', budget: { id, status: 'FROZEN', domain: { slug: 'infotech' } } });
    await done('unfreezeBudget', { id, reason: 'reviewed' }, 'budget { status }');
    expect((await watch.next()).data.budgetChanged).toMatchObject({ from: 'FROZEN', to: 'ACTIVE' });
  });

  it('warns by an alert when the money runs out, louder when it does soon, and ends it on recovery', async () => {
    await using client = await connectClient(graph.url.replace('http', 'ws'), { authorization: `Bearer ${await graph.token('allocator')}` });
    const watch = client.subscribe(operation('runways'));
    expect((await watch.next()).data.runwayChanged).toMatchObject({ replayed: true, to: 'OK', runwayProjection: { status: 'OK', domain: { slug: 'infotech' } } });
    const balance = (amount: string) => done('recordBalance', { account: 'infotech-operating', day: `${started.toISOString().slice(0, 7)}-01`, amount, source: 'bank statement', reason: 'tried' }, 'balance { amount } events { type }');
    const next = async () => (await watch.next()).data.runwayChanged;
    expect((await balance('60000')).events).toEqual([{ type: 'org.finhub.runway.breached' }]);
    expect(await next()).toMatchObject({ replayed: false, type: 'org.finhub.runway.breached', from: 'OK', to: 'BREACHED', runwayProjection: { threshold: '10' } });
    expect(await until('the alert', async () => ((await alertOf('runway/infotech'))?.status === 'RAISED' ? alertOf('runway/infotech') : undefined))).toMatchObject({ severity: 'ERROR', title: 'The runway of infotech is below its threshold', domain: { slug: 'infotech' } });
    expect((await balance('60001')).events).toEqual([]);
    await balance('30000');
    expect(await next()).toMatchObject({ from: 'BREACHED', to: 'ESCALATED' });
    await until('the louder alert', async () => (await alertOf('runway/infotech')).severity === 'CRITICAL');
    await balance('200000');
    expect(await next()).toMatchObject({ type: 'org.finhub.runway.recovered', from: 'ESCALATED', to: 'OK' });
    await until('its end', async () => (await alertOf('runway/infotech')).status === 'RESOLVED');
  });

  it('warns by an alert when a budget reaches a threshold, and ends it when the budget has more', async () => {
    const [year, today] = [started.getUTCFullYear(), started.toISOString().slice(0, 10)];
    const { budget } = await done('draftBudget', { name: 'Custody', domain: 'custodian', currency: 'USD', periodStart: `${year}-01-01`, periodEnd: `${year + 1}-01-01`, allocated: '10000', actualThresholds: [50], forecastThresholds: [] }, 'budget { id }');
    await done('activateBudget', { id: budget.id }, 'budget { status }');
    const { commitment } = await done('proposeCommitment', { budgetId: budget.id, title: 'Audit', kind: 'CONTRACT', amount: '6000', cadence: 'ONCE', start: today }, 'commitment { id }');
    await done('signCommitment', { id: commitment.id }, 'commitment { status }');
    await done('recordPayment', { id: commitment.id, amount: '6000', paidOn: today, source: 'bank', reference: '1' }, 'payment { amount { amount } }');
    const key = `budget/${budget.id}/actual/50`;
    await until('the alert', async () => (await alertOf(key))?.status === 'RAISED');
    expect(await alertOf(key)).toMatchObject({ severity: 'ERROR', title: 'A budget of custodian has reached its threshold of 50 %', domain: { slug: 'custodian' } });
    expect((await post('{ stateSummary { budgetAlerts { kind threshold budget { name } } } }')).data.stateSummary.budgetAlerts).toContainEqual({ kind: 'ACTUAL', threshold: 50, budget: { name: 'Custody' } });
    await done('reviseBudget', { id: budget.id, allocated: '20000', reason: 'the audit is paid from it' }, 'budget { allocated { amount } }');
    await until('its end', async () => (await alertOf(key)).status === 'RESOLVED');
  });
});
