import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// The peer: Hive Gateway's runtime with its JetStream pubsub, alone in its process, its sockets served as its command line
// does it. Its packages are in a folder of their own and no dependency of ours, hence the few types below.

interface Item { readonly data: Event; readonly cursor: string }
interface Event { readonly id: string; readonly type: string; readonly time: string; readonly actor: string; readonly subject: string; readonly domain?: string; readonly data: { readonly id: string; readonly from: string | null; readonly to: string | null; readonly severity: string; readonly service: string } }
interface Filter { readonly severities?: readonly string[]; readonly domains?: readonly string[]; readonly statuses?: readonly string[]; readonly services?: readonly string[] }
interface PubSub { subscribe(topic: string, options: { readonly cursor: string | undefined }): AsyncIterable<Item> }
interface Runtime { readonly fetchAPI: object; readonly graphqlEndpoint: string; getSchema(): Promise<object> }
interface Hive {
  createGatewayRuntime(config: object): Runtime & RequestListener;
  getGraphQLWSOptions(runtime: Runtime, context: (from: { readonly extra: { readonly request: object; readonly socket: object } }) => object): object;
}

const { folder, natsUrl, hubs, stream, prefix, topic } = JSON.parse(process.argv[2]!) as { folder: string; natsUrl: string; hubs: Record<string, number>; stream: string; prefix: string; topic: string };
const need = createRequire(join(folder, 'package.json'));
const { createGatewayRuntime, getGraphQLWSOptions } = need('@graphql-hive/gateway-runtime') as Hive;
const { NATSJetStreamPubSub } = need('@graphql-hive/pubsub/nats-jetstream') as { NATSJetStreamPubSub: new (js: object, options: object) => PubSub };
const { jetstream } = need('@nats-io/jetstream') as { jetstream(connection: object): object };
const { connect } = need('@nats-io/transport-node') as { connect(options: object): Promise<object> };
const { WebSocketServer } = need('ws') as { WebSocketServer: new (options: object) => object };
const { useServer } = need('graphql-ws/use/ws') as { useServer(options: object, server: object): object };
const { normalizeNodeRequest } = need('@whatwg-node/server') as { normalizeNodeRequest(request: object, fetchAPI: object): object };

const { host, username, password } = new URL(natsUrl);
const pubsub = new NATSJetStreamPubSub(jetstream(await connect({ servers: host, user: username, pass: password })), { subjectPrefix: prefix, stream });
let executions = 0;

const fits = (wanted: readonly string[] | undefined, value: string | null | undefined): boolean => wanted === undefined || wanted.includes(value ?? '');
const passes = ({ severities, domains, statuses, services }: Filter, { domain, data }: Event): boolean => fits(severities, data.severity) && fits(domains, domain) && fits(statuses, data.to) && fits(services, data.service);

/** Resumes as its pubsub's documentation shows, and filters before the execution. By hand: a generator cannot be ended while it waits. */
function subscribe(_root: unknown, { filter, after }: { readonly filter?: Filter; readonly after?: string }): AsyncIterableIterator<Item> {
  const source = pubsub.subscribe(topic, { cursor: after ?? undefined })[Symbol.asyncIterator]();
  return {
    async next() {
      for (;;) {
        const step = await source.next();
        if (step.done || passes(filter ?? {}, step.value.data)) return step;
      }
    },
    return: () => source.return!(),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const runtime = createGatewayRuntime({
  supergraph: readFileSync(fileURLToPath(new URL('../../schema/supergraph.graphql', import.meta.url)), 'utf8').replace(/@join__graph\(name: "(\w+)", url: ""\)/g, (_all, hub: string) => `@join__graph(name: "${hub}", url: "http://127.0.0.1:${hubs[hub] ?? 1}/graphql")`),
  pubsub, logging: false,
  additionalResolvers: {
    Subscription: {
      alertChanged: {
        subscribe,
        resolve: ({ data: { data, ...event }, cursor }: Item) => {
          executions++;
          return { ...event, __typename: 'AlertEvent', cursor, replayed: false, from: data.from, to: data.to, alert: { __typename: 'Alert', id: data.id } };
        },
      },
    },
    // a resolver's entity is completed from the hubs, what is only nested in another's is not
    AlertEvent: { alert: { resolve: ({ alert }: { readonly alert: object }) => alert } },
  },
});
// sockets do not load it, only requests do
await runtime.getSchema();
const server = createServer(runtime);
useServer(getGraphQLWSOptions(runtime, ({ extra }) => ({ req: extra.request, socket: extra.socket, request: normalizeNodeRequest(extra.request, runtime.fetchAPI) })), new WebSocketServer({ path: runtime.graphqlEndpoint, server }));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });

process.on('message', ({ gc }: { readonly gc?: boolean }) => {
  if (gc) globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  process.send?.({ executions, rss: process.memoryUsage().rss, cpu: (user + system) / 1_000 });
});
process.on('disconnect', () => process.exit());
