import { fork } from 'node:child_process';
import { closeSync } from 'node:fs';
import { UsageError } from '@hubgraph/kit/errors';
import type { DataDir } from '../data-dir/folder.ts';
import { exitCodes } from '../exit-codes.ts';
import { natsServerBinary } from './binaries.ts';
import type { KeeperOrder, KeeperReport, ServerName } from './keeper.ts';
import { isDiskFull } from './disk.ts';
import { noteKeeper } from './leftovers.ts';
import { childOf, endForeign, openLog } from './processes.ts';

/** Which servers to run on a data folder. The caller holds its lock. */
export interface ServersOptions {
  readonly dir: DataDir;
  /** Password of the superuser; no embedded PostgreSQL when left out. */
  readonly postgres?: string;
  /** Password of the one user; no embedded nats-server when left out. */
  readonly nats?: string;
  /** Text of PATH, where a nats-server may stand. */
  readonly path?: string;
  /** Called with one sentence when a server ended unasked (it is started again) and when it is back. */
  onIncident?(sentence: string): void;
}

/** The embedded servers of a data folder, kept by a process of their own. */
export interface Servers {
  /** Resolves when PostgreSQL accepts connections; rejects with a UsageError when it does not start. */
  readonly postgres: Promise<{ readonly port: number; readonly pid: number }>;
  /** Likewise for NATS. */
  readonly nats: Promise<{ readonly port: number; readonly pid: number }>;
  /** Resolves with one sentence when they cannot be kept running any more. */
  readonly lost: Promise<string>;
  readonly keeperPid: number;
  /** Stops both in order; resolves when nothing of them runs. Safe to call twice. */
  stop(): Promise<void>;
}

const LABEL: Readonly<Record<ServerName, string>> = { postgres: 'PostgreSQL', nats: 'nats-server' };

/** Starts the keeper and, by it, the servers; returns at once, the promises say when each is up. */
export async function startServers(options: ServersOptions): Promise<Servers> {
  const { dir } = options;
  const order: KeeperOrder = {
    postgres: options.postgres === undefined ? undefined : { dir: dir.postgres, password: options.postgres, log: dir.file('logs/postgres.log') },
    nats: options.nats === undefined ? undefined : { dir: dir.nats, password: options.nats, log: dir.file('logs/nats.log'), binary: await natsServerBinary(options.path) },
  };
  const log = openLog(dir.file('logs/keeper.log'));
  const keeper = fork(new URL('keeper.ts', import.meta.url), [dir.path], { detached: true, stdio: ['ignore', log, log, 'ipc'] });
  closeSync(log);
  const child = childOf(keeper);
  noteKeeper(dir, child.pid);
  const up = { postgres: Promise.withResolvers<{ port: number; pid: number }>(), nats: Promise.withResolvers<{ port: number; pid: number }>() };
  const pids = new Map<ServerName, number>();
  const lost = Promise.withResolvers<string>();
  for (const { promise } of Object.values(up)) promise.catch(() => undefined);
  keeper.on('message', (message: KeeperReport) => {
    const label = LABEL[message.server];
    if (message.kind === 'up') {
      if (pids.has(message.server)) options.onIncident?.(`${label} is back.`);
      pids.set(message.server, message.pid);
      up[message.server].resolve({ port: message.port, pid: message.pid });
    } else if (message.kind === 'ended') {
      options.onIncident?.(`${label} ended unasked (${message.exit.signal ?? `exit code ${message.exit.code}`})${isDiskFull(dir.path) ? ': the disk is full' : ''}; it is started again.`);
    } else {
      up[message.server].reject(new UsageError(message.message, message.exitCode));
      lost.resolve(message.message);
    }
  });
  let stopping: Promise<void> | undefined;
  void child.exited.then(async ({ code, signal }) => {
    if (stopping) return;
    // without their keeper nobody would restart or stop them in order: end them here and say so
    await Promise.all([...pids].map(([name, pid]) => endForeign(pid, [[name === 'postgres' ? 'SIGINT' : 'SIGTERM', 20_000], ['SIGKILL', 5_000]])));
    const sentence = `The keeper of the embedded servers ended unasked (${signal ?? `exit code ${code}`}); see ${dir.file('logs/keeper.log')}.`;
    for (const { reject } of Object.values(up)) reject(new UsageError(sentence, exitCodes.serverFailed.code));
    lost.resolve(sentence);
  });
  keeper.send(order);
  return {
    postgres: up.postgres.promise, nats: up.nats.promise, lost: lost.promise, keeperPid: child.pid,
    stop: () => (stopping ??= child.end('SIGTERM', 45_000, 'SIGKILL')),
  };
}
