import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCollector, type CollectedSpan, type Collector } from '../harness/collector.ts';
import { startSampleGraph, type SampleGraph } from '../harness/sample-graph.ts';
import { connectClient } from '../harness/subscriber.ts';

const TOKEN = 'a token for metrics';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const WATCHER = '0af7651916cd43dd8448eb211c80319c';
const SECRET_REASON = 'a reason that nobody else may read';

// What an operator sees from outside, in both topologies: one change from its request to the frame of a subscriber.
describe.each(['single', 'processes'] as const)('the topology %s seen from outside', (topology) => {
  let graph: SampleGraph;
  let collector: Collector;

  beforeAll(async () => {
    collector = await startCollector();
    graph = await startSampleGraph(topology, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_BSP_SCHEDULE_DELAY: '50', HUBGRAPH_METRICS_TOKEN: TOKEN });
  }, 130_000);
  afterAll(async () => {
    await graph?.[Symbol.asyncDispose]();
    await collector[Symbol.asyncDispose]();
  });

  it('shows one trace from the request through hub, statements, outbox and stream to the frame', async () => {
    await using client = await connectClient(graph.url.replace('http', 'ws'), { authorization: `Bearer ${await graph.token('viewer', 'mara')}` });
    const watch = client.subscribe('subscription { workstreamChanged { type workstream { code openAlerts { totalCount } } } }', {}, { extensions: { traceparent: `00-${WATCHER}-b7ad6b7169203331-01` } });
    await client.place();
    const { body: found } = await graph.post('{ workstream(code: "CUST-WP-0025") { id } }', {}, 'maintainer');
    const response = await fetch(graph.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await graph.token('maintainer')}`, traceparent: `00-${TRACE}-00f067aa0ba902b7-01` },
      body: JSON.stringify({ query: 'mutation Pause($id: ID!, $reason: String!) { pauseWorkstream(input: { id: $id, reason: $reason }) { workstream { status } errors { message } } }', variables: { id: found.data.workstream.id, reason: SECRET_REASON } }),
    });
    expect(await response.json()).toMatchObject({ data: { pauseWorkstream: { workstream: { status: 'PAUSED' } } } });
    expect((await watch.next()).data.workstreamChanged).toMatchObject({ type: 'org.statehub.workstream.paused', workstream: { code: 'CUST-WP-0025' } });

    const type = 'org.statehub.workstream.paused';
    const chain = ['POST /graphql', 'mutation Pause', 'call governance', /^governance /, 'transaction', 'INSERT outbox', `publish ${type}`, `receive ${type}`, `hydrate ${type}`, 'call ops', /^ops /, `write ${type}`];
    const spans = await collector.traced(TRACE, (all) => chain.every((name) => all.some((span) => fits(span, name))));
    const find = (name: string | RegExp): CollectedSpan => spans.find((span) => fits(span, name)) as CollectedSpan;
    // each is below the one that it follows from
    const below = (lower: string | RegExp, upper: string | RegExp): void => expect(ancestors(find(lower), spans).some((span) => fits(span, upper)), `${lower} below ${upper}`).toBe(true);
    expect(find('POST /graphql').parentSpanId).toBe('00f067aa0ba902b7');
    for (const [index, name] of chain.slice(0, 6).entries()) if (index > 0) below(name, chain[index - 1] as string);
    below(`publish ${type}`, /^governance /);
    below(`receive ${type}`, /^governance /);
    below(`hydrate ${type}`, `receive ${type}`);
    below('call ops', `hydrate ${type}`);
    below(`write ${type}`, `hydrate ${type}`);
    expect(find(`write ${type}`).attributes['hubgraph.clients']).toBe(1);
    expect(find(`write ${type}`).links).toEqual([WATCHER]);
    expect(find('INSERT outbox').attributes).toMatchObject({ 'db.system.name': 'postgresql', 'db.collection.name': 'outbox' });
    const services = new Set(spans.map(({ service }) => service));
    expect(services).toEqual(topology === 'single' ? new Set(['hubgraph']) : new Set(['hubgraph', 'hubgraph-governance', 'hubgraph-ops', ...[...services].filter((name) => /^hubgraph-(contributions|artifacts|finance)$/.test(name))]));
    expect(collector.text).not.toContain(SECRET_REASON);
  });

  it('counts what was done, and tells it only to whom it may', async () => {
    const metricsUrl = graph.url.replace('/graphql', '/metrics');
    const read = (authorization?: string) => fetch(metricsUrl, { headers: { ...(authorization && { authorization }) } });
    expect((await read()).status).toBe(401);
    expect((await read('Bearer another token for metrics')).status).toBe(401);
    const forbidden = await read(`Bearer ${await graph.token('author')}`);
    expect(forbidden.status).toBe(403);
    expect(await forbidden.json()).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN', missingScopes: ['retention:manage'] } }] });
    expect((await read(`Bearer ${await graph.token('operator')}`)).status).toBe(200);

    const text = await (await read(`Bearer ${TOKEN}`)).text();
    expect(text).toMatch(/^hubgraph_operations_total\{operation="other",kind="mutation",outcome="ok"\} [1-9]/m);
    expect(text).not.toContain('Pause"');
    expect(text).toMatch(/^hubgraph_deliveries_total\{hub="governance",transport="ws"\} [1-9]/m);
    expect(text).toMatch(/^hubgraph_delivery_lag_seconds_count\{hub="governance",transport="ws"\} [1-9]/m);
    expect(text).toMatch(/^hubgraph_stream_up\{hub="governance"\} 1$/m);
    expect(text).toMatch(/^hubgraph_stream_consumers_opened\{hub="governance"\} 1$/m);
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
    for (const name of ['mara', 'CUST-WP']) expect(text).not.toContain(name);
    if (topology === 'single') expect(text).toMatch(/^hubgraph_relay_published_total\{hub="governance"\} [1-9]/m);
    if (topology === 'single') expect(text).toMatch(/^hubgraph_follower_lag_events\{hub="ops",stream="EVENTS_GOVERNANCE"\} \d/m);
  });

  it.runIf(topology === 'processes')('has the metrics of a hub at the hub itself', async () => {
    const [, hubUrl] = /Hub governance is up.*(http:\/\/[\d.:]+)/.exec(graph.product.output()) ?? [];
    const read = (headers: Record<string, string> = {}) => fetch(`${hubUrl}/metrics`, { headers });
    expect((await read()).status).toBe(401);
    const text = await (await read({ authorization: `Bearer ${TOKEN}` })).text();
    expect(text).toMatch(/^hubgraph_relay_leading\{hub="governance"\} 1$/m);
    expect(text).toMatch(/^hubgraph_outbox_unpublished\{hub="governance"\} 0$/m);
    expect(text).toMatch(/^hubgraph_hub_requests_total\{hub="governance",outcome="ok"\} [1-9]/m);
  });

  it('tells operators who watches what, page by page', async () => {
    await using one = await connectClient(graph.url.replace('http', 'ws'), { authorization: `Bearer ${await graph.token('viewer', 'mara')}` });
    await using other = await connectClient(graph.url.replace('http', 'ws'), { authorization: `Bearer ${await graph.token('viewer', 'noor')}` });
    const watch = 'subscription ($severities: [AlertSeverity!]) { alertChanged(filter: { severities: $severities }) { id } }';
    for (const client of [one, other]) client.subscribe(watch, { severities: ['CRITICAL'] });
    one.subscribe('subscription { hubEvents(types: ["org.statehub.>"]) { id } }');
    await Promise.all([one.place(), one.place(), other.place()]);

    const query = `query ($first: Int, $after: String, $filter: ActiveSubscriptionFilter) { subscriptions(first: $first, after: $after, filter: $filter) {
      totalCount clients pageInfo { hasNextPage endCursor }
      nodes { id field filter class state since delivered queuedEvents queuedBytes positions { hub epoch position behind } client { subject transport since subscriptions } }
      classes { field subscriptions live } streams { hub ready epoch tail ringEvents consumersOpened } } }`;
    const { body } = await graph.post(query, { first: 2 }, 'operator');
    expect(body.errors).toBeUndefined();
    const { subscriptions: page } = body.data;
    expect(page).toMatchObject({ totalCount: 3, clients: 2, pageInfo: { hasNextPage: true } });
    expect(page.nodes[0]).toMatchObject({ state: 'LIVE', delivered: 0, queuedEvents: 0, client: { subject: 'mara', transport: 'WS', subscriptions: 2 } });
    expect(page.classes).toContainEqual({ field: 'alertChanged', subscriptions: 2, live: 2 });
    expect(page.streams).toContainEqual(expect.objectContaining({ hub: 'ops', ready: true, consumersOpened: 1 }));
    const { body: rest } = await graph.post(query, { first: 2, after: page.pageInfo.endCursor }, 'operator');
    expect(rest.data.subscriptions.nodes.map((node: any) => node.client.subject)).toEqual(['noor']);
    expect(rest.data.subscriptions.pageInfo.hasNextPage).toBe(false);

    const { body: alerts } = await graph.post(query, { filter: { fields: ['alertChanged'], transports: ['WS'], states: ['LIVE'], subjects: ['noor'] } }, 'operator');
    expect(alerts.data.subscriptions.nodes).toMatchObject([{ field: 'alertChanged', filter: { filter: { severities: ['CRITICAL'] } }, positions: [{ hub: 'ops', behind: 0 }], client: { subject: 'noor' } }]);
    const { body: wrong } = await graph.post(query, { first: 201 }, 'operator');
    expect(wrong.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    for (const role of ['viewer', 'author', 'steward'] as const) {
      const { body: refused } = await graph.post('{ subscriptions { totalCount } }', {}, role);
      expect(refused.data ?? null).toBeNull();
      expect(refused.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    }
  });
});

function fits({ name }: CollectedSpan, wanted: string | RegExp): boolean {
  return typeof wanted === 'string' ? name === wanted : wanted.test(name);
}

function ancestors(span: CollectedSpan, all: readonly CollectedSpan[]): CollectedSpan[] {
  const parent = all.find(({ spanId }) => spanId === span.parentSpanId);
  return parent ? [parent, ...ancestors(parent, all)] : [];
}
