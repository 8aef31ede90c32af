import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { connectBus } from '@hubgraph/kit/bus/bus';
import { openStreamLog } from '@hubgraph/kit/bus/stream-log';
import { quiet } from '../test/harness/outbox.ts';
import type { Latency } from '../test/harness/subscriptions/clients.ts';
import { startSubscriptionCluster, type SubscriptionCluster } from '../test/harness/subscriptions/cluster.ts';
import type { Committed } from '../test/harness/subscriptions/hub.ts';

// From commits on PostgreSQL to frames at many clients whose filters let one event in a hundred pass, with the product's own
// settings; gateway, hubs with their relays, nats-server, PostgreSQL and clients each a process. Every client checks place and
// id of every event as it comes, and at the end against the outboxes.
//
//   sustained: so many events a second, two in each change
//   latency:   from commit to frame; as the floor, in the same moment, from commit to a reader of the stream alone
//   slow:      ten clients that follow everything stop reading; the others' latency with it and without it, in turns
//
//   node bench/subscriptions.ts [--clients 1000] [--events 1000] [--changes 500] [--seconds 60] [--slow 10] [--json]

const { values } = parseArgs({ options: { clients: { type: 'string', default: '1000' }, events: { type: 'string', default: '1000' }, changes: { type: 'string', default: '500' }, seconds: { type: 'string', default: '60' }, slow: { type: 'string', default: '10' }, json: { type: 'boolean', default: false } } });
const [clients, events, changes, seconds, slow] = [Number(values.clients), Number(values.events), Number(values.changes), Number(values.seconds), Number(values.slow)];
const DOMAINS = 100;

/** Readers of the streams alone: what no gateway can beat. */
function openFloor(url: string) {
  const bus = connectBus(url, quiet);
  const stopping = new AbortController();
  let arrivals = new Map<string, number>();
  const logs = ['EVENTS_OPS', 'EVENTS_GOVERNANCE'].map((stream) => openStreamLog({ bus, stream, log: quiet }));
  const reading = logs.map(async (log) => {
    for await (const { event } of log.read((await log.opened()).last, stopping.signal)) arrivals.set(event.id, performance.timeOrigin + performance.now());
  });
  return {
    /** Of these events, and forgets all. */
    latency(committed: Committed): Latency {
      const times = Float64Array.from(committed.flatMap(([id, at]) => (arrivals.has(id) ? [Math.max(0, arrivals.get(id)! - at)] : []))).sort();
      arrivals = new Map();
      const at = (share: number): number => Math.round((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0) * 10) / 10;
      return { frames: times.length, p50: at(0.5), p99: at(0.99), max: at(1) };
    },
    async close() {
      stopping.abort();
      await Promise.all(reading);
      for (const log of logs) await log.close();
      await bus.close();
    },
  };
}

interface Measured { readonly perSecond: number; readonly frames: Latency; readonly floor: Latency }

/** Commits for so long, lets everything arrive, and measures. */
async function measure(cluster: SubscriptionCluster, floor: ReturnType<typeof openFloor>, duration: number, each = 1): Promise<Measured> {
  await cluster.load(each === 1 ? changes : events / each, each);
  await delay(duration * 1_000);
  const committed = await cluster.rest();
  await cluster.check(120_000, 'filtered');
  return { perSecond: Math.round(committed.length / duration), frames: await cluster.clients.ask<Latency>({ latency: committed }), floor: floor.latency(committed) };
}

const ratio = (a: number, b: number): number => Number((a / b).toFixed(2));

await using cluster = await startSubscriptionCluster({ servers: 1, gateways: 1, clients, domains: DOMAINS, perSecond: changes });
const floor = openFloor(cluster.nats.url);
// everything is compiled and planned before it is measured
await measure(cluster, floor, Math.min(5, seconds));
const sustained = { ...await measure(cluster, floor, seconds, 2), verdict: await cluster.check(60_000) };
const latency = await measure(cluster, floor, seconds);

await cluster.clients.ask<void>({ connectToAll: { count: slow, after: (await cluster.lasts()).ops } });
const without = [await measure(cluster, floor, seconds / 2)];
await cluster.clients.ask<void>({ pause: slow });
const withSlow = await measure(cluster, floor, seconds);
await cluster.clients.ask<void>({ resume: slow });
// those who were slow come back and get what they missed, in their turn
const between = await cluster.check(120_000);
without.push(await measure(cluster, floor, seconds / 2));
const verdict = await cluster.check(60_000);
await floor.close();

const usual = without.reduce((sum, { frames }) => sum + frames.p99, 0) / without.length;
const report = {
  clients, load: loadavg().map((value) => Math.round(value * 10) / 10),
  sustained: { perSecond: sustained.perSecond, events: sustained.verdict.events, frames: sustained.verdict.frames, problems: sustained.verdict.problems, p99: sustained.frames.p99 },
  latencyMs: { changesPerSecond: latency.perSecond, commitToFrame: latency.frames, floor: latency.floor, ratio: { p50: ratio(latency.frames.p50, latency.floor.p50), p99: ratio(latency.frames.p99, latency.floor.p99) } },
  slow: { clients: slow, p99: { without: without.map(({ frames }) => frames.p99), with: withSlow.frames.p99, ratio: ratio(withSlow.frames.p99, usual) }, floorP99: { without: without.map((each) => each.floor.p99), with: withSlow.floor.p99 }, problems: [...between.problems, ...verdict.problems], counts: verdict.counts },
};
if (sustained.verdict.problems.length + report.slow.problems.length > 0) process.exitCode = 1;
console.log(values.json ? JSON.stringify(report) : JSON.stringify(report, undefined, 2));
