import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGateway } from '@hubgraph/gateway/gateway';
import { localCaller } from '@hubgraph/gateway/hubs/local';
import type { HubDefinition } from '@hubgraph/kit/hub';
import type { Role } from '@hubgraph/kit/identity';
import { openDevIssuer } from '@hubgraph/kit/identity/issuer';
import { silentLog } from '@hubgraph/kit/log';
import { startTestHub, TEST_KEY, type TestHub } from './hub.ts';

const SCHEMA = join(import.meta.dirname, '../../schema');

/** A gateway over the committed supergraph, with real hubs in this process, each on a database of its own. */
export interface TestGraph extends AsyncDisposable {
  readonly url: string;
  readonly hubs: Readonly<Record<string, TestHub>>;
  /** A token of its development issuer, good for ten minutes unless told otherwise. */
  token(role: Role, sub?: string, ttlSeconds?: number): Promise<string>;
}

/** Starts one on a free port, its hubs with the settings of `env`; with `natsUrl` there are events, which `relays: false` leaves in the outboxes. The committed schema must be that of the hubs; `schema` is the folder of another one. */
export async function startTestGraph(definitions: readonly HubDefinition[], { schema = SCHEMA, relays = true, ...options }: { readonly relays?: boolean; readonly env?: Readonly<Record<string, string>>; readonly publicUrl?: () => string; readonly natsUrl?: string; readonly schema?: string } = {}): Promise<TestGraph> {
  const folder = await mkdtemp(join(tmpdir(), 'graph-'));
  const devIssuerPath = join(folder, 'dev-issuer.json');
  const hubs = Object.fromEntries(await Promise.all(definitions.map(async (definition) => [definition.manifest.name, await startTestHub(definition, { ...options, start: relays && options.natsUrl !== undefined })] as const)));
  const callers = new Map(Object.entries(hubs).map(([name, { hub }]) => [name, localCaller(hub)]));
  const gateway = await createGateway({
    supergraphPath: join(schema, 'supergraph.graphql'), eventsPath: join(schema, 'events.json'), callers, host: '127.0.0.1', port: 0, devIssuerPath, natsUrl: options.natsUrl, cursorKeys: [TEST_KEY], development: true, env: {}, log: silentLog(),
  });
  return {
    url: gateway.url,
    hubs,
    token: async (role, sub = role, ttlSeconds = 600) => (await openDevIssuer(devIssuerPath)).sign({ sub, roles: [role], ttlSeconds }),
    async [Symbol.asyncDispose]() {
      await gateway.close();
      for (const hub of Object.values(hubs)) await hub[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
