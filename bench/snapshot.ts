import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openDevIssuer } from '@hubgraph/kit/identity/issuer';
import type { Sql } from '@hubgraph/kit/sql';
import { startNats } from '../scripts/embedded/nats.ts';
import { startPostgres } from '../scripts/embedded/postgres.ts';
import { makeDatabase } from '../test/harness/postgres-pool.ts';
import { change, fill } from './snapshot/changes.ts';
import { watch, type Watching } from './snapshot/watch.ts';

// A subscription that begins with a snapshot of many entities while they change all the time: the real ops hub, gateway,
// relay, PostgreSQL and NATS, each in its own process, with one client. Afterwards every entity and every event is compared
// with the outbox. One line of JSON.
//
//   node bench/snapshot.ts [--entities 50000] [--rate 1000] [--after 5]

const { values } = parseArgs({ options: { entities: { type: 'string', default: '50000' }, rate: { type: 'string', default: '1000' }, after: { type: 'string', default: '5' } } });
const [entities, rate, after] = [Number(values.entities), Number(values.rate), Number(values.after)];
const KEY = 'a service key of the bench, 32 characters';

interface Used { readonly cpu: number; readonly rss: number; readonly heap: number; readonly counts: Record<string, number> }

const children: ChildProcess[] = [];
async function start<Ready>(file: string, input: object): Promise<{ child: ChildProcess; ready: Ready }> {
  const child = fork(new URL(file, import.meta.url), [JSON.stringify(input)], { execArgv: ['--expose-gc'] });
  children.push(child);
  return { child, ready: ((await once(child, 'message')) as [Ready])[0] };
}
/** Answers come in the order of the questions. */
const asked = async (child: ChildProcess, order: object = {}): Promise<Used> => {
  const answer = once(child, 'message') as Promise<[Used]>;
  child.send(order);
  return (await answer)[0];
};
const rounded = (value: number | undefined): number | null => (value === undefined ? null : Math.round(value * 10) / 10);
const MiB = (bytes: number): number => Math.round(bytes / 1024 ** 2);

const folder = await mkdtemp(join(tmpdir(), 'hubgraph-snapshot-'));
const postgres = await startPostgres({ dir: join(folder, 'postgres'), password: 'bench', log: join(folder, 'postgres.log') });
const nats = await startNats({ dir: join(folder, 'nats'), password: 'bench', log: join(folder, 'nats.log') });
const database = await makeDatabase(postgres.url(), 'ops');
try {
  await fill(database.sql, entities);
  const { child: ops, ready: { port } } = await start<{ port: number }>('snapshot/ops.ts', { databaseUrl: database.url, natsUrl: nats.url, key: KEY });
  const devIssuerPath = join(folder, 'issuer.json');
  const token = await (await openDevIssuer(devIssuerPath)).sign({ sub: 'bench', roles: ['viewer'], ttlSeconds: 3_600 });
  const { child: gateway, ready: { url } } = await start<{ url: string }>('fanout/gateway.ts', { devIssuerPath, natsUrl: nats.url, hubs: { ops: port }, key: KEY });

  const changes = change(database.sql, rate);
  while (((await asked(gateway)).counts['event.dispatched'] ?? 0) < rate / 2) await delay(100);
  const [before, hubBefore] = [await asked(gateway, { gc: true }), await asked(ops)];
  const madeBefore = changes.made;
  const peak = { rss: before.rss, heap: before.heap };
  let isSampling = true;
  const sampling = (async () => {
    for (; isSampling; await delay(250)) {
      const { rss, heap } = await asked(gateway);
      peak.rss = Math.max(peak.rss, rss);
      peak.heap = Math.max(peak.heap, heap);
    }
  })();
  const watching = watch(`${url.replace('http', 'ws').replace(/\/$/, '').replace(/\/graphql$/, '')}/graphql`, token);
  await watching.live;
  const made = changes.made - madeBefore;
  isSampling = false;
  await sampling;
  const [atLive, hubAtLive, kept] = [await asked(gateway), await asked(ops), await asked(gateway, { gc: true })];
  await delay(after * 1_000);
  await watching.got(await changes.end());
  const problems = await compare(database.sql, watching);
  const { first, complete, live } = watching.times;
  console.log(JSON.stringify({
    entities, present: watching.seen.filter(({ isPresent }) => isPresent).length, events: watching.seen.filter(({ isPresent }) => !isPresent).length, wrong: problems.length, problems: problems.slice(0, 3),
    changesPerSecond: rounded(made / (live! / 1_000)), seconds: { first: rounded(first! / 1_000), complete: rounded(complete! / 1_000), live: rounded(live! / 1_000) },
    cpuSeconds: { gateway: rounded((atLive.cpu - before.cpu) / 1_000), hub: rounded((hubAtLive.cpu - hubBefore.cpu) / 1_000) },
    hubCalls: (atLive.counts['hub.asked'] ?? 0) - (before.counts['hub.asked'] ?? 0),
    gatewayMiB: { before: MiB(before.rss), peak: MiB(peak.rss), heapBefore: MiB(before.heap), heapPeak: MiB(peak.heap), heapLive: MiB(kept.heap) }, load: loadavg().map(rounded),
  }));
  watching.close();
  if (problems.length > 0) process.exitCode = 1;
} finally {
  for (const child of children) child.kill();
  await database.drop();
  await Promise.all([postgres.stop(), nats.stop()]);
  await rm(folder, { recursive: true, force: true });
}

/** Each entity once, then of each every later version, all in the order of the outbox, and nothing else. */
async function compare(sql: Sql, { seen, seam }: Watching): Promise<string[]> {
  const problems: string[] = [];
  const known = new Map<string, number>();
  for (const { id, alert, isPresent } of seen) {
    if (!isPresent) continue;
    if (known.has(alert)) problems.push(`${alert} twice`);
    known.set(alert, Number(id.split('/')[1]));
  }
  const outbox = await sql.query<{ pos: number; id: string; alert: string; version: number; to: string }>(`SELECT "pos"::float8 AS "pos", "eventId" AS "id", "event"#>>'{data,id}' AS "alert", ("event"#>>'{data,version}')::int AS "version", "event"#>>'{data,to}' AS "to" FROM "outbox" ORDER BY "pos"`);
  const wanted = outbox.filter(({ pos, alert, version }) => pos > seam && version > (known.get(alert) ?? 0)).map(({ id }) => id);
  const got = seen.filter(({ isPresent }) => !isPresent).map(({ id }) => id);
  for (let index = 0; index < Math.max(wanted.length, got.length); index++) if (wanted[index] !== got[index]) problems.push(`event ${index}: got ${got[index]}, the outbox has ${wanted[index]}`);
  // open when the subscription began, and not over since: nothing but the snapshot tells of it
  const told = new Set(outbox.filter(({ pos }) => pos > seam).map(({ alert }) => alert));
  for (const { id } of await sql.query<{ id: string }>(`SELECT "id" FROM "Alert" WHERE "status" <> 'RESOLVED'`)) if (!known.has(id) && !told.has(id)) problems.push(`${id} is missing`);
  return problems;
}
