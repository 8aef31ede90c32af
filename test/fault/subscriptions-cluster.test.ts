import { expect, test } from 'vitest';
import { managerOf } from '@hubgraph/kit/bus/jetstream';
import { startSubscriptionCluster, type SubscriptionCluster } from '../harness/subscriptions/cluster.ts';

// What clients of subscriptions see while everything between a commit and them is killed in turn, with numbers that fit into
// the suite; bench/subscriptions-faults.ts does the same at full size. Every client checks every event as it comes.

const deleteStream = (cluster: SubscriptionCluster): Promise<unknown> => cluster.nats.with(async (connection) => (await managerOf(connection)).streams.delete('EVENTS_OPS'));

test('every client of two gateways on three NATS servers ends with the gapless sequence of the outboxes, whatever was killed', async () => {
  await using cluster = await startSubscriptionCluster({ servers: 3, gateways: 2, clients: 100, domains: 5, perSecond: 150 });
  await cluster.load();
  const [first] = cluster.gateways;
  const gateway = await cluster.silenceOf(() => first!.kill());
  await first!.restart();
  const leader = await cluster.nats.leaderOf('EVENTS_OPS');
  const natsLeader = await cluster.silenceOf(() => leader.kill());
  leader.restart();
  const hub = await cluster.silenceOf(async () => {
    await cluster.hubs.ops.kill();
    await cluster.hubs.ops.restart();
  });
  const postgres = await cluster.silenceOf(async () => {
    await cluster.postgres.kill();
    await cluster.postgres.restart();
  });
  const storm = await cluster.silenceOf(() => cluster.clients.ask({ storm: true }));

  const verdict = await cluster.check();
  console.info(`longest silence of a client in ms: ${JSON.stringify({ gateway, natsLeader, hub, postgres, storm })}; ${JSON.stringify(verdict)}`);
  expect(verdict.problems).toEqual([]);
  expect(verdict.events).toBeGreaterThan(1_000);
  expect(verdict.counts.lost).toBeGreaterThanOrEqual(150);
  expect(gateway.max).toBeLessThan(5_000);
  expect(natsLeader.max).toBeLessThan(15_000);
});

test('a NATS server that is killed and started again, and a stream that is deleted, are a delay and no more', async () => {
  await using cluster = await startSubscriptionCluster({ servers: 1, gateways: 1, clients: 100, domains: 5, perSecond: 150 });
  await cluster.load();
  const [server] = cluster.nats.servers;
  const restart = await cluster.silenceOf(async () => {
    await server!.kill();
    server!.restart();
  });
  const deleted = await cluster.silenceOf(() => deleteStream(cluster));
  // and while nobody writes: the relay notices by itself, and what is in the stream again is the same
  await cluster.rest();
  await deleteStream(cluster);
  await cluster.load();
  const idle = await cluster.silenceOf(() => Promise.resolve());

  const verdict = await cluster.check();
  console.info(`longest silence of a client in ms: ${JSON.stringify({ restart, deleted, idle })}; ${JSON.stringify(verdict)}`);
  expect(verdict.problems).toEqual([]);
  expect(verdict.counts).toEqual({});
  expect(restart.max).toBeLessThan(2_000);
  expect(deleted.max).toBeLessThan(5_000);
});
