import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { startNats } from '../harness/nats.ts';
import { ask, freshDataDir, processesOf, startProduct } from '../harness/product.ts';

/** A database of the run's PostgreSQL with its owner as the login, as an operator hands it out. */
async function freshDatabaseUrl(): Promise<{ url: string; query(text: string): Promise<unknown> } & AsyncDisposable> {
  const url = new URL(inject('postgresUrl'));
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  const name = `external${Date.now().toString(36)}`;
  await admin.query(`CREATE ROLE ${name} LOGIN PASSWORD 'secret'`);
  await admin.query(`CREATE DATABASE ${name} OWNER ${name}`);
  Object.assign(url, { pathname: `/${name}`, username: name, password: 'secret' });
  return {
    url: url.href,
    async query(text) {
      const client = new pg.Client({ connectionString: url.href });
      await client.connect();
      return client.query(text).finally(() => client.end());
    },
    async [Symbol.asyncDispose]() {
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.query(`DROP ROLE ${name}`);
      await admin.end();
    },
  };
}

test('PostgreSQL and NATS given by URL: nothing embedded runs, no sample data, and a half-failed migration stops the start', async () => {
  await using dir = await freshDataDir();
  await using database = await freshDatabaseUrl();
  await using nats = await startNats();
  const env = { DATABASE_URL: database.url, NATS_URL: nats.url, HUBGRAPH_SAMPLE: '' };
  const product = startProduct({ dataDir: dir.path, env });
  const url = await product.ready();
  expect(processesOf(dir.path).map(({ command }) => command)).toEqual([expect.stringContaining('scripts/start.ts')]);
  const { data } = await ask(url, dir.path, 'mutation { registerDomain(input: { slug: "one", name: "One" }) { events { id } cursor } }');
  // the cursor says that the stream confirmed the event
  expect(data).toEqual({ registerDomain: { events: [{ id: expect.any(String) }], cursor: expect.any(String) } });
  expect((await ask(url, dir.path, '{ domains { totalCount } }')).data).toEqual({ domains: { totalCount: 1 } });
  // an external database makes it production: the schema is not for everyone to read
  expect((await ask(url, dir.path, '{ __schema { queryType { name } } }')).errors?.[0]?.extensions?.code).toBe('GRAPHQL_VALIDATION_FAILED');
  expect(await product.end('SIGTERM')).toBe(0);

  await database.query(`UPDATE governance._prisma_migrations SET finished_at = NULL, logs = 'cut off' WHERE migration_name LIKE '%_init'`);
  const again = startProduct({ dataDir: dir.path, env });
  expect(await again.exited).toBe(6);
  expect(again.output()).not.toContain('secret');
  expect(again.output().split('\n').filter((line) => line !== '' && !/^ *\d+\.\d s /.test(line))).toEqual([expect.stringMatching(/_init/)]);
});

test('NATS_URL=none: changes are made, and their events wait in the outbox for a start with NATS', async () => {
  await using dir = await freshDataDir();
  const without = startProduct({ dataDir: dir.path, env: { NATS_URL: 'none' } });
  const first = await ask(await without.ready(), dir.path, 'mutation { registerDomain(input: { slug: "one", name: "One" }) { domain { slug } events { id } cursor } }');
  expect(first.data).toEqual({ registerDomain: { domain: { slug: 'one' }, events: [{ id: expect.any(String) }], cursor: null } });
  expect(processesOf(dir.path).some(({ command }) => command.includes('nats'))).toBe(false);
  expect(await without.end('SIGTERM')).toBe(0);

  const withNats = startProduct({ dataDir: dir.path });
  const second = await ask<{ registerDomain: { cursor: string } }>(await withNats.ready(), dir.path, 'mutation { registerDomain(input: { slug: "two", name: "Two" }) { cursor } }');
  const { p } = JSON.parse(Buffer.from(second.data!.registerDomain.cursor.split('.')[1]!, 'base64url').toString()) as { p: { governance: [string, number] } };
  expect(p.governance[1]).toBe(2);
  expect(await withNats.end('SIGTERM')).toBe(0);
});
