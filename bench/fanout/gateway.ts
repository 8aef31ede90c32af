import { createGateway } from '@hubgraph/gateway';
import { silentLog } from '@hubgraph/kit/log';
import { fileURLToPath } from 'node:url';
import { remoteCaller } from '../../gateway/src/hubs/remote.ts';
import type { Reports } from '../../gateway/src/observe/reporter.ts';

// The gateway under measure, alone in its process, as it is started for real.

const { devIssuerPath, natsUrl, hubs, key } = JSON.parse(process.argv[2]!) as { devIssuerPath: string; natsUrl: string; hubs: Record<string, number>; key?: string };
const schemaFile = (name: string): string => fileURLToPath(new URL(`../../schema/${name}`, import.meta.url));
const counts: Partial<Record<keyof Reports, number>> = {};

const gateway = await createGateway({
  supergraphPath: schemaFile('supergraph.graphql'), eventsPath: schemaFile('events.json'), host: '127.0.0.1', port: 0,
  callers: new Map(Object.entries(hubs).map(([hub, port]) => [hub, remoteCaller({ hub, url: `http://127.0.0.1:${port}`, key })])),
  devIssuerPath, natsUrl, cursorKeys: ['a key of the bench, 32 characters'], development: true, env: { HUBGRAPH_WS_MAX_SOCKETS: '30000' }, log: silentLog(),
  reporter: { report: (name) => void (counts[name] = (counts[name] ?? 0) + 1) },
});
process.send?.({ url: gateway.url });

process.on('message', ({ gc }: { readonly gc?: boolean }) => {
  if (gc) globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed: heap } = process.memoryUsage();
  process.send?.({ counts, rss, heap, cpu: (user + system) / 1_000 });
});
process.on('disconnect', () => process.exit());
