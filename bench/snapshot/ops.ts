import { systemClock } from '@hubgraph/kit/clock';
import { serveHub } from '@hubgraph/kit/hub-server';
import { silentLog } from '@hubgraph/kit/log';
import { definition } from '@hubgraph/ops';

// The ops hub as it is started for real, alone in its process.

const { databaseUrl, natsUrl, key } = JSON.parse(process.argv[2]!) as { databaseUrl: string; natsUrl: string; key: string };
const hub = await definition.create({ databaseUrl, natsUrl, cursorKeys: ['a key of the bench, 32 characters'], clock: systemClock, log: silentLog(), env: {} });
await hub.start();
const { port } = await serveHub(hub, { host: '127.0.0.1', port: 0, keys: [key], log: silentLog() });
process.send?.({ port });

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: (user + system) / 1_000 });
});
process.on('disconnect', () => process.exit());
