import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, type Postgres } from '../../scripts/embedded/postgres.ts';
import { freePort } from '../../scripts/embedded/processes.ts';

/** A PostgreSQL of one test, for tests that stop or kill it; on a port and folder that stay the same. */
export interface OwnPostgres extends AsyncDisposable {
  /** Superuser URL of the database `postgres`; `freshDatabase(hub, { server: url })` makes databases in it. */
  readonly url: string;
  /** kill -9 of the postmaster; its children end by themselves. */
  kill(): Promise<void>;
  /** Stops in order. */
  halt(): Promise<void>;
  /** Starts again, through crash recovery if need be. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one with the settings of the product: fsync on. */
export async function startOwnPostgres(): Promise<OwnPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'hubgraph-postgres-'));
  const options = { dir: join(folder, 'postgres'), port: await freePort(), password: 'test', log: join(folder, 'postgres.log') };
  let server: Postgres | undefined = await startPostgres(options);
  const url = server.url();
  const halt = async (): Promise<void> => {
    await server?.stop();
    server = undefined;
  };
  const stop = async (): Promise<void> => {
    await halt();
    await rm(folder, { recursive: true, force: true });
  };
  return {
    url, halt, stop,
    async kill() {
      if (!server) return;
      process.kill(server.pid, 'SIGKILL');
      await server.exited;
      server = undefined;
    },
    async restart() {
      server ??= await startPostgres(options);
    },
    [Symbol.asyncDispose]: stop,
  };
}
