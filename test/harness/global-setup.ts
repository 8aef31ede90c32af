import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../scripts/embedded/postgres.ts';
import { openCephDoor } from './ceph-door.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Superuser URL of the run's PostgreSQL, of its database `postgres`. */
    postgresUrl: string;
    /** Where a test asks for the run's Ceph, which starts when the first one does; see `s3Service`. */
    cephDoor: string;
  }
}

interface Shared {
  readonly url: string;
  readonly cephDoor: string;
  users: number;
  stop(): Promise<void>;
}

// vitest runs this once for each project of a run; all of them share one server
const KEY = Symbol.for('hubgraph.test.postgres');
const globals = globalThis as { [KEY]?: Promise<Shared> };

/** Starts the run's PostgreSQL, in a folder of its own that is removed afterwards. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = await (globals[KEY] ??= start());
  shared.users++;
  project.provide('postgresUrl', shared.url);
  project.provide('cephDoor', shared.cephDoor);
  return async () => {
    if (--shared.users > 0) return;
    delete globals[KEY];
    await shared.stop();
  };
}

async function start(): Promise<Shared> {
  const folder = await mkdtemp(join(tmpdir(), 'hubgraph-test-'));
  const clean = () => rm(folder, { recursive: true, force: true });
  const postgres = await startPostgres({
    dir: join(folder, 'postgres'),
    password: 'test',
    log: join(folder, 'postgres.log'),
    // nothing of a test run outlives it, so nothing needs to reach the disk
    settings: { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_connections: '300' },
  }).catch(async (error: unknown) => {
    await clean();
    throw error;
  });
  // a run that is cut off must not leave a server behind
  const cutOff = (): void => void process.kill(postgres.pid, 'SIGINT');
  process.on('exit', cutOff);
  const ceph = await openCephDoor();
  return {
    url: postgres.url(),
    cephDoor: ceph.url,
    users: 0,
    async stop() {
      process.off('exit', cutOff);
      await Promise.all([postgres.stop(), ceph.stop()]);
      await clean();
    },
  };
}
