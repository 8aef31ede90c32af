import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { definition as governance } from '@hubgraph/governance';
import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import { openDoor } from '../../test/harness/door.ts';
import { startTestGraph, type TestGraph } from '../../test/harness/hubs.ts';
import { startNats, type TestNats } from '../../test/harness/nats.ts';
import { until } from '../../test/harness/until.ts';
import { createClient, type Client, type ClientOptions, type Report } from './client.ts';

interface Payload {
  readonly answer: { readonly workstream: { readonly code: string; readonly version: number } | null; readonly errors: readonly { readonly code: string }[]; readonly events: readonly { readonly id: string }[]; readonly cursor: string | null };
}
interface Input {
  readonly input: { readonly code: string; readonly title: string; readonly domain: string; readonly idempotencyKey?: string };
}

const domains: TypedDocumentNode<{ readonly domain: { readonly name: string } | null }, { readonly slug: string }> = parse('query($slug: String!) { domain(slug: $slug) { name } }');
const propose: TypedDocumentNode<Payload, Input> = parse('mutation($input: ProposeWorkstreamInput!) { answer: proposeWorkstream(input: $input) { workstream { code version } errors { code } events { id } cursor } }');
const proposed = 'subscription { hubEvents(types: ["org.statehub.workstream.proposed"]) { subject ... on WorkstreamEvent { workstream { code } } } }';

let nats: TestNats;
let graph: TestGraph;

beforeAll(async () => {
  nats = await startNats();
  graph = await startTestGraph([governance], { natsUrl: nats.url });
  await client().mutate('mutation($input: RegisterDomainInput!) { registerDomain(input: $input) { errors { code } } }', { input: { slug: 'stack', name: 'Stack' } });
});
afterAll(async () => {
  await graph[Symbol.asyncDispose]();
  await nats.stop();
});

function client(options: Partial<ClientOptions> = {}): Client {
  const made = createClient({ url: graph.url, token: () => graph.token('maintainer'), backoff: { base: 10, longest: 50 }, ...options });
  onTestFinishedIfAny(() => made.close());
  return made;
}
/** Outside of a test there is nothing to wait for. */
function onTestFinishedIfAny(act: () => void): void {
  if (expect.getState().currentTestName !== undefined) onTestFinished(act);
}

/** A `fetch` that asks the gateway and then does as `fate` says: the answer is lost on the way, or is another. */
function fated(...fates: ('lost' | 'unsent' | Response)[]): { readonly fetch: typeof globalThis.fetch; readonly bodies: any[] } {
  const bodies: any[] = [];
  return {
    bodies,
    async fetch(input, init) {
      bodies.push(JSON.parse(String(init?.body)));
      const fate = fates.shift();
      if (fate instanceof Response) return fate;
      if (fate === 'unsent') throw new TypeError('fetch failed');
      const response = await fetch(input, init);
      if (fate !== 'lost') return response;
      await response.text();
      throw new TypeError('the connection was reset');
    },
  };
}

describe('a query', () => {
  it('has the types of its document', async () => {
    const { data } = await client().query(domains, { slug: 'stack' });
    expectTypeOf(data).toEqualTypeOf<{ readonly domain: { readonly name: string } | null }>();
    expect(data).toEqual({ domain: { name: 'Stack' } });
    // @ts-expect-error the document has a variable that must be given
    await expect(client().query(domains)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('is asked again, and of another gateway, until one answers', async () => {
    await using door = await openDoor(Number(new URL(graph.url).port));
    await door.lock();
    const { data } = await client({ url: [`http://127.0.0.1:${door.port}/graphql`, graph.url], random: () => 0 }).query(domains, { slug: 'stack' });
    expect(data.domain?.name).toBe('Stack');
    const { fetch, bodies } = fated('lost', new Response('', { status: 503, headers: { 'retry-after': '0' } }));
    await client({ fetch }).query(domains, { slug: 'stack' });
    expect(bodies).toHaveLength(3);
    const away = client({ url: `http://127.0.0.1:${door.port}/graphql` });
    await expect(away.query(domains, { slug: 'stack' })).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  it('is refused with the code of the gateway, and not asked again', async () => {
    const { fetch, bodies } = fated();
    await expect(client({ fetch }).query('{ nothing }')).rejects.toMatchObject({ name: 'HubgraphError', code: 'GRAPHQL_VALIDATION_FAILED' });
    expect(bodies).toHaveLength(1);
    await expect(client({ fetch: fated(new Response('<html>', { status: 200 })).fetch }).query(domains, { slug: 'x' })).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
  });

  it('is asked once more with another token when one is refused', async () => {
    const tokens = ['bad', await graph.token('viewer')];
    expect((await client({ token: () => tokens.shift()! }).query(domains, { slug: 'stack' })).data.domain).not.toBeNull();
    await expect(client({ token: () => 'bad' }).query(domains, { slug: 'stack' })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('ends with the reason of its signal', async () => {
    const abort = new AbortController();
    abort.abort(new Error('enough'));
    await expect(client().query(domains, { slug: 'stack' }, { signal: abort.signal })).rejects.toThrow('enough');
  });
});

describe('a mutation', () => {
  it('whose answer is lost is repeated under the same key, and done once', async () => {
    const { fetch, bodies } = fated('lost', 'unsent', 'lost');
    const { data: { answer } } = await client({ fetch }).mutate(propose, { input: { code: 'STACK-WP-0001', title: 'One', domain: 'stack' } });
    expect(answer).toMatchObject({ workstream: { code: 'STACK-WP-0001', version: 1 }, errors: [], events: [{ id: expect.any(String) }] });
    const keys = bodies.map(({ variables }) => variables.input.idempotencyKey);
    expect(keys).toHaveLength(4);
    expect(new Set(keys).size).toBe(1);
  });

  it('has a new key each time, and keeps one that it has', async () => {
    const { fetch, bodies } = fated();
    const asked = client({ fetch });
    const input = { code: 'STACK-WP-0002', title: 'Two', domain: 'stack' };
    await asked.mutate(propose, { input });
    const { data } = await asked.mutate(propose, { input });
    expect(data.answer.errors.map(({ code }) => code)).toEqual([expect.stringMatching(/DUPLICATE|EXISTS/)]);
    await asked.mutate(propose, { input: { ...input, code: 'STACK-WP-0003', idempotencyKey: 'mine' } });
    expect(new Set(bodies.map(({ variables }) => variables.input.idempotencyKey)).size).toBe(3);
    expect(bodies[2].variables.input.idempotencyKey).toBe('mine');
    expect(input).not.toHaveProperty('idempotencyKey');
  });

  it('without a key is not repeated when it may have been done, and is when it was not', async () => {
    const inline = 'mutation { proposeWorkstream(input: { code: "STACK-WP-0004", title: "Four", domain: "stack" }) { errors { code } } }';
    const lost = fated('lost');
    await expect(client({ fetch: lost.fetch }).mutate(inline)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(lost.bodies).toHaveLength(1);
    const limited = fated(new Response('', { status: 429 }), Response.json({ errors: [{ message: 'slow down', extensions: { code: 'RATE_LIMITED' } }] }, { status: 200 }));
    await client({ fetch: limited.fetch }).mutate(inline);
    expect(limited.bodies).toHaveLength(3);
  });

  it('gives a cursor behind which nothing of it comes again', async () => {
    const asked = client();
    const watching = asked.subscribe<{ readonly hubEvents: { readonly workstream: { readonly code: string } } }>(proposed, {}, { after: (await asked.mutate(propose, { input: { code: 'STACK-WP-0005', title: 'Five', domain: 'stack' } })).data.answer.cursor ?? undefined });
    const first = (async () => {
      for await (const value of watching) if (value.kind === 'event') return value.data?.hubEvents.workstream.code;
      return undefined;
    })();
    await asked.mutate(propose, { input: { code: 'STACK-WP-0006', title: 'Six', domain: 'stack' } });
    expect(await first).toBe('STACK-WP-0006');
  });
});

describe('tokens of an issuer that end soon', () => {
  it.each(['ws', 'sse'] as const)('are renewed in time over %s, without an interruption', async (transport) => {
    const reports: Report[] = [];
    let asked = 0;
    const watcher = client({ transport, observe: (report) => reports.push(report), token: () => (asked++, graph.token('viewer', 'ada', 3)) });
    const watching = watcher.subscribe<{ readonly hubEvents: { readonly workstream: { readonly code: string } } }>(proposed);
    expect((await watching.next()).value).toMatchObject({ kind: 'ready' });
    const wanted = Array.from({ length: 3 }, (_, index) => `STACK-WP-${transport === 'ws' ? 1 : 2}00${index}`);
    const asking = client();
    const seen: unknown[] = [];
    for (const code of wanted) {
      const before = asked;
      await until('another token', () => asked > before);
      await asking.mutate(propose, { input: { code, title: code, domain: 'stack' } });
      for (;;) {
        const { value } = await watching.next();
        if (value?.kind !== 'ready') {
          seen.push(value?.kind === 'event' ? value.data?.hubEvents.workstream.code : value);
          break;
        }
      }
    }
    expect(seen).toEqual(wanted);
    expect(asked).toBeGreaterThan(2);
    expect(reports.filter(({ kind }) => kind === 'lost')).toEqual([]);
    expect(reports.filter(({ kind }) => kind === 'connecting')).toHaveLength(1);
  });
});
