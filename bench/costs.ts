// Imports generated FOCUS rows over the finance hub's own door: rows a second, and the memory of the hub and of the sender.
// node bench/costs.ts [rows] (1,000,000 when left out)
import { fork } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import { Readable } from 'node:stream';
import { openDoor } from '@hubgraph/kit/hub-door';
import { systemClock } from '@hubgraph/kit/clock';
import { identityOf } from '@hubgraph/kit/identity';
import { definition } from '../subgraphs/finance/src/subgraph.ts';
import { makeDatabase } from '../test/harness/postgres-pool.ts';
import { startOwnPostgres } from '../test/harness/own-postgres.ts';

const ROWS = Number(process.argv[2] ?? 1_000_000);
const NAMES = 'BilledCost,BillingAccountId,BillingCurrency,BillingPeriodEnd,BillingPeriodStart,ChargeCategory,ChargeDescription,ChargeFrequency,ChargePeriodEnd,ChargePeriodStart,ConsumedQuantity,ConsumedUnit,ContractedCost,EffectiveCost,InvoiceIssuerName,ListCost,PricingCategory,PricingQuantity,PricingUnit,ProviderName,PublisherName,RegionId,ResourceId,ServiceCategory,ServiceName,SkuId,SkuPriceId,SubAccountId,SubAccountName,Tags\n';

/** Rows as a provider exports them, day by day; 4,000 at once. */
function* file(): Generator<string> {
  yield NAMES;
  let text = '';
  for (let row = 0; row < ROWS; row++) {
    const day = String(1 + Math.floor((row / ROWS) * 28)).padStart(2, '0');
    const hour = String(row % 23).padStart(2, '0');
    const cost = `0.${String((row * 7_919) % 100_000).padStart(5, '0')}123456`;
    text += `${cost},1234567890123,USD,2024-10-01T00:00:00Z,2024-09-01T00:00:00Z,Usage,"$0.40 per million requests, Tier1",Usage-Based,2024-09-${day}T${hour}:59:59Z,2024-09-${day}T${hour}:00:00Z,${row % 50},Requests,${cost},${cost},"Amazon Web Services, Inc.",${cost},Standard,${row % 50},Requests,AWS,AWS,us-west-2,arn:aws:sqs:us-west-2:347410479675:queue-${row},Compute,Amazon Elastic Compute Cloud,G95FST5FTYV3JSRX,G95FST5FTYV3JSRX.JRTCKXETXF,51738928782,Atlas Nimbus,"{""application"": ""app-${row % 40}"", ""environment"": ""dev""}"\n`;
    if (row % 4_000 === 3_999) {
      yield text;
      text = '';
    }
  }
  yield text;
}

const mb = (bytes: number) => Math.round(bytes / 1_048_576);

if (process.argv[3] === 'send') {
  const begun = performance.now();
  const answer = await fetch(`${process.argv[4]}/finance/imports?format=focus&file=bench.csv`, { method: 'POST', headers: { authorization: 'Bearer x' }, body: Readable.toWeb(Readable.from(file())) as ReadableStream, duplex: 'half' } as RequestInit);
  const report = await answer.json();
  process.send?.({ seconds: (performance.now() - begun) / 1_000, report, rss: process.resourceUsage().maxRSS / 1_024, cpu: process.cpuUsage() });
} else {
  const server = await startOwnPostgres();
  const database = await makeDatabase(server.url, 'finance');
  const identity = identityOf({ sub: 'bench', roles: ['allocator'] });
  const hub = await definition.create({ databaseUrl: database.url, cursorKeys: ['bench'], clock: systemClock, log: pino({ level: 'silent' }), verifier: { verify: async () => identity }, env: {} });
  const door = await openDoor(hub, { host: '127.0.0.1', port: 0 });
  const before = process.cpuUsage();
  const idle = mb(process.memoryUsage().rss);
  const peak = { heapUsed: 0, external: 0, rss: 0 };
  const watch = setInterval(() => {
    const now = process.memoryUsage();
    for (const part of ['heapUsed', 'external', 'rss'] as const) peak[part] = Math.max(peak[part], mb(now[part]));
  }, 200);
  const child = fork(new URL(pathToFileURL(process.argv[1]!)), [String(ROWS), 'send', door.url]);
  const told = await new Promise<{ seconds: number; report: Record<string, unknown>; rss: number; cpu: NodeJS.CpuUsage }>((resolve) => child.once('message', (message) => resolve(message as never)));
  clearInterval(watch);
  const { user, system } = process.cpuUsage(before);
  const sum = await database.sql.query(`SELECT count(*)::int AS rows, sum("billedCost")::text AS billed FROM "CostRow"`);
  const size = await database.sql.query(`SELECT pg_size_pretty(pg_database_size(current_database())) AS size`);
  console.log(JSON.stringify({ rows: ROWS, seconds: told.seconds, rowsPerSecond: Math.round(ROWS / told.seconds), hubIdleMb: idle, hubPeakMb: peak, senderPeakMb: Math.round(told.rss), hubCpuMicrosPerRow: (user + system) / ROWS, senderCpuMicrosPerRow: (told.cpu.user + told.cpu.system) / ROWS, report: told.report, sum, size }, null, 1));
  await door.close();
  await hub.stop();
  await database.drop();
  await server.stop();
}
