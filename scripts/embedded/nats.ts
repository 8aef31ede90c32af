import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UsageError } from '@hubgraph/kit/errors';
import { connect } from '@nats-io/transport-node';
import { exitCodes } from '../exit-codes.ts';
import { natsServerBinary } from './binaries.ts';
import { failureOf, sizeOf, watchStore } from './disk.ts';
import { freePort, launch, tail, type Child, type Exit } from './processes.ts';

/** Where and how one embedded nats-server runs. */
export interface NatsOptions {
  /** Absolute path of its folder: JetStream's files, `nats.conf` (0600) and `nats.pid`. */
  readonly dir: string;
  /** A free one when left out. */
  readonly port?: number;
  /** Default `hubgraph`. */
  readonly user?: string;
  readonly password: string;
  /** File that gets the server's own log. */
  readonly log: string;
  /** Path of nats-server; the one of {@link natsServerBinary} without a PATH when left out. */
  readonly binary?: string;
}

/** A running nats-server with JetStream that accepts connections on the loopback. */
export interface Nats {
  /** With user and password. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Flushes and stops. Safe to call twice. */
  stop(): Promise<void>;
}

const STOP_PATIENCE_MS = 10_000;
const START_PATIENCE_MS = 60_000;

/**
 * Starts nats-server on `dir`; resolves when a real connection was accepted and JetStream answers.
 *
 * @throws UsageError: 9 no binary for this platform, 10 it did not start (with the end of its log).
 */
export async function startNats(options: NatsOptions): Promise<Nats> {
  const binary = options.binary ?? await natsServerBinary();
  const user = options.user ?? 'hubgraph';
  await mkdir(options.dir, { recursive: true });
  const config = join(options.dir, 'nats.conf');
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? await freePort();
    await writeFile(config, configText(options, user, port), { mode: 0o600 });
    const since = sizeOf(options.log);
    const child = launch({ command: binary, args: ['--config', config], cwd: options.dir, log: options.log });
    const url = `nats://${encodeURIComponent(user)}:${encodeURIComponent(options.password)}@127.0.0.1:${port}`;
    if (await ready(child, port, user, options.password)) {
      void child.exited.then(watchStore({ dir: options.dir, log: options.log, restart: () => void child.end('SIGTERM', STOP_PATIENCE_MS, 'SIGKILL') }));
      return handle(child, port, url);
    }
    if (options.port === undefined && attempt < 3 && tail(options.log, 8).includes('address already in use')) continue;
    throw new UsageError(failureOf('The embedded nats-server did not start', options.dir, options.log, since), exitCodes.serverFailed.code);
  }
}

function handle(child: Child, port: number, url: string): Nats {
  let stopping: Promise<void> | undefined;
  return { url, port, pid: child.pid, exited: child.exited, stop: () => (stopping ??= child.end('SIGTERM', STOP_PATIENCE_MS, 'SIGKILL')) };
}

/**
 * `sync_interval: always` because an acknowledged event must outlive a power cut; `max_file_store` because the default, three
 * quarters of what was free at the start, would refuse events on a disk that has space; every listener but the client port stays off.
 */
function configText(options: NatsOptions, user: string, port: number): string {
  return [
    `listen: "127.0.0.1:${port}"`,
    'server_name: hubgraph',
    `pid_file: ${JSON.stringify(join(options.dir, 'nats.pid'))}`,
    `authorization { user: ${JSON.stringify(user)}, password: ${JSON.stringify(options.password)} }`,
    `jetstream { store_dir: ${JSON.stringify(join(options.dir, 'store'))}, sync_interval: always, max_file_store: 1TB }`,
    '',
  ].join('\n');
}

async function ready(child: Child, port: number, user: string, password: string): Promise<boolean> {
  let ended = false;
  void child.exited.then(() => (ended = true));
  const deadline = performance.now() + START_PATIENCE_MS;
  while (!ended && performance.now() < deadline) {
    try {
      const connection = await connect({ servers: `127.0.0.1:${port}`, user, pass: password, reconnect: false, timeout: 2_000 });
      try {
        // the client port opens before JetStream has recovered its streams
        await connection.request('$JS.API.INFO', '', { timeout: 2_000 });
        return true;
      } finally {
        await connection.close();
      }
    } catch {
      await delay(10);
    }
  }
  if (!ended) await child.end('SIGTERM', STOP_PATIENCE_MS, 'SIGKILL');
  return false;
}
