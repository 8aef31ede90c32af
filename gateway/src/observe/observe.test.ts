import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hubMetrics } from '@hubgraph/kit/metrics/hub-metrics';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { serveGateway } from '../../test/serve.ts';
import { bulkHistogram } from './bulk-histogram.ts';
import { createMetrics } from './metrics/metrics.ts';

const works = {
  sdl: 'type Query { work(name: String, size: Int): String broken: String secret: String @requiresScopes(scopes: [["finance:read"]]) } type Mutation { do: Boolean }',
  resolvers: { Query: { work: (_: unknown, { name }: { name: string }) => name, broken: () => { throw new Error('no'); } } },
};

async function answersOf(env: Record<string, string> = {}) {
  const lines: Record<string, unknown>[] = [];
  const told = (text: string): void => {
    const line = JSON.parse(text);
    if (line.msg === 'slow operation') lines.push(line);
  };
  const log = pino({ level: 'warn' }, { write: told });
  const own = await serveGateway({ works }, { env: { HUBGRAPH_METRICS_PORT: '0', ...env }, log, operationsPath: join(import.meta.dirname, '../../../schema/operations') });
  const authorization = `Bearer ${await own.token('viewer')}`;
  return {
    own, lines,
    post: async (query: string) => (await fetch(own.url, { method: 'POST', headers: { 'content-type': 'application/json', authorization }, body: JSON.stringify({ query }) })).json(),
    metrics: async () => (await fetch(own.gateway.metricsUrl as string)).text(),
    [Symbol.asyncDispose]: () => own.close(),
  };
}

describe('metrics of requests', () => {
  it('name operations that the project ships, and no others; count outcomes, plans and calls', async () => {
    await using gateway = await answersOf();
    const { post } = gateway;
    for (let n = 0; n < 3; n++) await post('query Readiness { work(name: "x") }');
    await post('query Private_name_of_somebody { work }');
    await post('{ broken }');
    await post('{ nothing }');
    await post('{ secret }');
    const text = await gateway.metrics();
    expect(text).toContain('hubgraph_operations_total{operation="Readiness",kind="query",outcome="ok"} 3');
    expect(text).toContain('hubgraph_operations_total{operation="other",kind="query",outcome="ok"} 1');
    expect(text).toContain('hubgraph_operations_total{operation="other",kind="query",outcome="INTERNAL"} 1');
    expect(text).toContain('hubgraph_operations_total{operation="other",kind="query",outcome="FORBIDDEN"} 1');
    expect(text).toContain('hubgraph_operations_prepared_total{outcome="hit"} 2');
    expect(text).toContain('hubgraph_operations_refused_total{code="GRAPHQL_VALIDATION_FAILED"} 1');
    expect(text).toContain('hubgraph_operations_in_flight 0');
    expect(text).toContain('hubgraph_hub_calls_total{hub="works",kind="query",outcome="ok"} 4');
    expect(text).toContain('hubgraph_hub_calls_in_flight{hub="works"} 0');
    expect(text).toMatch(/hubgraph_http_requests_total\{route="\/graphql",method="POST",status="200"\} \d/);
    expect(text).not.toContain('Private');
  });

  it('are on their own port only where that is wished', async () => {
    await using own = await serveGateway({ works });
    expect(own.gateway.metricsUrl).toBeUndefined();
    expect((await fetch(own.url.replace('/graphql', '/metrics'))).status).toBe(401);
  });
});

describe('slow operations', () => {
  it('are logged with their plan and calls, and without what the client wrote into them', async () => {
    await using gateway = await answersOf({ HUBGRAPH_SLOW_OPERATION: '1' });
    // the first of a document is planned before it runs; running it is what counts
    while (gateway.lines.length === 0) await gateway.post('query Slow { work(name: "a secret", size: 1234567) }');
    const [line] = gateway.lines as [Record<string, any>];
    expect(line).toMatchObject({ msg: 'slow operation', operation: 'Slow', kind: 'query', outcome: 'ok', calls: [{ hub: 'works', outcome: 'ok' }], plan: expect.stringMatching(/Fetch\(service: "works"\)[^]*work\(name: "", size: 0\)/) });
    expect(JSON.stringify(line)).not.toMatch(/a secret|1234567/);
  });

  it('are not looked for when the threshold is 0', async () => {
    await using gateway = await answersOf({ HUBGRAPH_SLOW_OPERATION: '0' });
    for (let n = 0; n < 20; n++) await gateway.post('query Slow { work }');
    expect(gateway.lines).toEqual([]);
  });
});

describe('a histogram of many at once', () => {
  it('is what one of single observations would be', async () => {
    const registry = new Registry();
    const series = bulkHistogram(registry, { name: 'lag', help: 'Lag.', bounds: [0.1, 1] }).series({ hub: 'ops' });
    series.observe(0.1, 3);
    series.observe(0.5, 2);
    series.observe(7, 1);
    expect(await registry.metrics()).toBe([
      '# HELP lag Lag.', '# TYPE lag histogram', 'lag_bucket{hub="ops",le="0.1"} 3', 'lag_bucket{hub="ops",le="1"} 5', 'lag_bucket{hub="ops",le="+Inf"} 6',
      `lag_sum{hub="ops"} ${0.1 * 3 + 1 + 7}`, 'lag_count{hub="ops"} 6', '',
    ].join('\n'));
  });
});

it('docs/observe.md lists every metric as it is, and no other', async () => {
  const registry = new Registry();
  createMetrics(registry, new Set());
  hubMetrics(registry, 'ops', { query: async () => [] }, { relay: () => undefined, follows: () => [] });
  const metrics = (registry.getMetricsAsArray() as unknown as { name: string; help: string; labelNames?: string[] }[]).filter(({ name }) => name.startsWith('hubgraph_'));
  const rows = metrics.map(({ name, help, labelNames = ['hub', 'transport'] }) => `| \`${name}\` | ${labelNames.map((label) => `\`${label}\``).join(' ')} | ${help} |`).sort();
  const docs = await readFile(join(import.meta.dirname, '../../../docs/observe.md'), 'utf8');
  expect(docs.split('\n').filter((line) => /^\| `hubgraph_\w+` \| [` ]/.test(line)).sort()).toEqual(rows);
});
