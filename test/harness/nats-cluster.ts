import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { natsServerBinary } from '../../scripts/embedded/binaries.ts';
import { freePort, launch, type Child } from '../../scripts/embedded/processes.ts';
import { reapAfterUs } from './reaper.ts';
import { until } from './until.ts';

/** One server of a cluster, on ports and a folder that stay the same through kills and restarts. */
export interface ClusterServer {
  readonly name: string;
  /** kill -9; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts again; returns at once, the cluster takes it in by itself. */
  restart(): void;
}

/** A cluster of nats-servers with JetStream on the loopback. */
export interface NatsCluster extends AsyncDisposable {
  /** All servers, as `NATS_URL` names them. */
  readonly url: string;
  readonly servers: readonly ClusterServer[];
  /** The server that leads a stream; waits until there is one. */
  leaderOf(stream: string): Promise<ClusterServer>;
  /** Runs `work` with a connection to any server that is up. */
  with<Result>(work: (connection: NatsConnection) => Promise<Result>): Promise<Result>;
}

const USER = 'hubgraph';
const PASSWORD = 'test';

/** Starts `count` servers, one of them without a cluster, with `sync_interval: always` as in the product; resolves when JetStream answers. */
export async function startNatsCluster(count = 3): Promise<NatsCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'hubgraph-cluster-'));
  const binary = await natsServerBinary();
  const ports = await Promise.all(Array.from({ length: count }, async () => ({ client: await freePort(), route: await freePort() })));
  const routes = ports.map(({ route }) => `"nats://127.0.0.1:${route}"`).join(', ');
  const running = new Map<string, Child>();
  const servers = await Promise.all(ports.map(async ({ client, route }, index): Promise<ClusterServer> => {
    const name = `n${index + 1}`;
    const dir = join(folder, name);
    const config = join(dir, 'nats.conf');
    await mkdir(dir);
    await writeFile(config, [
      `listen: "127.0.0.1:${client}"`,
      `server_name: ${name}`,
      `authorization { user: ${USER}, password: ${PASSWORD} }`,
      `jetstream { store_dir: ${JSON.stringify(join(dir, 'store'))}, sync_interval: always, max_file_store: 1TB }`,
      ...(count > 1 ? [`cluster { name: hubgraph, listen: "127.0.0.1:${route}", routes: [${routes}] }`] : []),
      '',
    ].join('\n'), { mode: 0o600 });
    return {
      name,
      restart() {
        if (running.has(name)) return;
        const child = launch({ command: binary, args: ['--config', config], cwd: dir, log: join(dir, 'nats.log') });
        running.set(name, child);
        void child.exited.then(reapAfterUs(child.pid, folder));
      },
      async kill() {
        const child = running.get(name);
        if (!child) return;
        process.kill(child.pid, 'SIGKILL');
        await child.exited;
        running.delete(name);
      },
    };
  }));
  for (const server of servers) server.restart();

  const work: NatsCluster['with'] = async (use) => {
    const connection = await connect({ servers: ports.map(({ client }) => `127.0.0.1:${client}`), user: USER, pass: PASSWORD, reconnect: false, timeout: 2_000 });
    try {
      return await use(connection);
    } finally {
      await connection.close();
    }
  };
  const stop = async (): Promise<void> => {
    await Promise.all([...running.values()].map((child) => child.end('SIGTERM', 5_000, 'SIGKILL')));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await until('the cluster', () => work(async (connection) => (await jetstreamManager(connection, { timeout: 1_000 })).getAccountInfo()), { deadline: 30_000, every: 50 });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    servers,
    url: ports.map(({ client }) => `nats://${USER}:${PASSWORD}@127.0.0.1:${client}`).join(','),
    with: work,
    leaderOf: (stream) => until(`a leader of ${stream}`, () => work(async (connection) => {
      const { cluster } = await (await jetstreamManager(connection, { checkAPI: false, timeout: 1_000 })).streams.info(stream);
      return servers.length === 1 ? servers[0] : servers.find(({ name }) => name === cluster?.leader);
    }), { deadline: 30_000, every: 50 }),
    [Symbol.asyncDispose]: stop,
  };
}
