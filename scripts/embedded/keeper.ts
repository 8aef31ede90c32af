/**
 * The process that owns the embedded servers. It lives as long as the pipe to the process that started it:
 * however that one ends, kill -9 included, the servers are stopped in order and nothing is orphaned.
 */
import { UsageError } from '@hubgraph/kit/errors';
import { exitCodes } from '../exit-codes.ts';
import { isDiskFull } from './disk.ts';
import { keepRunning, type Kept } from './keep.ts';
import type { NatsOptions } from './nats.ts';
import type { PostgresOptions } from './postgres.ts';
import type { Exit } from './processes.ts';

/** What the keeper is asked to run; sent once. */
export interface KeeperOrder {
  readonly postgres?: PostgresOptions;
  readonly nats?: NatsOptions;
}
export type ServerName = keyof KeeperOrder;

/** What the keeper reports. `ended` is unasked: the server is started again on the same port, and `up` follows. */
export type KeeperReport =
  | { readonly kind: 'up'; readonly server: ServerName; readonly port: number; readonly pid: number }
  | { readonly kind: 'ended'; readonly server: ServerName; readonly exit: Exit }
  | { readonly kind: 'failed'; readonly server: ServerName; readonly message: string; readonly exitCode: number };

const CRASHES_IN_A_ROW = 8;
const kept: { stop(): Promise<void> }[] = [];
let stopping = false;

function report(message: KeeperReport): void {
  if (process.connected) process.send?.(message);
}

function keep(server: ServerName, dir: string, start: (port?: number) => Promise<Kept>): void {
  kept.push(keepRunning(start, {
    up: ({ port, pid }) => report({ kind: 'up', server, port, pid }),
    ended: (exit) => report({ kind: 'ended', server, exit }),
    failed: (error) => report({ kind: 'failed', server, message: error.message, exitCode: error instanceof UsageError ? error.exitCode : exitCodes.serverFailed.code }),
  }, CRASHES_IN_A_ROW, () => isDiskFull(dir)));
}

async function stopAll(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await Promise.all(kept.map((server) => server.stop()));
  process.exit(0);
}

process.once('message', ({ postgres, nats }: KeeperOrder) => {
  // the two modules load one after the other, so the quicker server comes last
  if (postgres) keep('postgres', postgres.dir, async (port) => (await import('./postgres.ts')).startPostgres({ ...postgres, port }));
  if (nats) keep('nats', nats.dir, async (port) => (await import('./nats.ts')).startNats({ ...nats, port }));
});
process.once('disconnect', () => void stopAll());
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void stopAll());
