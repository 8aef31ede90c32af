import { createChanges } from '@hubgraph/kit/change';
import { systemClock } from '@hubgraph/kit/clock';
import { createScrubber } from '../../subgraphs/artifacts/src/commands/scrub/index.ts';
import { events } from '../../subgraphs/artifacts/src/events.ts';
import { openDatabase } from '../../subgraphs/artifacts/src/store/index.ts';
import { quiet } from '../harness/outbox.ts';
import { openFolder } from '../harness/stored-bytes.ts';

// A scrub of one folder in a process of its own, which says how many objects it has read, and hangs for ever at the one that it is told.
const { databaseUrl, name, root, hangAt } = JSON.parse(process.argv[2] ?? '{}') as { databaseUrl: string; name: string; root: string; hangAt: number };

const { sql, transactor } = openDatabase(databaseUrl, 4);
const changes = createChanges({ transactor, catalogue: events, clock: systemClock, committed: () => {} });
const folder = await openFolder(name, root);
let reads = 0;
const alive = setInterval(() => {}, 60_000);
const backend = {
  ...folder,
  read: async (key: string) => {
    console.log(++reads);
    return reads === hangAt ? new Promise<never>(() => {}) : folder.read(key);
  },
};
await createScrubber({ sql, changes, backends: [backend], clock: systemClock, log: quiet, rate: 100_000, days: 30 }).scrub(name, true, new AbortController().signal);
clearInterval(alive);
