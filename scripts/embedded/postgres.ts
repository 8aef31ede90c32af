import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UsageError } from '@hubgraph/kit/errors';
import pg from 'pg';
import { exitCodes } from '../exit-codes.ts';
import { postgresBinaries, type PostgresBinaries } from './binaries.ts';
import { failureOf, sizeOf } from './disk.ts';
import { freePort, launch, tail, type Child, type Exit } from './processes.ts';
import { unprivilegedUser, type Unprivileged } from './unprivileged.ts';

/** The superuser of the embedded cluster. */
export const SUPERUSER = 'postgres';

/** Where and how one embedded PostgreSQL runs. */
export interface PostgresOptions {
  /** Absolute path of the cluster's folder; made on first use, with data checksums. */
  readonly dir: string;
  /** A free one when left out. */
  readonly port?: number;
  /** Of the superuser; must be the same at every start of one `dir`. */
  readonly password: string;
  /** File that gets the server's own log. */
  readonly log: string;
  /** Server settings besides or instead of the usual ones; tests turn fsync off. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A running PostgreSQL that accepts connections on the loopback. */
export interface Postgres {
  readonly port: number;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Connection URL; of the superuser unless `role` is given. */
  url(database?: string, role?: { readonly user: string; readonly password: string }): string;
  /** Ends sessions, writes a checkpoint, stops. Safe to call twice. */
  stop(): Promise<void>;
}

/** Settings that make start and commit quick and give nothing away when the process or the machine dies. */
const SETTINGS = {
  listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on',
  max_connections: '200', shared_buffers: '128MB', max_wal_size: '1GB', jit: 'off', timezone: 'UTC', log_timezone: 'UTC',
};
const STOP_PATIENCE_MS = 20_000;
const START_PATIENCE_MS = 120_000;

/**
 * Starts PostgreSQL on `dir`, initialising it on first use; resolves when a real connection was accepted.
 *
 * @throws UsageError: 9 no binary for this platform, 5 the folder cannot be used, 10 it did not start (with the end of its log).
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const binaries = await postgresBinaries();
  const initialised = await isInitialised(options.dir);
  const user = await unprivilegedUser(initialised ? options.dir : undefined, [binaries.postgres, options.dir]);
  if (!initialised) await initialise(options, binaries, user);
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? await freePort();
    const flags = Object.entries({ ...SETTINGS, ...options.settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const since = sizeOf(options.log);
    const child = launch({ ...asUser(user, binaries.postgres, ['-D', options.dir, '-p', String(port), ...flags]), cwd: options.dir, log: options.log });
    const url = urlOf(port, options.password);
    if (await ready(child, url('postgres'))) return handle(child, port, url);
    // between finding a free port and taking it, somebody else may take it
    if (options.port === undefined && attempt < 3 && tail(options.log, 8).includes('could not bind')) continue;
    // after a kill -9 the backends of the old server need a moment to notice and let go of its memory
    if (attempt < 50 && tail(options.log, 3).includes('pre-existing shared memory block')) {
      await delay(100);
      continue;
    }
    throw new UsageError(failureOf('The embedded PostgreSQL did not start', options.dir, options.log, since), exitCodes.serverFailed.code);
  }
}

function handle(child: Child, port: number, url: Postgres['url']): Postgres {
  let stopping: Promise<void> | undefined;
  return {
    port, pid: child.pid, exited: child.exited, url,
    // SIGINT is PostgreSQL's "fast": roll back, checkpoint, end
    stop: () => (stopping ??= child.end('SIGINT', STOP_PATIENCE_MS, 'SIGQUIT')),
  };
}

function urlOf(port: number, password: string): Postgres['url'] {
  return (database = 'postgres', role = { user: SUPERUSER, password }) =>
    `postgresql://${encodeURIComponent(role.user)}:${encodeURIComponent(role.password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

async function isInitialised(dir: string): Promise<boolean> {
  return readFile(join(dir, 'PG_VERSION')).then(() => true, () => false);
}

/** initdb works beside the final folder, so that one that was cut off is never taken for a cluster. */
async function initialise(options: PostgresOptions, binaries: PostgresBinaries, user: Unprivileged | undefined): Promise<void> {
  const fresh = `${options.dir}.new`;
  const passwordFile = `${options.dir}.password`;
  await mkdir(dirname(options.dir), { recursive: true });
  await rm(fresh, { recursive: true, force: true });
  try {
    await mkdir(fresh, { mode: 0o700 });
    await writeFile(passwordFile, `${options.password}\n`, { mode: 0o600 });
    if (user) for (const path of [fresh, passwordFile]) await chown(path, user.uid, user.gid);
    const args = ['-D', fresh, '-U', SUPERUSER, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const since = sizeOf(options.log);
    const { code } = await launch({ ...asUser(user, binaries.initdb, args), cwd: fresh, log: options.log }).exited;
    if (code !== 0) throw new UsageError(failureOf('The embedded PostgreSQL could not be initialised', options.dir, options.log, since), exitCodes.serverFailed.code);
    await rename(fresh, options.dir);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

function asUser(user: Unprivileged | undefined, command: string, args: readonly string[]): { command: string; args: readonly string[]; uid?: number; gid?: number } {
  const [prefix, ...rest] = user?.prefix ?? [];
  if (prefix) return { command: prefix, args: [...rest, command, ...args] };
  return { command, args, uid: user?.uid, gid: user?.gid };
}

/** Whether the server accepted a connection before it ended; waits through crash recovery. */
async function ready(child: Child, url: string): Promise<boolean> {
  let ended = false;
  void child.exited.then(() => (ended = true));
  const deadline = performance.now() + START_PATIENCE_MS;
  while (!ended && performance.now() < deadline) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return true;
    } catch {
      await delay(10);
    }
  }
  if (!ended) await child.end('SIGINT', STOP_PATIENCE_MS, 'SIGQUIT');
  return false;
}
