import { join } from 'node:path';
import { createGateway } from '@hubgraph/gateway';
import { silentLog } from '@hubgraph/kit/log';
import { remoteCaller } from '../../../gateway/src/hubs/remote.ts';
import type { Reports } from '../../../gateway/src/observe/reporter.ts';
import { serveParent, workerInput } from '../worker.ts';

// A gateway with the committed schema as a process of its own, so that it can be killed.

/** How a gateway process is started. */
export interface GatewayInput {
  readonly port: number;
  readonly natsUrl: string;
  readonly devIssuerPath: string;
  /** Ports of the hubs, by name. */
  readonly hubs: Readonly<Record<string, number>>;
}

/** What it says about itself. */
export interface GatewayState {
  /** Reports so far, by name. */
  readonly counts: Readonly<Partial<Record<keyof Reports, number>>>;
  readonly rss: number;
  /** Milliseconds of processor. */
  readonly cpu: number;
}

/** What cursors are signed with. */
export const CURSOR_KEY = 'a key of the tests, 32 characters';

const SCHEMA = join(import.meta.dirname, '../../../schema');
const { port, natsUrl, devIssuerPath, hubs } = workerInput<GatewayInput>();
const counts: Partial<Record<keyof Reports, number>> = {};

await createGateway({
  supergraphPath: join(SCHEMA, 'supergraph.graphql'), eventsPath: join(SCHEMA, 'events.json'), host: '127.0.0.1', port, natsUrl, devIssuerPath,
  callers: new Map(Object.entries(hubs).map(([hub, at]) => [hub, remoteCaller({ hub, url: `http://127.0.0.1:${at}` })])),
  cursorKeys: [CURSOR_KEY], development: true, env: { HUBGRAPH_WS_MAX_SOCKETS: '30000' }, log: silentLog(),
  reporter: { report: (name) => void (counts[name] = (counts[name] ?? 0) + 1) },
});

serveParent({
  state(): GatewayState {
    const { user, system } = process.cpuUsage();
    return { counts, rss: process.memoryUsage().rss, cpu: (user + system) / 1_000 };
  },
});
