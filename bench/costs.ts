// Imports generated FOCUS rows over the finance hub's own door, twice: rows a second and the memory of the hub, beside floors of the same run.
// node bench/costs.ts [rows] (1,000,000 when left out)
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import Papa from 'papaparse';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { pino } from 'pino';
import { openDoor } from '@hubgraph/kit/hub-door';
import { systemClock } from '@hubgraph/kit/clock';
import { identityOf } from '@hubgraph/kit/identity';
import { COLLECT_EARLY, GIVE_BACK } from '../scripts/topology/hub-processes.ts';
import { definition } from '../subgraphs/finance/src/subgraph.ts';
import { makeDatabase, type FreshDatabase } from '../test/harness/postgres-pool.ts';
import { startOwnPostgres } from '../test/harness/own-postgres.ts';

const ROWS = Number(process.argv[2] ?? 1_000_000);
const [role, url] = process.argv.slice(3);
const NAMES = 'BilledCost,BillingAccountId,BillingCurrency,BillingPeriodEnd,BillingPeriodStart,ChargeCategory,ChargeDescription,ChargeFrequency,ChargePeriodEnd,ChargePeriodStart,ConsumedQuantity,ConsumedUnit,ContractedCost,EffectiveCost,InvoiceIssuerName,ListCost,PricingCategory,PricingQuantity,PricingUnit,ProviderName,PublisherName,RegionId,ResourceId,ServiceCategory,ServiceName,SkuId,SkuPriceId,SubAccountId,SubAccountName,Tags\n';

/** Rows as a provider exports them, day by day; 1,000 at once. */
function* file(): Generator<string> {
  let text = NAMES;
  for (let row = 0; row < ROWS; row++) {
    const day = String(1 + Math.floor((row / ROWS) * 28)).padStart(2, '0');
    const hour = String(row % 23).padStart(2, '0');
    const cost = `0.${String((row * 7_919) % 100_000).padStart(5, '0')}123456`;
    text += `${cost},1234567890123,USD,2024-10-01T00:00:00Z,2024-09-01T00:00:00Z,Usage,"$0.40 per million requests, Tier1",Usage-Based,2024-09-${day}T${hour}:59:59Z,2024-09-${day}T${hour}:00:00Z,${row % 50},Requests,${cost},${cost},"Amazon Web Services, Inc.",${cost},Standard,${row % 50},Requests,AWS,AWS,us-west-2,arn:aws:sqs:us-west-2:347410479675:queue-${row},Compute,Amazon Elastic Compute Cloud,G95FST5FTYV3JSRX,G95FST5FTYV3JSRX.JRTCKXETXF,51738928782,Atlas Nimbus,"{""application"": ""app-${row % 40}"", ""environment"": ""dev""}"\n`;
    if (row % 1_000 === 999) {
      yield text;
      text = '';
    }
  }
  yield text;
}

const mb = (bytes: number) => Math.round(bytes / 1_048_576);
const micros = ({ user, system }: NodeJS.CpuUsage) => Math.round(((user + system) / ROWS) * 10) / 10;

/** Sends the file and tells the hub's report. */
async function send(): Promise<void> {
  const begun = performance.now();
  const answer = await fetch(`${url}/finance/imports?format=focus&file=bench.csv`, { method: 'POST', headers: { authorization: 'Bearer x' }, body: Readable.toWeb(Readable.from(file())) as ReadableStream, duplex: 'half' } as RequestInit);
  const report = await answer.json();
  process.send!({ seconds: (performance.now() - begun) / 1_000, report, cpu: process.cpuUsage() });
  process.disconnect();
}

/** The hub as its processes are started; asked, it tells its peak of memory so far, as the kernel counted it, and its use of the processor. */
async function serve(): Promise<void> {
  const identity = identityOf({ sub: 'bench', roles: ['allocator'] });
  const hub = await definition.create({ databaseUrl: url!, cursorKeys: ['bench'], clock: systemClock, log: pino({ level: 'silent' }), verifier: { verify: async () => identity }, env: {} });
  await hub.start();
  const door = await openDoor(hub, { host: '127.0.0.1', port: 0 });
  const peak = async () => Math.round(Number(/VmHWM:\s+(\d+)/.exec(await readFile('/proc/self/status', 'utf8'))?.[1]) / 1_024);
  process.on('message', async () => process.send!({ peakMb: await peak(), cpu: process.cpuUsage(), ...Object.fromEntries(Object.entries(process.memoryUsage()).map(([part, bytes]) => [part, mb(bytes)])) }));
  process.once('disconnect', async () => {
    await door.close();
    await hub.stop();
  });
  process.send!({ url: door.url });
}

/** What reading the file costs by papaparse alone. */
async function parsing(): Promise<object> {
  const before = process.cpuUsage();
  const begun = performance.now();
  let cells = 0;
  for await (const record of Readable.from(file()).pipe(Papa.parse(Papa.NODE_STREAM_INPUT, { delimiter: ',' }))) cells += (record as string[]).length;
  return { rowsPerSecond: Math.round(ROWS / ((performance.now() - begun) / 1_000)), cpuMicrosPerRow: micros(process.cpuUsage(before)), cells };
}

/** What PostgreSQL needs for the same rows into the same tables, when they come ready to be written and all in one transaction. */
async function copying(databaseUrl: string): Promise<object> {
  const [source, target] = await Promise.all([0, 1].map(async () => {
    const client = new pg.Client({ connectionString: databaseUrl, options: '-c search_path=finance' });
    await client.connect();
    return client;
  }));
  await source!.query('CREATE TABLE "CostRowLike" (LIKE "CostRow" INCLUDING ALL); CREATE TABLE "AllocationLike" (LIKE "Allocation" INCLUDING ALL)');
  const begun = performance.now();
  for (const table of ['CostRow', 'Allocation']) await pipeline(source!.query(copyTo(`COPY "${table}" TO STDOUT`)), target!.query(copyFrom(`COPY "${table}Like" FROM STDIN`)));
  const seconds = (performance.now() - begun) / 1_000;
  await Promise.all([source!.end(), target!.end()]);
  return { seconds, rowsPerSecond: Math.round(ROWS / seconds) };
}

/** Seconds of the processor that PostgreSQL used so far, in the processes that it has now. */
async function postgresSeconds({ sql }: FreshDatabase): Promise<number> {
  const processes = await sql.query<{ pid: number }>(`SELECT "pid" FROM pg_stat_activity`);
  const ticks = await Promise.all(processes.map(({ pid }) => readFile(`/proc/${pid}/stat`, 'utf8').then((stat) => stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(11, 13).map(Number), () => [0, 0])));
  return ticks.flat().reduce((all, some) => all + some, 0) / 100;
}

async function messageOf<Message>(child: ChildProcess): Promise<Message> {
  return ((await once(child, 'message')) as [Message])[0];
}

async function measure(): Promise<void> {
  const server = await startOwnPostgres();
  const database = await makeDatabase(server.url, 'finance');
  // by tag to services, as charges usually are
  await database.sql.query(`INSERT INTO "AttributionRule" ("id", "name", "priority", "kind", "match", "targets", "createdBy", "createdAt", "updatedAt") VALUES (gen_random_uuid(), 'applications', 1, 'TAG', '{"tag": "application"}', '[{"service": "{value}", "domain": "infotech"}]', 'bench', now(), now())`);
  const hub = fork(import.meta.filename, [String(ROWS), 'serve', database.url], { execArgv: [...process.execArgv, ...COLLECT_EARLY, ...(process.env.BENCH_HUB_FLAGS?.split(' ') ?? [])], env: { ...GIVE_BACK, ...process.env } });
  const { url: door } = await messageOf<{ url: string }>(hub);
  const ask = async () => {
    hub.send('tell');
    return messageOf<{ peakMb: number; cpu: NodeJS.CpuUsage }>(hub);
  };
  const idle = await ask();
  console.log(JSON.stringify({ rows: ROWS, hubIdleMb: idle.peakMb }));
  let before = { ...idle, postgres: await postgresSeconds(database) };
  for (const run of ['first import', 'the same file again']) {
    const told = await messageOf<{ seconds: number; report: object; cpu: NodeJS.CpuUsage }>(fork(import.meta.filename, [String(ROWS), 'send', door]));
    const after = { ...(await ask()), postgres: await postgresSeconds(database) };
    const cpu = { user: after.cpu.user - before.cpu.user, system: after.cpu.system - before.cpu.system };
    console.log(JSON.stringify({ run, rowsPerSecond: Math.round(ROWS / told.seconds), seconds: told.seconds, hub: after, hubCpuMicrosPerRow: micros(cpu), senderCpuMicrosPerRow: micros(told.cpu), postgresCpuMicrosPerRow: Math.round(((after.postgres - before.postgres) / ROWS) * 1e7) / 10, report: told.report }, null, 1));
    before = after;
  }
  const sums = await database.sql.query(`SELECT count(*)::int AS "rows", sum("billedCost")::text AS "billed", (SELECT sum("billedCost")::text FROM "Allocation") AS "allocated", pg_size_pretty(pg_database_size(current_database())) AS "size" FROM "CostRow"`);
  console.log(JSON.stringify({ sums }));
  hub.disconnect();
  await once(hub, 'exit');
  console.log(JSON.stringify({ floors: { 'papaparse alone': await parsing(), 'COPY alone': await copying(database.url) } }, null, 1));
  await database.drop();
  await server.stop();
}

await (role === 'send' ? send() : role === 'serve' ? serve() : measure());
