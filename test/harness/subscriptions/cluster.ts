import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDevIssuer } from '@hubgraph/kit/identity/issuer';
import { freePort } from '../../../scripts/embedded/processes.ts';
import { startNatsCluster, type NatsCluster } from '../nats-cluster.ts';
import { outboxOf } from '../outbox.ts';
import { startOwnPostgres, type OwnPostgres } from '../own-postgres.ts';
import { makeDatabase, type FreshDatabase } from '../postgres-pool.ts';
import { until } from '../until.ts';
import { startWorker, type Worker } from '../worker.ts';
import type { ClientsInput, ClientsOrders, Silence, Verdict, Which } from './clients.ts';
import type { GatewayInput } from './gateway.ts';
import type { Committed, HubInput, HubOrders } from './hub.ts';
import type { Expected } from './sequence.ts';

/** How large, and how busy. */
export interface ClusterSize {
  /** Servers of NATS; every stream is kept by all of them. */
  readonly servers: number;
  readonly gateways: number;
  readonly clients: number;
  /** Domains that events belong to; each client follows one of them. */
  readonly domains: number;
  /** Changes that the hubs commit in a second, together. */
  readonly perSecond: number;
}

/** A process that can be killed and started again in its place. */
export interface Part {
  kill(): Promise<void>;
  /** Resolves when it serves. */
  restart(): Promise<void>;
}

/** All that lies between a commit and many clients, every part a process. */
export interface SubscriptionCluster extends AsyncDisposable {
  readonly nats: NatsCluster;
  readonly postgres: OwnPostgres;
  readonly gateways: readonly Part[];
  readonly hubs: Readonly<Record<'ops' | 'governance', Part>>;
  readonly clients: Worker;
  readonly databases: Readonly<Record<'ops' | 'governance', FreshDatabase>>;
  /** Lets the hubs commit changes, at `perSecond` if that is another rate, with `each` events each. */
  load(perSecond?: number, each?: number): Promise<void>;
  /** The last position that each outbox has given. */
  lasts(): Promise<Readonly<Record<'ops' | 'governance', number>>>;
  /** Ends that; answers when which event was committed, as far as the hubs lived to tell. */
  rest(): Promise<Committed>;
  /** The longest silence of any client from before `act` until each has got an event that was committed after it. */
  silenceOf(act: () => Promise<unknown>): Promise<Silence>;
  /** Ends the load, waits until every client, or every one of some, has what the outboxes have, and compares. */
  check(deadline?: number, which?: Which): Promise<Verdict & { readonly events: number }>;
  /** What a gateway says of itself. */
  state<State>(gateway: number): Promise<State>;
}

const HUBS = ['ops', 'governance'] as const;
/** Share of the changes. */
const SHARE = { ops: 0.6, governance: 0.4 } as const;

/** Starts everything; resolves when all clients have a place. Nothing was committed then. */
export async function startSubscriptionCluster({ servers, gateways: gatewayCount, clients: clientCount, domains, perSecond }: ClusterSize): Promise<SubscriptionCluster> {
  await using starting = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'hubgraph-subscriptions-'));
  starting.defer(() => rm(folder, { recursive: true, force: true }));
  const [nats, postgres] = await Promise.all([startNatsCluster(servers).then((it) => starting.use(it)), startOwnPostgres().then((it) => starting.use(it))]);

  const hubs = {} as Record<(typeof HUBS)[number], Part & { ask: Worker['ask'] }>;
  const databases = {} as Record<(typeof HUBS)[number], FreshDatabase>;
  const ports: Record<string, number> = {};
  const part = async (file: string, input: object): Promise<Part & { ask: Worker['ask'] }> => {
    let worker = await startWorker(`subscriptions/${file}.ts`, input);
    starting.defer(() => worker.kill());
    return {
      ask: (order) => worker.ask(order),
      kill: () => worker.kill(),
      async restart() {
        worker = await startWorker(`subscriptions/${file}.ts`, input);
      },
    };
  };
  await Promise.all(HUBS.map(async (hub) => {
    const database = (databases[hub] = starting.use(await makeDatabase(postgres.url, hub, 2)));
    await database.sql.query(`CREATE TABLE "load" ("id" int PRIMARY KEY, "version" int NOT NULL DEFAULT 0)`);
    await database.sql.query(`INSERT INTO "load" SELECT generate_series(0, 499)`);
    const port = (ports[hub] = await freePort());
    hubs[hub] = await part('hub', { hub, databaseUrl: database.url, natsUrl: nats.url, port, replicas: servers } satisfies HubInput);
  }));
  const devIssuerPath = join(folder, 'issuer.json');
  const token = await (await openDevIssuer(devIssuerPath)).sign({ sub: 'watcher', roles: ['viewer'], ttlSeconds: 7_200 });
  const gatewayPorts = await Promise.all(Array.from({ length: gatewayCount }, freePort));
  const gateways = await Promise.all(gatewayPorts.map((port) => part('gateway', { port, natsUrl: nats.url, devIssuerPath, hubs: ports } satisfies GatewayInput)));
  const clients = starting.use(await startWorker('subscriptions/clients.ts', { ports: gatewayPorts, token, domains } satisfies ClientsInput));
  await clients.ask<void>({ connect: { count: clientCount } } satisfies Partial<ClientsOrders>);

  let rate = 0;
  let perChange = 1;
  const loadOne = (hub: (typeof HUBS)[number]): Promise<void> => hubs[hub].ask({ load: { perSecond: rate * SHARE[hub], each: perChange, domains } } satisfies Partial<HubOrders>);
  const load = async (wanted = perSecond, each = 1): Promise<void> => {
    [rate, perChange] = [wanted, each];
    await Promise.all(HUBS.map(loadOne));
  };
  const rest = async (): Promise<Committed> => {
    rate = 0;
    return (await Promise.all(HUBS.map((hub) => hubs[hub].ask<Committed>({ rest: true } satisfies Partial<HubOrders>)))).flat();
  };
  const working = (hub: (typeof HUBS)[number]): Part => ({
    kill: () => hubs[hub].kill(),
    async restart() {
      await hubs[hub].restart();
      if (rate > 0) await loadOne(hub);
    },
  });
  /** What every outbox has, once all of it has its place. */
  const recorded = async (): Promise<Expected[]> => (await Promise.all(HUBS.map(async (hub) => {
    const { sql } = databases[hub];
    await until(`the outbox of ${hub} to be sequenced`, async () => (await sql.query('SELECT FROM "outbox" WHERE "pos" IS NULL LIMIT 1')).length === 0, { deadline: 30_000, every: 50 });
    return (await outboxOf(sql)).map(({ seq, id, text }) => ({ hub, domain: (JSON.parse(text) as { domain: string }).domain, pos: seq, id }));
  }))).flat();

  const lasts = async (): Promise<Record<(typeof HUBS)[number], number>> => {
    const last = async (hub: (typeof HUBS)[number]): Promise<number> => Number((await databases[hub].sql.query<{ last: string }>('SELECT "last" FROM "outboxState"'))[0]!.last);
    return { ops: await last('ops'), governance: await last('governance') };
  };
  /** Every client has events that were committed after this call. */
  const flowing = async (): Promise<Silence> => clients.ask<Silence>({ flowing: await lasts() } satisfies Partial<ClientsOrders>);

  const parts = starting.move();
  return {
    nats, postgres, gateways, clients, databases, load, rest, lasts,
    hubs: { ops: working('ops'), governance: working('governance') },
    async silenceOf(act) {
      await flowing();
      await clients.ask<void>({ mark: true });
      await act();
      return flowing();
    },
    async check(deadline = 60_000, which = 'all') {
      await rest();
      const expected = await recorded();
      const verdict = await clients.ask<Verdict>({ check: { expected, deadline, which } } satisfies Partial<ClientsOrders>);
      return { ...verdict, events: expected.length };
    },
    state: (gateway) => gateways[gateway]!.ask({ state: true }),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
