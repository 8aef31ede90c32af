import { setTimeout as delay } from 'node:timers/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, parse, type DocumentNode } from 'graphql';
import pg from 'pg';
import { z } from 'zod';
import { systemClock } from '@hubgraph/kit/clock';
import { defineEvents } from '@hubgraph/kit/events';
import { newId } from '@hubgraph/kit/ids';
import { recordEvents } from '@hubgraph/kit/outbox';
import { startRelay } from '@hubgraph/kit/relay/relay';
import { sqlOf, transactorOf } from '../postgres-pool.ts';
import { quiet } from '../outbox.ts';
import { serveParent, workerInput } from '../worker.ts';

// A hub as a process of its own, so that it can be killed: writers on its own PostgreSQL, the relay of the product, and
// answers about alerts by the committed schema, which need PostgreSQL as well.

/** How a hub process is started. */
export interface HubInput {
  readonly hub: 'ops' | 'governance';
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly port: number;
  /** Servers that keep the stream. */
  readonly replicas: number;
}

/** What it does for its parent. */
export interface HubOrders {
  /** Begins to commit so many changes a second, each with `each` events of one of the domains `team-0` to `team-<domains - 1>`. */
  load: { readonly perSecond: number; readonly each: number; readonly domains: number };
  /** Ends that; answers {@link Committed} of everything since the last time. */
  rest: true;
}

/** Events with the milliseconds since 1970 at which their commit was answered. */
export type Committed = readonly (readonly [id: string, at: number])[];

const EVENTS = {
  ops: { eventHub: 'opshub', event: 'alert.raised' },
  governance: { eventHub: 'statehub', event: 'progress.recorded' },
} as const;
const WRITERS = 8;

const { hub, databaseUrl, natsUrl, port, replicas } = workerInput<HubInput>();
const { eventHub, event } = EVENTS[hub];
const manifest = { name: hub, eventHub, stream: `EVENTS_${hub.toUpperCase()}`, port };
const catalogue = defineEvents({ manifest, feeds: {}, types: { [event]: { version: 1, description: 'Load.', data: z.looseObject({ id: z.string() }) } } });
const pool = new pg.Pool({ connectionString: databaseUrl, max: WRITERS + 2, connectionTimeoutMillis: 2_000, options: `-c search_path="${hub}"` });
pool.on('error', () => undefined);
// a connection in use tells its loss itself
pool.on('connect', (client) => void client.on('error', () => undefined));
const transactor = transactorOf(pool);
const sql = sqlOf(pool);
const relay = startRelay({ databaseUrl, schema: hub, natsUrl, manifest, settings: { maxAgeMs: 7 * 24 * 3_600_000, replicas }, clock: systemClock, log: quiet });

const now = (): number => performance.timeOrigin + performance.now();
let committed: [string, number][] = [];
let writing: AbortController | undefined;
let done: Promise<unknown> = Promise.resolve();

async function change(domains: number, each: number): Promise<void> {
  const entries = Array.from({ length: each }, () => {
    const team = Math.floor(Math.random() * domains);
    const id = newId();
    const data = hub === 'ops'
      ? { id, from: null, to: 'RAISED', version: 1, dedupKey: id, severity: 'ERROR', title: `Alert of team ${team}`, subject: 'SERVICE', service: `service-${team}`, count: 1, escalation: 0, suppressed: false }
      : { id, eventType: 'note', summary: `Note of team ${team}` };
    return { name: event, subject: `${event.split('.')[0]}/${id}`, domain: `team-${team}`, actor: 'load', time: new Date(), data };
  });
  const recorded = await transactor.transaction(async (tx) => {
    await tx.query(`UPDATE "load" SET "version" = "version" + 1 WHERE "id" = $1`, [Math.floor(Math.random() * 500)]);
    return recordEvents(tx, catalogue, entries);
  });
  relay.wake();
  const at = now();
  for (const { id } of recorded) committed.push([id, at]);
}

/** Random moments, so that bursts come as they do. */
function load({ perSecond, each, domains }: HubOrders['load']): void {
  writing = new AbortController();
  const { signal } = writing;
  let due = performance.now();
  const writer = async (): Promise<void> => {
    while (!signal.aborted) {
      due = Math.max(due, performance.now() - 1_000) + (-Math.log(1 - Math.random()) * 1_000) / perSecond;
      const wait = due - performance.now();
      if (wait > 0) await delay(wait, undefined, { signal }).catch(() => undefined);
      // while PostgreSQL is away nothing is changed; whether the last change was committed is for the outbox to say
      if (!signal.aborted) await change(domains, each).catch(() => delay(50));
    }
  };
  done = Promise.all(Array.from({ length: WRITERS }, writer));
}

const schema = buildSubgraphSchema([{ typeDefs: parse(readFileSync(new URL(`../../../schema/hubs/${hub}.graphql`, import.meta.url), 'utf8')) }]);
const documents = new Map<string, DocumentNode>();
schema.getQueryType()!.getFields()._entities!.resolve = async (_source, { representations }: { representations: readonly { readonly id?: string }[] }) => {
  await sql.query('SELECT "version" FROM "load" WHERE "id" = 0');
  return representations.map((reference) => ({ title: `Title of ${reference.id}`, ...reference }));
};
const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (text: string) => (body += text)).on('end', async () => {
    const { query, variables, operationName } = JSON.parse(body) as { query: string; variables: object; operationName?: string };
    let document = documents.get(query);
    if (!document) documents.set(query, (document = parse(query)));
    const result = await execute({ schema, document, operationName, variableValues: { ...variables }, typeResolver: (value) => (value as { __typename: string }).__typename });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
  });
});
server.listen(port, '127.0.0.1');
await once(server, 'listening');

serveParent({
  load,
  async rest(): Promise<Committed> {
    writing?.abort();
    await done;
    const all = committed;
    committed = [];
    return all;
  },
});
