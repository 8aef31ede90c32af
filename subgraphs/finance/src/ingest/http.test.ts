import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDoor, type HubDoor } from '@hubgraph/kit/hub-door';
import { PublicError } from '@hubgraph/kit/errors';
import type { Verifier } from '@hubgraph/kit/identity/verify';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { until } from '../../../../test/harness/until.ts';
import { definition } from '../subgraph.ts';
import { focusFile, SAMPLE_TRUTH, samplePath } from '../import/focus.fixture.ts';

const ROLES = { allocator: as('allocator'), viewer: as('viewer'), steward: as('steward') };
const verifier: Verifier = {
  verify: (authorization) => {
    const identity = ROLES[(authorization ?? '').replace('Bearer ', '') as keyof typeof ROLES];
    return identity === undefined ? Promise.reject(new PublicError('UNAUTHENTICATED', 'no')) : Promise.resolve(identity);
  },
};
const NOW = new Date('2024-11-05T12:00:00Z');
const silent = pino({ level: 'silent' });

let hub: TestHub;
let door: HubDoor;
beforeEach(async () => {
  hub = await startTestHub(definition, { verifier, log: silent, clock: { now: () => NOW } as never, publicUrl: () => door.url });
  door = await openDoor(hub.hub, { host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  await door.close();
  await hub[Symbol.asyncDispose]();
});

async function send(query: Record<string, string>, body: string | Uint8Array, { token = 'allocator', headers = {} }: { token?: string; headers?: Record<string, string> } = {}) {
  const answer = await fetch(`${door.url}/finance/imports?${new URLSearchParams(query)}`, { method: 'POST', headers: { ...(token !== '' && { authorization: `Bearer ${token}` }), ...headers }, body: body as BodyInit });
  return { status: answer.status, body: (await answer.json()) as Record<string, any> }; // eslint-disable-line @typescript-eslint/no-explicit-any -- tests read whatever they asked for
}
const sums = async (where = 'true') => (await hub.database.sql.query<Record<string, string>>(`SELECT count(*)::int AS rows, trim_scale(sum("billedCost"))::text AS billed, trim_scale(sum("effectiveCost"))::text AS effective, trim_scale(sum("listCost"))::text AS list, trim_scale(sum("contractedCost"))::text AS contracted FROM "CostRow" WHERE "current" AND ${where}`))[0]!;
const parts = async () => (await hub.database.sql.query<Record<string, string>>(`SELECT trim_scale(sum("billedCost"))::text AS billed, count(DISTINCT "rowId")::int AS rows FROM "Allocation"`))[0]!;

describe('files of costs', () => {
  it('meets every sum of the FOCUS sample to the last digit, and the same file again changes nothing', async () => {
    const sample = await readFile(samplePath).catch(() => null);
    if (sample === null) return; // the data is not part of the repository
    const first = await send({ format: 'focus', file: 'sample.csv' }, sample);
    expect(first).toMatchObject({ status: 200, body: { read: 1_000, new: 1_000, unchanged: 0, corrected: 0, refused: 0, refusals: [], broken: null, months: ['2024-09', '2024-10'] } });
    expect(await sums()).toEqual(SAMPLE_TRUTH.all);
    for (const [provider, billed] of Object.entries(SAMPLE_TRUTH.byProvider)) expect((await sums(`"providerName" = '${provider}'`)).billed).toBe(billed);
    for (const [service, billed] of Object.entries(SAMPLE_TRUTH.byService)) expect((await sums(`"serviceName" = '${service}'`)).billed).toBe(billed);
    expect((await sums(`"tags" ->> 'application' = 'BrightPathMatrix'`)).billed).toBe('15.9580993182');
    expect(await sums(`NOT jsonb_exists("tags", 'application') OR "tags" ->> 'application' IS NULL`)).toMatchObject({ rows: 340, billed: '0.27416448666' });
    expect(await sums(`"month" = '2024-09'`)).toMatchObject({ rows: 999 });
    expect(await sums(`"chargeFrequency" = 'Usage-Based'`)).toMatchObject({ rows: 999 });
    expect(await parts()).toEqual({ billed: SAMPLE_TRUTH.all.billed, rows: 1_000 });

    const again = await send({ format: 'focus', file: 'sample.csv' }, sample);
    expect(again.body).toMatchObject({ read: 1_000, new: 0, unchanged: 1_000, corrected: 0 });
    expect(await sums()).toEqual(SAMPLE_TRUTH.all);
    expect(await hub.database.sql.query(`SELECT count(*)::int AS n FROM "CostRow"`)).toEqual([{ n: 1_000 }]);
    const { costImports } = await hub.ask(`{ costImports { nodes { format source file new unchanged finishedAt sha256 } } }`, {}, ROLES.allocator);
    expect(costImports.nodes).toMatchObject([{ new: 0, unchanged: 1_000, sha256: SAMPLE_TRUTH.sha256 }, { new: 1_000, source: 'focus', file: 'sample.csv', sha256: SAMPLE_TRUTH.sha256 }]);
  });

  it('writes nothing in a dry run, and tells the same', async () => {
    const answer = await send({ format: 'focus', dryRun: 'true' }, focusFile([{ BilledCost: '1' }, { BilledCost: 'x' }]));
    expect(answer.body).toMatchObject({ importId: null, read: 2, new: 1, refused: 1, refusals: [{ line: 3, reason: expect.stringContaining('BilledCost') }] });
    expect(await hub.database.sql.query(`SELECT (SELECT count(*) FROM "CostRow")::int AS rows, (SELECT count(*) FROM "CostImport")::int AS imports, (SELECT count(*) FROM "BillingPeriod")::int AS months`)).toEqual([{ rows: 0, imports: 0, months: 0 }]);
  });

  it('keeps rows that are alike in all but their amounts apart', async () => {
    await send({ format: 'focus' }, focusFile([{ BilledCost: '1' }, { BilledCost: '1' }, { BilledCost: '2' }]));
    expect(await sums()).toMatchObject({ rows: 3, billed: '4' });
    expect((await send({ format: 'focus' }, focusFile([{ BilledCost: '1' }, { BilledCost: '1' }, { BilledCost: '2' }]))).body).toMatchObject({ unchanged: 3, new: 0 });
  });

  it('lets a changed row take the place of the old one while the month is open, there and back', async () => {
    for (const [cost, outcome] of [['1', { new: 1 }], ['2.5', { corrected: 1 }], ['1', { corrected: 1 }], ['2.5', { corrected: 1 }], ['2.5', { unchanged: 1, corrected: 0 }]] as const) {
      expect((await send({ format: 'focus' }, focusFile([{ BilledCost: cost }]))).body).toMatchObject(outcome);
      expect(await sums()).toMatchObject({ rows: 1, billed: cost });
      expect(await parts()).toEqual({ rows: 1, billed: cost });
    }
  });

  it('corrects a closed month by the difference in the open one', async () => {
    await send({ format: 'focus' }, focusFile([{ BilledCost: '1', ListCost: 'NULL' }]));
    expect((await hub.change('closePeriod', { month: '2024-09' }, 'period { status }', ROLES.allocator)).errors).toEqual([]);
    const corrected = await send({ format: 'focus' }, focusFile([{ BilledCost: '0.25', ListCost: '3' }]));
    expect(corrected.body).toMatchObject({ corrected: 1, months: ['2024-10'] });
    expect(await sums(`"month" = '2024-09'`)).toMatchObject({ rows: 1, billed: '1' });
    expect(await sums(`"month" = '2024-10'`)).toMatchObject({ rows: 1, billed: '-0.75', list: '3' });
    expect((await send({ format: 'focus' }, focusFile([{ BilledCost: '0.25', ListCost: '3' }]))).body).toMatchObject({ unchanged: 1, corrected: 0 });
    // while October is open, its correction is replaced; the whole is what the file says
    await send({ format: 'focus' }, focusFile([{ BilledCost: '7', ListCost: '3' }]));
    expect(await sums(`"month" = '2024-10'`)).toMatchObject({ rows: 1, billed: '6' });
    expect(await sums()).toMatchObject({ rows: 2, billed: '7', list: '3' });
    // a charge that nobody knew counts in the open month too
    expect((await send({ format: 'focus' }, focusFile([{ BilledCost: '4', ResourceId: 'late' }]))).body).toMatchObject({ new: 1, months: ['2024-10'] });
    expect(await parts()).toEqual({ rows: 3, billed: '11' });
  });

  it('puts each row on one side of a month that is closed meanwhile', async () => {
    const rows = Array.from({ length: 12_000 }, (_, index) => ({ BilledCost: '0.01', ResourceId: `r${index}` }));
    const importing = send({ format: 'focus' }, focusFile(rows));
    await until('the first rows', async () => Number((await sums()).rows) > 0, { every: 5 });
    await hub.change('closePeriod', { month: '2024-09' }, 'period { status }', ROLES.allocator);
    const { billed: closedWith } = await sums(`"month" = '2024-09'`);
    expect((await importing).body).toMatchObject({ new: 12_000 });
    expect((await sums(`"month" = '2024-09'`)).billed).toBe(closedWith);
    expect(await sums()).toMatchObject({ rows: 12_000, billed: '120' });
    expect(await parts()).toEqual({ rows: 12_000, billed: '120' });
  });

  it('lets two imports of one file at once bring every row in once', async () => {
    const file = focusFile(Array.from({ length: 9_000 }, (_, index) => ({ BilledCost: '0.01', ResourceId: `r${index}` })));
    const answers = await Promise.all([send({ format: 'focus' }, file), send({ format: 'focus' }, file)]);
    expect(answers.map(({ body }) => body.new + body.unchanged)).toEqual([9_000, 9_000]);
    expect(await sums()).toMatchObject({ rows: 9_000, billed: '90' });
  });

  it('keeps what came before a file broke or a sender went away, and goes on', async () => {
    const file = focusFile(Array.from({ length: 9_000 }, (_, index) => ({ BilledCost: '0.01', ResourceId: `r${index}` })));
    const broken = await send({ format: 'focus' }, Buffer.concat([Buffer.from(file), Buffer.from([0xff, 0xfe, 0x0a])]));
    expect(broken).toMatchObject({ status: 422, body: { broken: { reason: 'The file is not UTF-8.' } } });
    await new Promise<void>((resolve) => {
      const going = request(`${door.url}/finance/imports?format=focus`, { method: 'POST', headers: { authorization: 'Bearer allocator' } }).on('error', () => resolve());
      going.write(file.slice(0, file.length >> 1), () => going.destroy());
    });
    expect((await send({ format: 'focus' }, file)).body).toMatchObject({ read: 9_000, refused: 0 });
    expect(await sums()).toMatchObject({ rows: 9_000, billed: '90' });
    const { costImports } = await hub.ask(`{ costImports(filter: { finished: false }) { totalCount } }`, {}, ROLES.allocator);
    expect(costImports.totalCount).toBeGreaterThanOrEqual(1);
  });

  it('keeps every character of a row', async () => {
    const odd = { ServiceName: 'tab\there', ChargeDescription: 'a "b"\nc\\N \\t\u2028 é 😀', ResourceId: '\\', Tags: '{"k\\t": "v\\\\ \\"q\\" \\n"}', 'x_Note': 'one\r\ntwo\\.' };
    expect((await send({ format: 'focus' }, focusFile([odd]))).body).toMatchObject({ new: 1, refusals: [] });
    const [row] = await hub.database.sql.query(`SELECT "serviceName", "chargeDescription", "resourceId", "tags", "more" FROM "CostRow"`);
    expect(row).toEqual({ serviceName: odd.ServiceName, chargeDescription: odd.ChargeDescription, resourceId: odd.ResourceId, tags: { k: 'v\\ "q" \n' }, more: { x_Note: odd.x_Note } });
    expect((await send({ format: 'focus' }, focusFile([odd]))).body).toMatchObject({ unchanged: 1 });
  });

  it('keeps the packets that were written when the database ends its sessions, and a repeat completes them', async () => {
    const file = focusFile(Array.from({ length: 60_000 }, (_, index) => ({ BilledCost: '0.01', ResourceId: `r${index}` })));
    let answered = false;
    const cut = send({ format: 'focus' }, file).finally(() => (answered = true));
    // again and again: between two packets there is nothing that could be cut
    await until('a cut', async () => {
      if (Number((await sums()).rows) > 0) await hub.database.sql.query(`SELECT pg_terminate_backend("pid") FROM pg_stat_activity WHERE "application_name" LIKE '%imports' AND "datname" = current_database() AND "state" <> 'idle'`);
      return answered;
    }, { every: 1 });
    expect(await cut).toMatchObject({ status: 503, body: { code: 'HUB_UNAVAILABLE' } });
    const { rows } = await sums();
    expect(Number(rows) % 5_000).toBe(0);
    expect(await parts()).toMatchObject({ rows });
    expect((await send({ format: 'focus' }, file)).body).toMatchObject({ read: 60_000, unchanged: rows, new: 60_000 - Number(rows) });
    expect(await parts()).toEqual({ rows: 60_000, billed: '600' });
  });

  it('refuses a row whose key counts in a closed month in another currency, with its line', async () => {
    const mapping = Buffer.from(JSON.stringify({ columns: { billedCost: 'amount', billingCurrency: 'currency', chargePeriodStart: 'day' }, constants: { providerName: 'Hoster' }, key: ['id'] })).toString('base64url');
    const rows = (...lines: string[]) => send({ format: 'csv', source: 'hoster' }, `id,day,amount,currency\n${lines.join('\n')}\n`, { headers: { 'hubgraph-mapping': mapping } });
    await rows('1,2024-09-01,10,USD', '2,2024-09-01,20,USD');
    await hub.change('closePeriod', { month: '2024-09' }, 'period { status }', ROLES.allocator);
    expect((await rows('2,2024-09-01,20,USD', '1,2024-09-01,10,EUR', '3,2024-09-01,30,EUR')).body).toMatchObject({ read: 3, new: 1, unchanged: 1, corrected: 0, refused: 1, refusals: [{ line: 3, reason: expect.stringContaining('in USD') }] });
  });

  it('lets a file wait while three are read, and takes it in then', async () => {
    const file = focusFile([{ BilledCost: '1' }]);
    const begun = async () => Number((await hub.database.sql.query<{ n: string }>(`SELECT count(*)::text AS "n" FROM "CostImport"`))[0]!.n);
    const open = (source: string) => {
      const going = request(`${door.url}/finance/imports?format=focus&source=${source}`, { method: 'POST', headers: { authorization: 'Bearer allocator' } });
      going.write(file.slice(0, 20));
      return { going, over: new Promise<number>((resolve, reject) => going.on('response', (answer) => resolve(answer.resume().statusCode!)).on('error', reject)) };
    };
    const three = ['a', 'b', 'c'].map(open);
    await until('three are read', async () => (await begun()) === 3);
    // who goes away while waiting takes nobody's place
    const left = open('gone');
    left.over.catch(() => undefined);
    left.going.destroy();
    const fourth = send({ format: 'focus', source: 'd' }, file);
    three[1]!.going.end(file.slice(20));
    expect(await fourth).toMatchObject({ status: 200, body: { new: 1 } });
    for (const at of [0, 2]) three[at]!.going.end(file.slice(20));
    expect(await Promise.all(three.map(({ over }) => over))).toEqual([200, 200, 200]);
  });

  it('records an event without amounts', async () => {
    await send({ format: 'focus' }, focusFile([{ BilledCost: '12.34' }]));
    const [event] = await hub.database.sql.query<{ type: string; data: object }>(`SELECT * FROM "outbox" WHERE "type" LIKE '%costs.imported'`);
    expect(JSON.stringify(event)).toContain('2024-09');
    expect(JSON.stringify(event)).not.toContain('12.34');
  });
});

describe('who and what is let in', () => {
  it('asks for a token, the scope, a format and a mapping', async () => {
    expect(await send({ format: 'focus' }, '', { token: '' })).toMatchObject({ status: 401 });
    expect(await send({ format: 'focus' }, '', { token: 'viewer' })).toMatchObject({ status: 403 });
    expect(await send({ format: 'focus' }, '', { token: 'steward' })).toMatchObject({ status: 403 });
    expect(await send({ format: 'xlsx' }, '')).toMatchObject({ status: 400 });
    expect(await send({ format: 'csv' }, '')).toMatchObject({ status: 400 });
    expect(await send({ format: 'csv' }, '', { headers: { 'hubgraph-mapping': Buffer.from('{"columns":{}}').toString('base64url') } })).toMatchObject({ status: 422, body: { problems: expect.arrayContaining([expect.stringContaining('billedCost')]) } });
    expect(await send({ format: 'focus' }, '')).toMatchObject({ status: 422, body: { broken: { reason: 'The file is empty.' } } });
    expect((await fetch(`${door.url}/finance/imports`)).status).toBe(405);
  });

  it('says where files go', async () => {
    expect(await hub.ask(`{ costImportUrl }`, {}, ROLES.allocator)).toEqual({ costImportUrl: `${door.url}/finance/imports` });
  });
});
