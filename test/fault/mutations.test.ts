import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDevIssuer } from '@hubgraph/kit/identity/issuer';
import { ask, freshDataDir, nothingLeft, processesOf, startProduct } from '../harness/product.ts';
import { connectClient } from '../harness/subscriber.ts';
import { until } from '../harness/until.ts';

interface Recorded {
  readonly recordProgress: { readonly events: readonly { readonly id: string }[]; readonly errors: readonly { readonly message: string }[] };
}
const RECORD = 'mutation ($input: RecordProgressInput!) { recordProgress(input: $input) { events { id } errors { message } } }';

/** Writes one journal entry under its own idempotency key; the id of its event once it is acknowledged. */
async function record(url: string, dataDir: string, summary: string): Promise<string | undefined> {
  const { data } = await ask<Recorded>(url, dataDir, RECORD, { input: { eventType: 'test', summary, details: {}, subject: { domain: 'd' }, idempotencyKey: summary } });
  return data?.recordProgress.events[0]?.id;
}

/** Ends every process of the product at once, as a power cut would. */
function killEverything(dataDir: string): void {
  for (const { pid } of processesOf(dataDir)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it ended by the death of another
    }
  }
}

/** Summaries of the whole journal. */
async function journal(url: string, dataDir: string): Promise<string[]> {
  interface Answer { readonly progress: { readonly nodes: readonly { readonly summary: string }[]; readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string } } }
  const found: string[] = [];
  for (let after: string | null = null; ; ) {
    const answer: { data?: Answer } = await ask<Answer>(url, dataDir, 'query ($after: String) { progress(first: 200, after: $after) { nodes { summary } pageInfo { hasNextPage endCursor } } }', { after });
    found.push(...answer.data!.progress.nodes.map((node) => node.summary));
    if (!answer.data!.progress.pageInfo.hasNextPage) return found;
    after = answer.data!.progress.pageInfo.endCursor;
  }
}

test('kill -9 of everything in the middle of 1,000 mutations keeps each acknowledged one, with its event', async () => {
  await using dir = await freshDataDir();
  const first = startProduct({ dataDir: dir.path });
  const before = await first.ready();
  const { data } = await ask<{ registerDomain: { cursor: string } }>(before, dir.path, 'mutation { registerDomain(input: { slug: "d", name: "D" }) { cursor } }');
  const start = data!.registerDomain.cursor;

  const acknowledged = new Map<string, string>();
  let sent = 0;
  const writer = async (): Promise<void> => {
    while (sent < 1_000) {
      const summary = `entry ${sent++}`;
      const event = await record(before, dir.path, summary).catch(() => undefined);
      // The product is dead: nobody answers any more.
      if (event === undefined) return;
      acknowledged.set(summary, event);
    }
  };
  const writers = Promise.all(Array.from({ length: 16 }, writer));
  await until('three hundred acknowledged mutations', () => acknowledged.size >= 300, { deadline: 60_000, every: 5 });
  killEverything(dir.path);
  await writers;
  expect(acknowledged.size).toBeLessThan(1_000);
  await nothingLeft(dir.path);

  const second = startProduct({ dataDir: dir.path });
  const url = await second.ready();
  const last = await record(url, dir.path, 'the last');
  const token = await (await openDevIssuer(join(dir.path, 'dev-issuer.json'))).sign({ sub: 'test', roles: ['maintainer'], ttlSeconds: 600 });
  await using client = await connectClient(url.replace('http', 'ws'), { authorization: `Bearer ${token}` });
  const watch = client.subscribe('subscription ($after: EventCursor) { hubEvents(types: ["org.statehub.progress.recorded"], after: $after) { id } }', { after: start });
  const events: string[] = [];
  while (events.at(-1) !== last) events.push((await watch.next()).data.hubEvents.id);

  const entries = await journal(url, dir.path);
  expect([...acknowledged.keys()].filter((summary) => !entries.includes(summary)), 'acknowledged mutations that are gone').toEqual([]);
  expect([...acknowledged.values()].filter((event) => !events.includes(event)), 'events that are gone').toEqual([]);
  // What was not acknowledged is there whole or not at all, and nothing twice.
  expect(new Set(events).size).toBe(events.length);
  expect(new Set(entries).size).toBe(entries.length);
  expect(events.length).toBe(entries.length);

  // A retry of what was acknowledged gets the first answer.
  const [summary, event] = [...acknowledged][0]!;
  expect(await record(url, dir.path, summary)).toBe(event);
  expect(await journal(url, dir.path)).toHaveLength(entries.length);
  expect(await second.end('SIGTERM')).toBe(0);
});
