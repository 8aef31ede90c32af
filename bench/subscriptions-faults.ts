import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { managerOf } from '@hubgraph/kit/bus/jetstream';
import type { Silence } from '../test/harness/subscriptions/clients.ts';
import { startSubscriptionCluster, type SubscriptionCluster } from '../test/harness/subscriptions/cluster.ts';

// Everything between a commit and many clients is killed in turn under load: two gateways, three nats-servers (R3), two hubs
// and PostgreSQL, each a process. Then one nats-server alone is killed and started again, and its stream deleted, under more
// clients. Every client checks place and id of every event as it comes, and at the end against the outboxes.
//
// What is measured is the longest silence of any client. As the floor, in the same moment: how long NATS itself took to have
// a leader, or to answer, again.
//
//   node bench/subscriptions-faults.ts [--clients 500] [--watchers 1000] [--rate 200] [--rounds 3] [--json]

const { values } = parseArgs({ options: { clients: { type: 'string', default: '500' }, watchers: { type: 'string', default: '1000' }, rate: { type: 'string', default: '200' }, rounds: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } } });
const [clients, watchers, rate, rounds] = [Number(values.clients), Number(values.watchers), Number(values.rate), Number(values.rounds)];
const DOMAINS = 10;
const STREAM = 'EVENTS_OPS';

interface Measured { readonly ms: number; readonly floor?: number; readonly ratio?: number }
const results: Record<string, Measured[]> = {};
const note = (what: string, { max }: Silence, floor?: number): void => {
  (results[what] ??= []).push({ ms: max, ...(floor !== undefined && { floor: Math.round(floor), ratio: Number((max / floor).toFixed(2)) }) });
  if (!values.json) console.log(what, results[what]?.at(-1));
};
const took = async (work: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
};

async function inACluster(cluster: SubscriptionCluster): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const gateway = cluster.gateways[round % cluster.gateways.length]!;
    note('gateway killed', await cluster.silenceOf(() => gateway.kill()));
    await gateway.restart();
    const leader = await cluster.nats.leaderOf(STREAM);
    let election = 0;
    note('leader of three killed', await cluster.silenceOf(async () => {
      await leader.kill();
      election = await took(() => cluster.nats.leaderOf(STREAM));
    }), election);
    leader.restart();
    for (const part of [cluster.hubs.ops, cluster.postgres]) {
      note(part === cluster.postgres ? 'PostgreSQL killed and started' : 'hub killed and started', await cluster.silenceOf(async () => {
        await part.kill();
        await part.restart();
      }));
    }
    note('all clients cut', await cluster.silenceOf(() => cluster.clients.ask({ storm: true })));
  }
}

async function onOneServer(cluster: SubscriptionCluster): Promise<void> {
  const [server] = cluster.nats.servers;
  for (let round = 0; round < rounds; round++) {
    let start = 0;
    note('only NATS server killed and started', await cluster.silenceOf(async () => {
      await server!.kill();
      server!.restart();
      start = await took(() => cluster.nats.leaderOf(STREAM));
    }), start);
    note('stream deleted', await cluster.silenceOf(() => cluster.nats.with(async (connection) => (await managerOf(connection)).streams.delete(STREAM))));
  }
}

const verdicts: Record<string, unknown> = {};
for (const [name, size, faults] of [['cluster', { servers: 3, gateways: 2, clients }, inACluster], ['oneServer', { servers: 1, gateways: 1, clients: watchers }, onOneServer]] as const) {
  await using cluster = await startSubscriptionCluster({ ...size, domains: DOMAINS, perSecond: rate });
  await cluster.load();
  await faults(cluster);
  const verdict = await cluster.check(120_000);
  verdicts[name] = verdict;
  if (verdict.problems.length > 0) process.exitCode = 1;
}
const report = { clients, watchers, rate, load: loadavg().map((value) => Math.round(value * 10) / 10), silenceMs: results, verdicts };
console.log(values.json ? JSON.stringify(report) : JSON.stringify(report.verdicts, undefined, 2));
