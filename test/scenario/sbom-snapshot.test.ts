import { expect, it } from 'vitest';
import type { CloudEvent } from '@hubgraph/kit/events';
import { definition } from '@hubgraph/contributions';
import { eventPublisher } from '../harness/event-publisher.ts';
import { as } from '../harness/hub.ts';
import { startTestGraph } from '../harness/hubs.ts';
import { startNats } from '../harness/nats.ts';
import { connectClient } from '../harness/subscriber.ts';

it('begins with the current bill of materials of every repo, and tells of none that was replaced before', async () => {
  await using nats = await startNats();
  await using publisher = await eventPublisher(nats.url, { contributions: 'contribhub' });
  await publisher.createStream('contributions');
  // events come late: this test is the relay
  await using graph = await startTestGraph([definition], { natsUrl: nats.url, relays: false });
  const hub = graph.hubs.contributions!;
  const ingest = async (repo: string, version: string): Promise<string> =>
    (await hub.change('ingestSbom', { repo, packages: [{ purl: `pkg:npm/pako@${version}`, direct: true, scope: 'PROD', declaredLicence: 'MIT', licenceSource: 'LOCKFILE', dependsOn: [] }] }, 'sbom { id }', as('author'))).sbom.id;
  const first = await ingest('web', '1.0.0');
  const shop = await ingest('shop', '1.0.0');
  const current = await ingest('web', '1.1.0');

  await using client = await connectClient(graph.url.replace('http', 'ws'), { authorization: `Bearer ${await graph.token('viewer')}` });
  const watch = client.subscribe('subscription { sbomIngested(snapshot: true) { type replayed sbom { id current repo { slug } } } }');
  const narrow = client.subscribe('subscription { sbomIngested(snapshot: true, filter: { repos: ["shop"] }) { type sbom { id } } }');
  const [error] = await client.subscribe('subscription { sbomIngested(snapshot: true, filter: { domains: ["custodian"] }) { type } }').error();
  expect(error.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
  const told = (frame: any) => frame.data.sbomIngested;
  expect((await watch.nexts(2)).map(told)).toEqual([
    { type: 'org.contribhub.sbom.snapshot', replayed: true, sbom: { id: shop, current: true, repo: { slug: 'shop' } } },
    { type: 'org.contribhub.sbom.snapshot', replayed: true, sbom: { id: current, current: true, repo: { slug: 'web' } } },
  ]);
  expect(told(await narrow.next())).toMatchObject({ sbom: { id: shop } });

  const next = await ingest('web', '1.2.0');
  const events = await hub.database.sql.query<{ event: CloudEvent }>(`SELECT "event" FROM "outbox" ORDER BY "id"`);
  expect(events.map(({ event }) => event.data.id)).toEqual([first, shop, current, next]);
  await publisher.publish('contributions', ...events.map(({ event: { type, data } }) => ({ type, data })));
  expect(told(await watch.next())).toMatchObject({ type: 'org.contribhub.sbom.ingested', sbom: { id: next, current: true } });
});
