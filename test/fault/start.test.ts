import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ask, freshDataDir, nothingLeft, processesOf, startProduct } from '../harness/product.ts';
import { until } from '../harness/until.ts';

const REGISTER = 'mutation ($slug: String!) { registerDomain(input: { slug: $slug, name: "Test" }) { domain { slug } errors { message } events { id } } }';

async function register(url: string, dataDir: string, slug: string): Promise<void> {
  const { data, errors } = await ask<{ registerDomain: { domain: { slug: string }; errors: unknown[] } }>(url, dataDir, REGISTER, { slug });
  expect({ errors, data }).toMatchObject({ errors: undefined, data: { registerDomain: { domain: { slug }, errors: [] } } });
}

async function domains(url: string, dataDir: string): Promise<string[]> {
  const { data } = await ask<{ domains: { nodes: { slug: string }[] } }>(url, dataDir, '{ domains(first: 100) { nodes { slug } } }');
  return data!.domains.nodes.map(({ slug }) => slug).sort();
}

function pidOf(dataDir: string, word: string): number {
  const found = processesOf(dataDir).find(({ command }) => command.includes(word));
  if (!found) throw new Error(`no ${word} works on ${dataDir}`);
  return found.pid;
}

/** Asserts that nothing is left and that what was acknowledged before is there after another start. */
async function survives(dataDir: string, slugs: readonly string[]): Promise<void> {
  await nothingLeft(dataDir);
  const again = startProduct({ dataDir });
  expect(await domains(await again.ready(), dataDir)).toEqual([...slugs].sort());
  expect(await again.end('SIGTERM')).toBe(0);
  await nothingLeft(dataDir);
}

test('SIGINT, SIGTERM and SIGHUP stop everything in order, with exit code 0', async () => {
  await using dir = await freshDataDir();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const product = startProduct({ dataDir: dir.path });
    await register(await product.ready(), dir.path, signal.toLowerCase());
    expect(processesOf(dir.path).length, signal).toBeGreaterThan(3);
    expect(await product.end(signal), signal).toBe(0);
    expect(processesOf(dir.path), signal).toEqual([]);
    expect(product.output()).toMatch(/Stopped\.\n$/);
  }
  await survives(dir.path, ['sighup', 'sigint', 'sigterm']);
});

test('Ctrl-C in the middle of a first start stops it in order, and the next one works', async () => {
  await using dir = await freshDataDir();
  for (const sign of ['Starting on', 'NATS JetStream is up', 'PostgreSQL is up']) {
    const product = startProduct({ dataDir: dir.path });
    await until(sign, () => product.output().includes(sign), { deadline: 60_000 });
    expect(await product.end('SIGINT')).toBe(0);
    expect(processesOf(dir.path)).toEqual([]);
  }
  await survives(dir.path, []);
});

test('kill -9 leaves no process, and what was acknowledged is there after the next start', async () => {
  await using dir = await freshDataDir();
  const slugs: string[] = [];
  for (const slug of ['first', 'second', 'third']) {
    const product = startProduct({ dataDir: dir.path });
    await register(await product.ready(), dir.path, slug);
    slugs.push(slug);
    expect(await product.end('SIGKILL')).toBe('SIGKILL');
    await nothingLeft(dir.path);
  }
  await survives(dir.path, slugs);
});

test('kill -9 and a new start at once: the new one waits for the old servers to end', async () => {
  await using dir = await freshDataDir();
  let product = startProduct({ dataDir: dir.path });
  await register(await product.ready(), dir.path, 'kept');
  for (let round = 0; round < 3; round++) {
    await product.end('SIGKILL');
    product = startProduct({ dataDir: dir.path });
    expect(await domains(await product.ready(), dir.path)).toEqual(['kept']);
  }
  expect(await product.end('SIGINT')).toBe(0);
  await nothingLeft(dir.path);
});

test('kill -9 of the keeper: main ends the servers and says so with exit code 10', async () => {
  await using dir = await freshDataDir();
  const product = startProduct({ dataDir: dir.path });
  await register(await product.ready(), dir.path, 'kept');
  process.kill(pidOf(dir.path, 'keeper.ts'), 'SIGKILL');
  expect(await product.exited).toBe(10);
  expect(product.output()).toContain('The keeper of the embedded servers ended unasked (SIGKILL)');
  await survives(dir.path, ['kept']);
});

test('kill -9 of main and keeper together: the next start ends what they left behind', async () => {
  await using dir = await freshDataDir();
  const product = startProduct({ dataDir: dir.path });
  await register(await product.ready(), dir.path, 'kept');
  process.kill(pidOf(dir.path, 'keeper.ts'), 'SIGKILL');
  process.kill(product.pid, 'SIGKILL');
  await product.exited;
  const orphans = [pidOf(dir.path, 'nats.conf'), pidOf(dir.path, '-D ')];
  const again = startProduct({ dataDir: dir.path });
  expect(await domains(await again.ready(), dir.path)).toEqual(['kept']);
  expect(again.output()).toContain('of an earlier start was ended');
  expect(processesOf(dir.path).map(({ pid }) => pid)).not.toEqual(expect.arrayContaining([orphans[0]]));
  expect(processesOf(dir.path).map(({ pid }) => pid)).not.toEqual(expect.arrayContaining([orphans[1]]));
  expect(await again.end('SIGTERM')).toBe(0);
  await nothingLeft(dir.path);
});

test('kill -9 of PostgreSQL and of nats-server: both are started again, and the graph answers', async () => {
  await using dir = await freshDataDir();
  const product = startProduct({ dataDir: dir.path });
  const url = await product.ready();
  await register(url, dir.path, 'before');
  for (const [word, label] of [['nats.conf', 'nats-server'], ['-D ', 'PostgreSQL']] as const) {
    process.kill(pidOf(dir.path, word), 'SIGKILL');
    await until(`${label} to be back`, () => product.output().includes(`${label} is back`), { deadline: 30_000 });
  }
  await until('an answer', async () => (await domains(url, dir.path)).includes('before'), { deadline: 30_000, every: 100 });
  await register(url, dir.path, 'after');
  expect(await product.end('SIGINT')).toBe(0);
  await survives(dir.path, ['after', 'before']);
});

test('a lock whose process is gone, or whose id belongs to another process now, is taken over', async () => {
  await using dir = await freshDataDir();
  const product = startProduct({ dataDir: dir.path });
  await product.ready();
  await product.end('SIGKILL');
  await nothingLeft(dir.path);
  const lock = JSON.parse(readFileSync(join(dir.path, 'lock.json'), 'utf8')) as Record<string, unknown>;
  writeFileSync(join(dir.path, 'lock.json'), JSON.stringify({ ...lock, pid: process.pid }));
  await survives(dir.path, []);
});

test('SIGINT, SIGTERM and SIGKILL to npm start end the product too', async () => {
  await using dir = await freshDataDir();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
    const product = startProduct({ dataDir: dir.path, command: ['npm', 'start', '--'] });
    await register(await product.ready(), dir.path, signal.toLowerCase());
    await product.end(signal);
    // npm waits for the product; one that was killed cannot
    if (signal === 'SIGKILL') await nothingLeft(dir.path);
    expect(processesOf(dir.path), signal).toEqual([]);
  }
  await survives(dir.path, ['sigint', 'sigkill', 'sigterm']);
});

test('a second Ctrl-C ends at once, and the servers are stopped all the same', async () => {
  await using dir = await freshDataDir();
  const product = startProduct({ dataDir: dir.path });
  const url = await product.ready();
  await register(url, dir.path, 'kept');
  // a request under way makes the gateway wait
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write('POST /graphql HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{');
  // the answer to Expect says that the gateway has begun with it; a connection that is idle would be closed at once
  await once(socket, 'data');
  let code: unknown = 'running';
  void product.exited.then((ended) => (code = ended));
  // npm may double a Ctrl-C, so one that follows at once does not count as the second
  await until('the end', () => code !== 'running' || (process.kill(product.pid, 'SIGINT'), false), { deadline: 9_000, every: 100 });
  expect(code).toBe(1);
  socket.destroy();
  await survives(dir.path, ['kept']);
});
