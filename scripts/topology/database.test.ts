import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { hubRoleUrl, prepareDatabase } from './database.ts';

const hub = `hub${Date.now().toString(36)}`;

/** Runs statements with a login of its own database, which is dropped afterwards. */
async function freshLogin(rights: string): Promise<{ url: string; admin: pg.Client } & AsyncDisposable> {
  const server = new URL(inject('postgresUrl'));
  const name = `t${Math.random().toString(36).slice(2)}`;
  const admin = new pg.Client({ connectionString: server.href });
  await admin.connect();
  await admin.query(`CREATE ROLE ${name} LOGIN PASSWORD 'p@ss/word' ${rights}`);
  await admin.query(`CREATE DATABASE ${name} OWNER ${name}`);
  const url = new URL(server);
  Object.assign(url, { pathname: `/${name}`, username: name, password: encodeURIComponent('p@ss/word') });
  return {
    url: url.href, admin,
    async [Symbol.asyncDispose]() {
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.query(`DROP ROLE IF EXISTS hub_${hub}`);
      await admin.query(`DROP ROLE ${name}`);
      await admin.end();
    },
  };
}

async function as<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

for (const rights of ['SUPERUSER', 'CREATEROLE']) {
  test(`a login with ${rights} gives each hub a role that owns its schema and sees nothing else`, async () => {
    await using login = await freshLogin(rights);
    const first = await prepareDatabase({ url: login.url, hubs: [hub] });
    const url = first.get(hub)!;
    expect(new URL(url).username).toBe(`hub_${hub}`);
    expect(url).toBe(hubRoleUrl(login.url, hub));
    await as(url, (client) => client.query(`CREATE TABLE "${hub}".t (x int)`));
    await expect(as(url, (client) => client.query('CREATE SCHEMA other'))).rejects.toThrow('permission denied');
    await expect(as(url, (client) => client.query('CREATE TABLE public.t (x int)'))).rejects.toThrow('permission denied');
    // a later start, or another replica, finds everything as it is
    expect(await prepareDatabase({ url: login.url, hubs: [hub] })).toEqual(first);
    await as(url, (client) => client.query(`SELECT * FROM "${hub}".t`));
  });
}

test('a login without rights to make roles owns the schemas itself, and stays their owner when it gets them later', async () => {
  await using login = await freshLogin('NOSUPERUSER');
  expect(await prepareDatabase({ url: login.url, hubs: [hub] })).toEqual(new Map([[hub, login.url]]));
  await as(login.url, (client) => client.query(`CREATE TABLE "${hub}".t (x int)`));
  await login.admin.query(`ALTER ROLE ${new URL(login.url).username} CREATEROLE`);
  expect(await prepareDatabase({ url: login.url, hubs: [hub] })).toEqual(new Map([[hub, login.url]]));
});

test('a hub with a URL of its own gets its schema there, and the shared one is not asked', async () => {
  await using login = await freshLogin('NOSUPERUSER');
  const urls = await prepareDatabase({ url: 'postgresql://nobody@127.0.0.1:1/x', hubs: [hub], ownUrl: () => login.url });
  expect(urls).toEqual(new Map([[hub, login.url]]));
  await as(login.url, (client) => client.query(`CREATE TABLE "${hub}".t (x int)`));
});

test('several starts at once agree', async () => {
  await using login = await freshLogin('SUPERUSER');
  const answers = await Promise.all(Array.from({ length: 6 }, () => prepareDatabase({ url: login.url, hubs: [hub] })));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  await as(answers[0]!.get(hub)!, (client) => client.query('SELECT 1'));
});

test('a wrong password is one sentence without the password', async () => {
  await using login = await freshLogin('NOSUPERUSER');
  const url = new URL(login.url);
  url.password = 'geheim';
  const failed = prepareDatabase({ url: url.href, hubs: [hub] });
  await expect(failed).rejects.toMatchObject({ exitCode: 7, message: expect.stringMatching(/^PostgreSQL at 127\.0\.0\.1:\d+\/t\w+ \(DATABASE_URL\) cannot be used: password authentication failed/) });
  await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining('geheim') });
});
