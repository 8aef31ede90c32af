import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { definition as finance } from '@hubgraph/finance';
import { definition as governance } from '@hubgraph/governance';
import type { Role } from '@hubgraph/kit/identity';
import { buildSchemaFiles } from '../../scripts/schema/build.ts';
import { as } from '../harness/hub.ts';
import { startTestGraph, type TestGraph } from '../harness/hubs.ts';

// Finance is confidential: without its scope everything else of a query is answered, and the errors say what was withheld.

let folder: string;
let graph: TestGraph;
let budget: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'withheld-'));
  for (const [path, text] of buildSchemaFiles([governance, finance], []).files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  graph = await startTestGraph([governance, finance], { schema: join(folder, 'schema') });
  await graph.hubs.governance!.change('registerDomain', { slug: 'infotech', name: 'Infotech' }, 'domain { slug }', as('maintainer'));
  const input = { name: 'Cloud', domain: 'infotech', periodStart: '2026-01-01', periodEnd: '2027-01-01', currency: 'USD', allocated: '1000' };
  ({ budget: { id: budget } } = await graph.hubs.finance!.change('draftBudget', input, 'budget { id }', as('allocator')));
}, 60_000);
afterAll(async () => {
  await graph?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function ask(role: Role, query: string, variables: object = {}) {
  const response = await fetch(new URL('/graphql', graph.url), { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${await graph.token(role)}` }, body: JSON.stringify({ query, variables }) });
  return (await response.json()) as { data: any; errors?: { path: string[]; extensions: { code: string; missingScopes: string[] } }[] }; // eslint-disable-line @typescript-eslint/no-explicit-any -- tests read whatever they asked for
}
const QUERY = 'query ($budget: ID!) { domain(slug: "infotech") { name budgets { nodes { name allocated { amount currency } available { amount } domain { name } } } } budget(id: $budget) { name } budgets { totalCount } billingPeriods { totalCount } exchangeRates { totalCount } commitments { totalCount } }';

it('answers everything to who may read finance', async () => {
  for (const role of ['allocator', 'steward'] as const) {
    const { data, errors } = await ask(role, QUERY, { budget });
    expect(errors).toBeUndefined();
    expect(data.domain).toEqual({ name: 'Infotech', budgets: { nodes: [{ name: 'Cloud', allocated: { amount: '1000', currency: 'USD' }, available: { amount: '1000' }, domain: { name: 'Infotech' } }] } });
    expect(data.budget.name).toBe('Cloud');
  }
});

it('answers everything else to others, and names each field that it withholds with the scope', async () => {
  const { data, errors } = await ask('author', QUERY, { budget });
  expect(data).toEqual({ domain: { name: 'Infotech', budgets: null }, budget: null, budgets: null, billingPeriods: null, exchangeRates: null, commitments: null });
  expect(errors!.map(({ path }) => path.join('.')).sort()).toEqual(['billingPeriods', 'budget', 'budgets', 'commitments', 'domain.budgets', 'exchangeRates']);
  for (const { extensions } of errors!) expect(extensions).toMatchObject({ code: 'FORBIDDEN', missingScopes: ['finance:read'] });
});
