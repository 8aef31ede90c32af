import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'graphql';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { compose, testHub } from '../../gateway/test/compose.ts';
import { until } from '../harness/until.ts';

const ROOT = join(import.meta.dirname, '../..');
const before = 'type Query { hello: String }';
const after = 'type Query { hello: String later: String }';

// a hub that has both versions of its schema, as one that was deployed before the supergraph
const hub = testHub('works', { sdl: after, resolvers: { Query: { hello: () => 'you', later: () => 'then' } } });
const server = createServer((request, response) => {
  if (request.method !== 'POST') return void response.writeHead(404).end();
  let text = '';
  request.setEncoding('utf8').on('data', (part: string) => (text += part)).on('end', () => {
    const { query, variables } = JSON.parse(text) as { query: string; variables?: Record<string, unknown> };
    void hub.execute({ document: parse(query), variables }).then((result) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result)));
  });
});
beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise<void>((resolve) => void server.close(() => resolve())));

/** A gateway as an operator starts it. */
async function startGateway(folder: string, supergraph: string) {
  const { port } = server.address() as AddressInfo;
  const child = spawn(process.execPath, ['scripts/hubgraph.ts', 'gateway', '--supergraph', supergraph, '--port', '0', '--no-auth', '--json', '--hub', `works=http://127.0.0.1:${port}`], {
    cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, HOME: folder, HUBGRAPH_DATA_DIR: join(folder, 'data'), HUBGRAPH_LOG_LEVEL: 'info' },
  });
  let [out, said] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  await until('the gateway', () => out.includes('\n') || child.exitCode !== null, { deadline: 30_000 });
  if (!out) throw new Error(said);
  const { url } = JSON.parse(out) as { url: string };
  const ask = async (query: string): Promise<any> => {
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) });
    return await response.json();
  };
  return { child, exited, ask, said: () => said, health: async (): Promise<any> => (await fetch(new URL('/health/ready', url))).json() };
}

async function folderOf(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hubgraph-reload-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const knows = async (gateway: Awaited<ReturnType<typeof startGateway>>, name: string): Promise<boolean> => (await gateway.ask(`{ ${name} }`)).data?.[name] !== undefined;

it('notices a supergraph that is written in place, replaced, and turned to by a link', async () => {
  const folder = await folderOf();
  const [first, second] = [compose({ works: { sdl: before } }), compose({ works: { sdl: after } })];
  const file = join(folder, 'supergraph.graphql');
  await writeFile(file, first);
  const gateway = await startGateway(folder, file);
  expect(await gateway.ask('{ hello }')).toEqual({ data: { hello: 'you' } });
  expect(await knows(gateway, 'later')).toBe(false);

  await writeFile(file, second);
  await until('the change in place', () => knows(gateway, 'later'), { deadline: 10_000 });
  await writeFile(`${file}.new`, first);
  await rename(`${file}.new`, file);
  await until('the replacement', async () => !(await knows(gateway, 'later')), { deadline: 10_000 });
  await writeFile(join(folder, 'elsewhere'), second);
  await symlink(join(folder, 'elsewhere'), `${file}.link`);
  await rename(`${file}.link`, file);
  await until('the link', () => knows(gateway, 'later'), { deadline: 10_000 });
});

it('takes SIGHUP for a reload, refuses what cannot be served with a line and in its health, and drops no request', async () => {
  const folder = await folderOf();
  const file = join(folder, 'supergraph.graphql');
  await writeFile(file, compose({ works: { sdl: before } }));
  const gateway = await startGateway(folder, file);
  let going = true;
  const answers: unknown[] = [];
  const asking = (async () => {
    while (going) answers.push(await gateway.ask('{ hello }'));
  })();

  await writeFile(file, 'type Query {');
  gateway.child.kill('SIGHUP');
  await until('the refusal', () => gateway.said().includes('The supergraph is refused'), { deadline: 10_000 });
  expect(gateway.said()).toContain('the former one is served on');
  expect(await gateway.health()).toMatchObject({ ready: true, parts: expect.arrayContaining([{ part: 'gateway.supergraph', ready: true, reason: expect.stringContaining('refused') }]) });
  await writeFile(file, compose({ works: { sdl: after } }));
  gateway.child.kill('SIGHUP');
  await until('the change', () => knows(gateway, 'later'), { deadline: 10_000 });
  const { parts } = await gateway.health();
  expect(parts).toContainEqual({ part: 'gateway.supergraph', ready: true });
  expect(gateway.said()).toContain('the supergraph was changed');

  const here = answers.length;
  await until('requests after it', () => answers.length > here + 20);
  going = false;
  await asking;
  expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(new Set(['{"data":{"hello":"you"}}']));
  gateway.child.kill('SIGTERM');
  expect((await gateway.exited)[0]).toBe(0);
});
