import { expect, test } from 'vitest';
import { connectBus } from '@hubgraph/kit/bus/bus';
import { managerOf } from '@hubgraph/kit/bus/jetstream';
import { EPOCH_KEY } from '@hubgraph/kit/bus/message';
import { openStreamLog, type LogReport } from '@hubgraph/kit/bus/stream-log';
import { startNatsCluster } from '../harness/nats-cluster.ts';
import { manifest, quiet } from '../harness/outbox.ts';
import { until } from '../harness/until.ts';

const { stream } = manifest;

test('a reader whose consumer was lost with its server looks for another at once', async () => {
  await using nats = await startNatsCluster();
  await nats.with(async (connection) => (await managerOf(connection)).streams.add({ name: stream, subjects: ['org.testhub.>'], num_replicas: 3, metadata: { [EPOCH_KEY]: crypto.randomUUID() } }));
  const bus = connectBus(nats.url, quiet);
  const reports: { readonly report: LogReport; readonly at: number }[] = [];
  const log = openStreamLog({ bus, stream, log: quiet, report: (report) => reports.push({ report, at: performance.now() }) });
  await log.opened();
  const connected = (await bus.connected()).info?.server_name;
  // the server of the connection itself is noticed in another way
  const host = await until('a consumer on another server', async () => {
    const manager = await managerOf(await bus.connected());
    const [consumer] = await manager.consumers.list(stream).next();
    if (consumer && consumer.cluster?.leader === connected) await manager.consumers.delete(stream, consumer.name);
    return consumer?.cluster?.leader === connected ? undefined : nats.servers.find(({ name }) => name === consumer?.cluster?.leader);
  }, { deadline: 30_000, every: 300 });
  const begun = performance.now();
  await host.kill();
  const { at } = await until('the loss to be noticed', () => reports.find(({ report, at }) => at > begun && report.kind === 'interrupted'), { deadline: 15_000 });
  expect(at - begun).toBeLessThan(3_000);
  await until('another consumer', () => log.trouble() === undefined, { deadline: 30_000 });
  await log.close();
  await bus.close();
});
