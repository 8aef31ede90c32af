import { parse } from 'graphql';
import type { Hub } from '@hubgraph/kit/hub';
import { identityOf, systemIdentity } from '@hubgraph/kit/identity';
import { addDays, addMonths, dayOf, monthOf } from './money/calendar.ts';

/** Verbs of people are for people's roles. */
const lena = identityOf({ sub: 'lena', roles: ['allocator'] });
const system = systemIdentity('sample');
const SOURCE = 'sample';
const EMPLOYED = 'Two operators';

interface Named {
  readonly id: string;
  readonly status: string;
}
interface Signed extends Named {
  readonly start: string;
}
type Ask = (verb: string, input: object, fields?: string, identity?: typeof lena) => Promise<Record<string, any> | null>; // eslint-disable-line @typescript-eslint/no-explicit-any -- it reads whatever it asked for

/** Charges of September 2024, as the acceptance query of costs asks for them. */
const OLD_CHARGES = [
  ['2024-09-1', 'AWS', 'Amazon Elastic Compute Cloud', '812.4056102', 'core-hub'],
  ['2024-09-2', 'AWS', 'Amazon Relational Database Service', '240.7532270852', 'core-hub'],
  ['2024-09-3', 'Microsoft', 'Azure Kubernetes Service', '158.088', 'core-hub'],
  ['2024-09-4', 'AWS', 'Amazon Simple Storage Service', '61.33', 'warehouse'],
  ['2024-09-5', 'AWS', 'AWS Support', '100', 'shared'],
  ['2024-09-6', 'Oracle', 'COMPUTE', '0.53707392473', null],
] as const;

const charge = (sourceKey: string, provider: string, serviceName: string, billedCost: string, start: string, application: string | null) => ({
  sourceKey, provider, serviceName, billedCost, currency: 'USD', start, end: addDays(start, 1), account: 'infotech-cloud', tags: application === null ? [] : [{ key: 'application', value: application }],
});

/** A week's charges by the days of its Monday: the same for the same week whenever the sample is made. */
function weekly(today: string): object[] {
  const charges: object[] = [];
  // 1970-01-05 was a Monday
  const week = Math.floor((Date.parse(addDays(today, -150)) / 86_400_000 + 3) / 7);
  for (let number = week; ; number++) {
    const monday = dayOf(new Date((number * 7 - 3) * 86_400_000));
    if (monday > today) return charges;
    const cents = String(10 + ((number * 37) % 80));
    charges.push(
      charge(`ec2-${monday}`, 'AWS', 'Amazon Elastic Compute Cloud', `${290 + ((number * 13) % 45)}.${cents}`, monday, 'core-hub'),
      charge(`aks-${monday}`, 'Microsoft', 'Azure Kubernetes Service', `${80 + ((number * 7) % 20)}.${cents}`, monday, 'warehouse'),
      charge(`support-${monday}`, 'AWS', 'AWS Support', '24.5', monday, 'shared'),
    );
  }
}

/** Uses of models on yesterday and today. */
function uses(today: string): object[] {
  return [addDays(today, -1), today].flatMap((day) =>
    [
      { model: 'claude-opus-4-6', input: 182_400, cachedInput: 2_310_000, cacheWrite: 96_500, output: 48_200, cost: '3.8763', minute: '00' },
      { model: 'claude-haiku-4-5', input: 640_000, cachedInput: 120_000, cacheWrite: 0, output: 31_000, cost: '0.807', minute: '01' },
    ].map(({ minute, ...use }) => ({ ...use, sourceKey: `${day}-${use.model}`, provider: 'Anthropic', at: `${day}T00:${minute}:00.000Z`, currency: 'USD', session: `sample-${day}`, domain: 'infotech', service: 'core-hub', workstream: 'CUST-WP-0025' })),
  );
}

/** Puts this hub's part of the sample organisation in, by its own mutations; what is there already stays as it is. */
export async function sample(hub: Hub): Promise<void> {
  const today = dayOf(new Date());
  const month = monthOf(today);
  const execute = async (text: string, variables: object, identity = lena): Promise<Record<string, any>> => { // eslint-disable-line @typescript-eslint/no-explicit-any -- as above
    const result = await hub.execute({ document: parse(text), variables: { ...variables }, identity, requestId: 'sample' });
    if (result.errors) throw new Error(`sample data: ${result.errors.map(({ message }) => message).join(' ')}`);
    return result.data!;
  };
  const ask: Ask = async (verb, input, fields = '__typename', identity = lena) => {
    const data = await execute(`mutation ($input: ${verb[0]!.toUpperCase()}${verb.slice(1)}Input!) { ${verb}(input: $input) { ${fields} errors { code message } } }`, { input }, identity);
    const wrong = (data[verb].errors as { code: string; message: string }[]).filter(({ code }) => code !== 'DUPLICATE');
    if (wrong.length > 0) throw new Error(`sample data: ${verb}: ${wrong.map(({ message }) => message).join(' ')}`);
    return data[verb];
  };

  await ask('recordExchangeRates', { rates: [{ from: 'EUR', to: 'USD', day: '2024-09-02', rate: '1.1087', source: 'ECB' }] });
  for (const rule of [
    { name: 'Core hub, by its tag', kind: 'TAG', priority: 10, match: { tag: 'application', values: ['core-hub'] }, targets: [{ domain: 'infotech', service: 'core-hub' }] },
    { name: 'Warehouse, by its tag', kind: 'TAG', priority: 20, match: { tag: 'application', values: ['warehouse'] }, targets: [{ domain: 'infotech', service: 'warehouse' }] },
    { name: 'What services share', kind: 'RATIO', priority: 30, match: { tag: 'application', values: ['shared'] }, targets: [{ domain: 'infotech', service: 'core-hub', ratio: '0.6' }, { domain: 'infotech', service: 'warehouse', ratio: '0.3' }, { domain: 'custodian', service: 'state-hub', ratio: '0.1' }] },
  ]) await ask('addAttributionRule', rule);
  await ask('recordCost', { source: SOURCE, costs: [...OLD_CHARGES.map(([key, provider, service, cost, application], index) => charge(key, provider, service, cost, `2024-09-${10 + index}`, application)), ...weekly(today)] });
  await ask('recordTokenSpend', { source: SOURCE, spend: uses(today) }, '__typename', system);

  await budgetsOf(today, ask, execute);
  await accountsOf(month, ask, execute);
  // after what it stands on, so that it is not breached before the balances are there
  await ask('setRunwayPolicy', { domain: 'infotech', currency: 'USD', threshold: '10', secondThreshold: '5' });
}

/** The budget of the year, its two halves, and what is signed in the present one. */
async function budgetsOf(today: string, ask: Ask, execute: (text: string, variables: object) => Promise<Record<string, any>>): Promise<void> { // eslint-disable-line @typescript-eslint/no-explicit-any -- as above
  const year = Number(today.slice(0, 4));
  const [january, july, next] = [`${year}-01-01`, `${year}-07-01`, `${year + 1}-01-01`];
  const there = await execute('{ budgets(filter: { domains: ["infotech"] }, first: 200) { nodes { id name status } } commitments(filter: { domains: ["infotech"] }, first: 200) { nodes { id title status start } } }', {});
  const budgets = new Map<string, Named>(there['budgets'].nodes.map((node: Named & { name: string }) => [node.name, node]));
  const commitments = new Map<string, Signed>(there['commitments'].nodes.map((node: Signed & { title: string }) => [node.title, node]));
  const budget = async (name: string, input: object): Promise<string> => {
    const { id, status } = budgets.get(name) ?? ((await ask('draftBudget', { name, domain: 'infotech', currency: 'USD', owner: 'jonas', ...input }, 'budget { id status }'))!['budget'] as Named);
    if (status === 'DRAFT') await ask('activateBudget', { id });
    return id;
  };
  const parentId = await budget(`Information technology ${year}`, { periodStart: january, periodEnd: next, allocated: '200000', actualThresholds: [80, 100], forecastThresholds: [100] });
  const halves = [
    await budget(`Information technology ${year}, first half`, { periodStart: january, periodEnd: july, allocated: '92000', parentId }),
    await budget(`Information technology ${year}, second half`, { periodStart: july, periodEnd: next, allocated: '92000', parentId, forecastThresholds: [90, 100] }),
  ];
  const start = today < july ? january : july;
  const budgetId = today < july ? halves[0]! : halves[1]!;
  for (const [title, input] of [
    [EMPLOYED, { kind: 'SALARY', amount: '10400', cadence: 'MONTHLY' }],
    ['Source hosting', { kind: 'SUBSCRIPTION', supplier: 'Forge', amount: '320', cadence: 'MONTHLY' }],
    ['Support for the database', { kind: 'CONTRACT', supplier: 'Postgres people', amount: '3600', cadence: 'QUARTERLY' }],
  ] as const) {
    const { id, status, start: begun } = commitments.get(title) ?? ((await ask('proposeCommitment', { budgetId, title, start, ...input }, 'commitment { id status start }'))!['commitment'] as Signed);
    if (status === 'PROPOSED') await ask('signCommitment', { id });
    if (title !== EMPLOYED) continue;
    for (let paid = monthOf(begun); `${paid}-01` <= today; paid = addMonths(paid, 1)) await ask('recordPayment', { id, amount: '10400', paidOn: `${paid}-01`, source: SOURCE, reference: `salary-${paid}` });
  }
}

async function accountsOf(month: string, ask: Ask, execute: (text: string, variables: object) => Promise<Record<string, any>>): Promise<void> { // eslint-disable-line @typescript-eslint/no-explicit-any -- as above
  for (const account of [
    { slug: 'infotech-operating', name: 'Operating account', domain: 'infotech', currency: 'USD' },
    { slug: 'infotech-euro', name: 'Account for suppliers in Europe', domain: 'infotech', currency: 'EUR' },
    { slug: 'infotech-deposit', name: 'Deposit', domain: 'infotech', currency: 'USD', liquid: false },
  ]) await ask('registerAccount', account);
  for (const [back, amount] of [[2, '139400'], [1, '128700'], [0, '118000']] as const) await ask('recordBalance', { account: 'infotech-operating', day: `${addMonths(month, -back)}-01`, amount, source: 'bank statement' });
  await ask('recordBalance', { account: 'infotech-euro', day: `${month}-01`, amount: '4200', source: 'bank statement' });
  await ask('recordBalance', { account: 'infotech-deposit', day: `${month}-01`, amount: '50000', source: 'bank statement' });
  const there = await execute('{ incomes(domains: ["infotech"]) { totalCount } }', {});
  if (there['incomes'].totalCount === 0) await ask('recordIncome', { domain: 'infotech', title: 'Share of the other domains', amount: '3000', currency: 'USD', start: `${addMonths(month, -6)}-01` });
}
