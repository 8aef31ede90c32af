import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../scripts/embedded/processes.ts';
import { startNats as start, type Nats } from '../../scripts/embedded/nats.ts';
import { reapAfterUs } from './reaper.ts';

/** A nats-server of a test, on a port and folder that stay the same through kills and restarts. */
export interface TestNats extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Folder with JetStream's files in `store/`. */
  readonly dir: string;
  /** kill -9; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Stops in order. */
  halt(): Promise<void>;
  /** Starts again after {@link kill} or {@link halt}; resolves when JetStream answers. */
  restart(): Promise<void>;
  /** Ends the server and removes its folder. Safe to call twice. */
  stop(): Promise<void>;
}

/** Starts one; `sync_interval: always` as in the product. */
export async function startNats(): Promise<TestNats> {
  const folder = await mkdtemp(join(tmpdir(), 'hubgraph-nats-'));
  const dir = join(folder, 'nats');
  const port = await freePort();
  const options = { dir, port, password: 'test', log: join(folder, 'nats.log') };
  let spare = (): void => undefined;
  const begin = async (): Promise<Nats> => {
    const begun = await start(options);
    spare = reapAfterUs(begun.pid, folder);
    return begun;
  };
  let server: Nats | undefined = await begin();
  const url = server.url;
  const halt = async () => {
    await server?.stop();
    spare();
    server = undefined;
  };
  const stop = async () => {
    await halt();
    await rm(folder, { recursive: true, force: true });
  };
  return {
    url, port, dir, halt, stop,
    async kill() {
      if (!server) return;
      process.kill(server.pid, 'SIGKILL');
      await server.exited;
      spare();
      server = undefined;
    },
    async restart() {
      server ??= await begin();
    },
    [Symbol.asyncDispose]: stop,
  };
}
