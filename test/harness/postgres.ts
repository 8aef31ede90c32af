import { inject } from 'vitest';
import { makeDatabase, type FreshDatabase } from './postgres-pool.ts';

export { asAdmin, type FreshDatabase } from './postgres-pool.ts';

/**
 * Makes a database for one test file or test, in the run's PostgreSQL or another `server`: with the schema of `hub` as its
 * migrations make it (all of `prisma/<hub>/migrations`, in order), or with the kit's tables alone when there is no such hub.
 */
export async function freshDatabase(hub = 'kit', options: { server?: string; connections?: number } = {}): Promise<FreshDatabase> {
  return makeDatabase(options.server ?? inject('postgresUrl'), hub, options.connections);
}
