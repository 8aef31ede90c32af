// An artifacts hub with its door, in a process that tests kill. Prints its origin; ends with its stdin.
import { pino } from 'pino';
import type { Clock } from '@hubgraph/kit/clock';
import { openDoor, type HubDoor } from '@hubgraph/kit/hub-door';
import { definition } from '../../subgraphs/artifacts/src/subgraph.ts';

/** What it is told. */
export interface ArtifactsOrder {
  readonly databaseUrl: string;
  readonly root: string;
  readonly key: string;
  /** Milliseconds that its clock is ahead, so that leases of those before it are over. */
  readonly ahead: number;
}

const order = JSON.parse(process.argv[2] ?? '') as ArtifactsOrder;
const clock: Clock = { now: () => new Date(Date.now() + order.ahead) };
const doors: HubDoor[] = [];
const hub = await definition.create({ databaseUrl: order.databaseUrl, cursorKeys: [order.key], clock, log: pino({ level: 'silent' }), env: { HUBGRAPH_ARTIFACTS_ROOT: order.root }, publicUrl: () => doors[0]?.url ?? '' });
doors.push(await openDoor(hub, { host: '127.0.0.1', port: 0 }));
console.log(doors[0]?.url);
process.stdin.resume().once('end', () => void Promise.all(doors.map((door) => door.close())).then(() => hub.stop()).then(() => process.exit(0)));
