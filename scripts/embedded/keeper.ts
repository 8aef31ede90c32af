/**
 * The process that owns the embedded servers. It lives as long as the pipe to the process that started it:
 * however that one ends, kill -9 included, the servers are stopped in order and nothing is orphaned.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { UsageError } from '@hubgraph/kit/errors';
import type { NatsOptions } from './nats.ts';
import type { PostgresOptions } from './postgres.ts';
import type { Exit } from './processes.ts';

/** What the keeper is asked to run; sent once. */
export interface KeeperOrder {
  readonly postgres?: PostgresOptions;
  readonly nats?: NatsOptions;
}

/** What the keeper reports. `ended` is unasked: the server is started again on the same port, and `up` follows. */
export type KeeperReport =
  | { readonly kind: 'up'; readonly server: ServerName; readonly port: number; readonly pid: number }
  | { readonly kind: 'ended'; readonly server: ServerName; readonly exit: Exit }
  | { readonly kind: 'failed'; readonly server: ServerName; readonly message: string; readonly exitCode: number };
export type ServerName = 'postgres' | 'nats';

interface Server {
  readonly port: number;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  stop(): Promise<void>;
}

const RESTARTS_IN_A_ROW = 8;
const LONGEST_PAUSE_MS = 5_000;
/** A server that ran this long is healthy: the next crash starts counting anew. */
const HEALTHY_MS = 10_000;

let stopping = false;
const kept: Promise<void>[] = [];
const running = new Map<ServerName, Server>();

function report(message: KeeperReport): void {
  if (process.connected) process.send?.(message);
}

async function keep(server: ServerName, start: (port?: number) => Promise<Server>): Promise<void> {
  let port: number | undefined;
  for (let crashes = 0; !stopping;) {
    try {
      const began = performance.now();
      const handle = await start(port);
      port = handle.port;
      running.set(server, handle);
      if (stopping) return await handle.stop();
      report({ kind: 'up', server, port, pid: handle.pid });
      const exit = await handle.exited;
      if (stopping) return;
      report({ kind: 'ended', server, exit });
      crashes = performance.now() - began > HEALTHY_MS ? 1 : crashes + 1;
    } catch (error) {
      crashes++;
      // a first start that fails will not do better; a restart may only have to wait for remains of the old process
      if (port === undefined || crashes > RESTARTS_IN_A_ROW) return report(failure(server, error));
    }
    if (crashes > RESTARTS_IN_A_ROW) return report(failure(server, new Error(`${server} ended ${crashes} times in a row`)));
    if (crashes > 1) await delay(Math.min(50 * 2 ** crashes, LONGEST_PAUSE_MS));
  }
}

function failure(server: ServerName, error: unknown): KeeperReport {
  const { message } = error as Error;
  return { kind: 'failed', server, message, exitCode: error instanceof UsageError ? error.exitCode : 10 };
}

async function stopAll(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await Promise.all([...running.values()].map((server) => server.stop()));
  // a server that was just starting is stopped by its own loop
  await Promise.all(kept);
  process.exit(0);
}

process.once('message', (order: KeeperOrder) => {
  const { postgres, nats } = order;
  if (postgres) kept.push(import('./postgres.ts').then(({ startPostgres }) => keep('postgres', (port) => startPostgres({ ...postgres, port }))));
  if (nats) kept.push(import('./nats.ts').then(({ startNats }) => keep('nats', (port) => startNats({ ...nats, port }))));
});
process.once('disconnect', () => void stopAll());
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void stopAll());
