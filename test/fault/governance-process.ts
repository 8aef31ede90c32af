import { systemClock } from '@hubgraph/kit/clock';
import { silentLog } from '@hubgraph/kit/log';
import { definition } from '@hubgraph/governance';

// The governance hub as a process of its own, so that it can be killed while it follows the events of other hubs. Says when it runs.
const { databaseUrl, natsUrl } = JSON.parse(process.argv[2] ?? '{}') as { databaseUrl: string; natsUrl: string };

const hub = await definition.create({ databaseUrl, natsUrl, cursorKeys: ['a key of the tests'], clock: systemClock, log: silentLog(), env: {} });
await hub.start();
process.stdout.write('runs\n');
