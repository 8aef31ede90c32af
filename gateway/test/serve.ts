import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hub } from '@hubgraph/kit/hub';
import type { Role } from '@hubgraph/kit/identity';
import { openDevIssuer, type DevToken } from '@hubgraph/kit/identity/issuer';
import { silentLog } from '@hubgraph/kit/log';
import { createGateway, type Gateway, type GatewayOptions } from '../src/gateway.ts';
import { localCaller } from '../src/hubs/local.ts';
import { compose, testHub, type TestSubgraph } from './compose.ts';

/** A gateway for tests over hubs in the same process. */
export interface TestGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly url: string;
  readonly hubs: Readonly<Record<string, Hub>>;
  /** A token of its development issuer. */
  token(...roles: Role[]): Promise<string>;
  /** The same with all that such a token can say. */
  tokenOf(facts: DevToken): Promise<string>;
  readonly devIssuerPath: string;
  close(): Promise<void>;
}

/** Starts one on a free port. */
export async function serveGateway(subgraphs: Readonly<Record<string, TestSubgraph>>, options: Partial<GatewayOptions> = {}): Promise<TestGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-'));
  const [supergraphPath, eventsPath, devIssuerPath] = [join(folder, 'supergraph.graphql'), join(folder, 'events.json'), join(folder, 'dev-issuer.json')];
  await writeFile(supergraphPath, compose(subgraphs));
  await writeFile(eventsPath, JSON.stringify({ streams: [], events: [], subscriptions: [] }));
  const hubs = Object.fromEntries(Object.entries(subgraphs).map(([name, subgraph]) => [name, testHub(name, subgraph)]));
  const callers = new Map(Object.entries(hubs).map(([name, hub]) => [name, localCaller(hub)]));
  const issuerPath = options.devIssuerPath ?? devIssuerPath;
  const gateway = await createGateway({ supergraphPath, eventsPath, devIssuerPath: issuerPath, callers, host: '127.0.0.1', port: 0, cursorKeys: ['x'.repeat(32)], development: true, env: {}, log: silentLog(), ...options });
  const close = async (): Promise<void> => {
    await gateway.close();
    await rm(folder, { recursive: true });
  };
  return {
    gateway, hubs, close,
    url: gateway.url,
    devIssuerPath: issuerPath,
    token: async (...roles) => (await openDevIssuer(issuerPath)).sign({ sub: 'ada', roles, ttlSeconds: 60 }),
    tokenOf: async (facts) => (await openDevIssuer(issuerPath)).sign(facts),
    [Symbol.asyncDispose]: close,
  };
}
