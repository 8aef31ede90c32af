import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sum } from '../money/decimal.ts';
import { BrokenFile, type Charge, type CostFormat, type Entry } from './entry.ts';
import { CHARGE, focusFile } from './focus.fixture.ts';
import { formatOf, readCharges, readUsage, type FormatOptions } from './formats.ts';
import { Occurrences, identityOf } from './identity.ts';
import { mappingOf } from './mapping.ts';
import { costOf, pricesOf } from './prices.ts';

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url));

/** The bytes in small pieces, so that nothing depends on where they are cut. */
async function* inPieces(bytes: Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function all<Row>(entries: AsyncGenerator<Entry<Row>[]>): Promise<{ rows: Row[]; problems: { line: number; problem: string }[] }> {
  const read: Entry<Row>[] = [];
  for await (const some of entries) read.push(...some);
  return { rows: read.flatMap((entry) => ('row' in entry ? [entry.row] : [])), problems: read.filter((entry) => 'problem' in entry) };
}
const charges = (format: CostFormat, bytes: Uint8Array | string, options?: FormatOptions) => all(readCharges(format, inPieces(typeof bytes === 'string' ? Buffer.from(bytes) : bytes), options));

describe('FOCUS', () => {
  it('reads what exports get wrong', async () => {
    const { rows, problems } = await charges('focus', `\uFEFF${focusFile([
      { BilledCost: '1.50', ChargePeriodStart: '2024-09-18 22:00:00', ChargePeriodEnd: '2024-09-19T01:00:00+02:00', ChargeFrequency: 'Usage-based', ChargeCategory: 'usage', ServiceName: 'NULL', PricingCategory: '', Tags: '{" org": "a", "n": 1, "none": null}', Id: '7', ProviderName: 'Müller "& Söhne", Inc.' },
      { BilledCost: '2.1E-5', ListUnitPrice: '0.00000000000000000012', Tags: 'no json', InvoiceId: 'I-1', 'x_Cost Center': 'a\nb' },
    ], { ...CHARGE, ListCost: 'NULL' }).replaceAll('\n', '\r\n')}`);
    expect(problems).toEqual([]);
    expect(rows[0]).toMatchObject({ billedCost: '1.5', listCost: null, chargePeriodStart: '2024-09-18T22:00:00.000Z', chargePeriodEnd: '2024-09-18T23:00:00.000Z', chargeFrequency: 'Usage-Based', chargeCategory: 'Usage', serviceName: '(none)', pricingCategory: null, tags: { org: 'a', n: '1', none: null }, more: { Id: '7' }, providerName: 'Müller "& Söhne", Inc.' });
    expect(rows[1]).toMatchObject({ billedCost: '0.000021', listUnitPrice: '0', tags: {}, more: { Tags: 'no json', InvoiceId: 'I-1', ListUnitPrice: '0.00000000000000000012' } });
  });

  it('keeps numbers of tags as they are written', async () => {
    const { rows } = await charges('focus', focusFile([{ Tags: '{"account": 12345678901234567890123, "share": 1.10, "of": {"n": 1}, "on": true}' }, { Tags: '[{"Key": "account", "Value": 1e2}]' }]));
    expect(rows.map(({ tags }) => tags)).toEqual([{ account: '12345678901234567890123', share: '1.10', of: '{"n":1}', on: 'true' }, { account: '1e2' }]);
  });

  it('reads 1.3 without the columns that it deprecates', async () => {
    const { ProviderName: _dropped, ...rest } = CHARGE;
    const { rows } = await charges('focus', focusFile([{}, { AllocatedMethodId: 'm', AllocatedResourceId: 'pod-1' }, { AllocatedMethodId: 'm', AllocatedResourceId: 'pod-2' }], { ...rest, ServiceProviderName: 'AWS', HostProviderName: 'Host' }));
    expect(rows[0]).toMatchObject({ providerName: 'AWS', more: { ServiceProviderName: 'AWS', HostProviderName: 'Host' } });
    expect(new Set(rows.map((row) => identityOf(row).toString('hex'))).size).toBe(3);
  });

  it.each([
    [{ BilledCost: '' }, 'BilledCost is missing'], [{ BilledCost: 'NaN' }, 'NaN'], [{ BilledCost: '1,000.00' }, 'Thousands'], [{ BilledCost: '0.0000000000000000001' }, 'behind the point'], [{ BillingCurrency: 'dollars' }, 'currency'],
    [{ ChargeCategory: 'Fun' }, 'Usage, Purchase'], [{ ChargePeriodStart: '2024-02-30' }, 'not a time'], [{ ChargePeriodStart: '18.09.2024' }, 'not a time'], [{ ChargePeriodEnd: '2024-09-01' }, 'before ChargePeriodStart'],
    [{ ServiceName: 'x'.repeat(501) }, '501 characters'], [{ Tags: '{"a": "\\u0000"}' }, 'character'],
  ])('refuses %j with its line and reason, and goes on', async (wrong, reason) => {
    const { rows, problems } = await charges('focus', focusFile([{}, wrong, {}]));
    expect(problems).toEqual([{ line: 3, problem: expect.stringContaining(reason) }]);
    expect(rows).toHaveLength(2);
  });

  it.each([
    ['', 'empty'], ['a,b\n1,2\n', 'lacks the FOCUS columns'], [focusFile([{}]).replace('ListCost', 'billed_cost'), 'there twice'], [`${focusFile([{}])}"open`, 'Not valid CSV'],
  ])('breaks on %j', async (text, reason) => {
    await expect(charges('focus', text)).rejects.toThrow(reason);
    await expect(charges('focus', text)).rejects.toBeInstanceOf(BrokenFile);
  });
  it('refuses other encodings than UTF-8, and rows of another length', async () => {
    await expect(charges('focus', Buffer.from(focusFile([{}]), 'utf16le'))).rejects.toThrow('NUL');
    await expect(charges('focus', Buffer.from(focusFile([{ ServiceName: 'é' }]), 'latin1'))).rejects.toThrow('not UTF-8');
    expect((await charges('focus', `${focusFile([{}])}1,2\n`)).problems).toEqual([{ line: 3, problem: expect.stringContaining('2 columns') }]);
  });
});

describe('reports', () => {
  const anthropic = (result: object, bucket: object = {}) => JSON.stringify({ data: [{ starting_at: '2025-03-01T00:00:00Z', ending_at: '2025-03-02T00:00:00Z', ...bucket, results: [{ currency: 'USD', amount: '1', ...result }] }] });
  const openai = (result: object, bucket: object = {}) => JSON.stringify({ data: [{ start_time: 1_740_787_200, end_time: 1_740_873_600, ...bucket, results: [{ amount: { value: 1, currency: 'usd' }, ...result }] }] });

  it('refuse what ends before it starts, and texts without bound', async () => {
    const reasons = async (format: CostFormat, text: string) => (await charges(format, text)).problems.map(({ problem }) => problem);
    expect(await reasons('anthropic-cost', anthropic({}, { ending_at: '2025-02-28T00:00:00Z' }))).toEqual(['It ends before it starts.']);
    expect(await reasons('openai-costs', openai({}, { end_time: 1 }))).toEqual(['It ends before it starts.']);
    expect(await reasons('anthropic-cost', anthropic({ workspace_id: 'w'.repeat(501) }))).toEqual([expect.stringContaining('subAccountId has 501 characters')]);
    expect(await reasons('openai-costs', openai({ line_item: 'l'.repeat(10_001) }))).toEqual([expect.stringContaining('10001 characters')]);
    const { problems } = await all(readUsage('anthropic-usage', inPieces(Buffer.from(anthropic({ model: 'm'.repeat(501), output_tokens: 1 })))));
    expect(problems).toEqual([{ line: 1, problem: expect.stringContaining('model has 501 characters') }]);
  });

  it('refuse usage whose price is more than an amount holds', () => {
    const read = pricesOf({ currency: 'USD', prices: [{ provider: 'Anthropic', model: '*', input: '999999999999', cachedInput: '0', cacheWrite: '0', output: '0' }] });
    const use = { provider: 'Anthropic', model: 'm', input: 10n ** 17n, cachedInput: 0n, cacheWrite: 0n, output: 0n };
    expect(() => costOf(use, (read as { prices: Parameters<typeof costOf>[1] }).prices)).toThrow('20 digits before the point');
  });
});
describe('CSV by a mapping', () => {
  const mapping = (value: object) => {
    const read = mappingOf(value);
    if ('problems' in read) throw new Error(read.problems.join('; '));
    return read.mapping;
  };
  const hoster = { delimiter: ';', encoding: 'iso-8859-1', dates: 'DD.MM.YYYY', decimal: 'comma', thousands: '.', columns: { billedCost: 'Betrag', chargePeriodStart: 'Von', serviceName: 'Produkt' }, constants: { providerName: 'Hoster', billingCurrency: 'EUR' }, key: ['Rechnung', 'Pos'], tags: { application: 'Projekt' }, skip: [{ column: 'Pos', values: ['Summe'] }] };

  it('reads an invoice with decimal commas and days in their own order', async () => {
    const { rows, problems } = await charges('csv', Buffer.from('Rechnung;Pos;Von;Produkt;Projekt;Betrag\nR1;1;01.09.2024;Server für alle;core;1.234,56\nR1;2;01.09.2024;IP;;-0,5\nR1;3;01.09.2024;IP;;1.23,4\nR1;Summe;;;;1.234,06\n', 'latin1'), { mapping: mapping(hoster) });
    expect(rows).toMatchObject([
      { key: 'R1/1', billedCost: '1234.56', effectiveCost: '1234.56', billingCurrency: 'EUR', chargePeriodStart: '2024-09-01T00:00:00.000Z', chargePeriodEnd: '2024-10-01T00:00:00.000Z', billingPeriodStart: '2024-09-01T00:00:00.000Z', serviceName: 'Server für alle', tags: { application: 'core' }, more: { Rechnung: 'R1', Pos: '1' } },
      { key: 'R1/2', billedCost: '-0.5', tags: { application: null } },
    ]);
    expect(problems).toEqual([{ line: 4, problem: expect.stringContaining('thousands') }]);
  });

  it('says what is wrong with a mapping, and with a file that lacks its columns', async () => {
    expect(mappingOf({ columns: { billedCots: 'x' } })).toMatchObject({ problems: expect.any(Array) });
    for (const delimiter of ['"', '\n', '\r']) expect(mappingOf({ ...hoster, delimiter })).toEqual({ problems: ['delimiter: no quote and no line break'] });
    await expect(charges('csv', 'a;b\n', { mapping: mapping(hoster) })).rejects.toThrow('lacks the columns Betrag');
  });
});

describe('reports', () => {
  it('turns cents of Anthropic into dollars, exactly', async () => {
    const { rows, problems } = await charges('anthropic-cost', fixture('anthropic-cost.json'));
    expect(rows.map(({ billedCost }) => billedCost)).toEqual(['1.2378912', '0.000000000000000001', '20']);
    expect(rows[0]).toMatchObject({ billingCurrency: 'USD', providerName: 'Anthropic', skuId: 'claude-sonnet-4-5/uncached_input_tokens', subAccountId: 'wrkspc_1', chargePeriodStart: '2024-09-01T00:00:00.000Z' });
    expect(problems).toEqual([{ line: 4, problem: expect.stringContaining('16 digits') }]);
  });

  it('reads the four classes of Anthropic\'s usage, and prices them', async () => {
    const { rows } = await all(readUsage('anthropic-usage', inPieces(fixture('anthropic-usage.json'))));
    expect(rows).toMatchObject([{ provider: 'Anthropic', model: 'claude-sonnet-4-5', input: 1_500n, cachedInput: 200n, cacheWrite: 1_500n, output: 500n, cost: null }]);
    const read = pricesOf({ currency: 'USD', prices: [{ provider: 'anthropic', model: 'claude-sonnet-*', input: '3', cachedInput: '0.3', cacheWrite: '3.75', output: '15' }] });
    if ('problems' in read) throw new Error(read.problems.join());
    expect(costOf(rows[0]!, read.prices)).toBe('0.017685');
    expect(costOf({ ...rows[0]!, model: 'other' }, read.prices)).toBeNull();
  });

  it('takes cached tokens out of OpenAI\'s input tokens', async () => {
    const { rows, problems } = await all(readUsage('openai-usage', inPieces(fixture('openai-usage.json'))));
    expect(rows).toMatchObject([{ provider: 'OpenAI', model: 'gpt-4o', at: '2024-11-01T00:00:00.000Z', input: 150n, cachedInput: 800n, cacheWrite: 50n, output: 500n }]);
    expect(problems).toEqual([{ line: 2, problem: expect.stringContaining('includes the cached ones') }]);
  });

  it('keeps OpenAI\'s amounts as they are written', async () => {
    const { rows } = await charges('openai-costs', fixture('openai-costs.json'));
    expect(rows.map(({ billedCost }) => billedCost)).toEqual(['0.06', '0.100000000000000006']);
    expect(rows[0]).toMatchObject({ billingCurrency: 'USD', chargeDescription: 'gpt-4o, input', subAccountId: 'proj_1' });
  });

  it('reads OpenCost with what is idle', async () => {
    const { rows } = await charges('opencost', fixture('opencost.json'), { currency: 'EUR' });
    expect(sum(rows.map(({ billedCost }: Charge) => billedCost))).toBe('1.75');
    expect(rows).toMatchObject([{ serviceName: 'core', resourceId: 'core', billingCurrency: 'EUR', tags: { app: 'hub' }, more: { cpuCost: '0.25' } }, { serviceName: '__idle__' }]);
  });

  it('finds the format of a file by how it begins', () => {
    expect(['anthropic-cost', 'anthropic-usage', 'openai-costs', 'openai-usage', 'opencost'].map((name) => formatOf(fixture(`${name}.json`).toString()))).toEqual(['anthropic-cost', 'anthropic-usage', 'openai-costs', 'openai-usage', 'opencost']);
    expect([formatOf(focusFile([{}])), formatOf('a,b'), formatOf('{}'), formatOf('')]).toEqual(['focus', null, null, null]);
  });

  it.each([['{', 'not JSON'], ['', 'empty'], ['{}', 'no list data'], ['{"data": [1]}', 'bucket'], ['[]', '']])('breaks on %j, or finds nothing', async (text, reason) => {
    if (reason === '') expect(await charges('anthropic-cost', text)).toEqual({ rows: [], problems: [] });
    else await expect(charges('anthropic-cost', text)).rejects.toThrow(reason);
  });
});

describe('occurrences', () => {
  it('are counted as a map counts them', async () => {
    const [row] = (await charges('focus', focusFile([{}]))).rows;
    const met = new Occurrences();
    const reference = new Map<string, number>();
    for (let index = 0; index < 20_000; index++) {
      const resourceId = `r${(index * 7_919) % 9_001}`;
      const before = reference.get(resourceId) ?? 0;
      reference.set(resourceId, before + 1);
      expect(met.next(identityOf({ ...row!, resourceId }))).toBe(before);
    }
  });
});
