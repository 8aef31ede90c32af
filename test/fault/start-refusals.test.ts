import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshDataDir, processesOf, startProduct } from '../harness/product.ts';

/** A start that must not succeed: its exit code and the one sentence that it said, progress lines left out. */
async function refused(options: Parameters<typeof startProduct>[0]): Promise<{ code: unknown; sentences: string[] }> {
  const product = startProduct(options);
  const code = await product.exited;
  const sentences = product.output().split('\n').filter((line) => line !== '' && !/^ *\d+\.\d s /.test(line) && !line.startsWith('{'));
  return { code, sentences };
}

test('a second start on the same folder says who holds it', async () => {
  await using dir = await freshDataDir();
  const product = startProduct({ dataDir: dir.path });
  const url = await product.ready();
  const { port } = new URL(url);
  // the same port too, as two plain `npm start` have it
  const { code, sentences } = await refused({ dataDir: dir.path, env: { PORT: port } });
  expect(code).toBe(3);
  expect(sentences).toEqual([expect.stringMatching(new RegExp(`^The data folder ${dir.path} is held by process ${product.pid}, started 20\\S+, which serves `))]);
  const other = await refused({ dataDir: `${dir.path}/other`, env: { PORT: port } });
  expect(other).toEqual({ code: 4, sentences: [`Port ${port} on 127.0.0.1 is taken by another program; set PORT to another one, such as PORT=${Number(port) + 1}, or 0 for any.`] });
  expect(await product.end('SIGTERM')).toBe(0);
});

test('of several starts at once on one folder, one gets it', async () => {
  await using dir = await freshDataDir();
  const products = Array.from({ length: 4 }, () => startProduct({ dataDir: dir.path }));
  const outcomes = await Promise.all(products.map(async (product) => {
    try {
      await product.ready();
      return 'ready';
    } catch {
      return await product.exited;
    }
  }));
  expect(outcomes.sort()).toEqual([3, 3, 3, 'ready']);
  for (const product of products) await product.end('SIGTERM');
});

test('a busy port is noticed before anything slow', async () => {
  await using dir = await freshDataDir();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { code, sentences } = await refused({ dataDir: dir.path, env: { PORT: String(port) } });
  server.close();
  expect(code).toBe(4);
  expect(sentences).toEqual([expect.stringContaining(`Port ${port} on 127.0.0.1 is taken`)]);
  expect(processesOf(dir.path)).toEqual([]);
});

const wrong: { name: string; code: number; env: Record<string, string>; says: string }[] = [
  { name: 'a wrong port', code: 2, env: { PORT: 'x' }, says: 'Wrong setting: PORT=x: must be a whole number' },
  { name: 'two wrong settings at once', code: 2, env: { HUBGRAPH_TOPOLOGY: 'star', HUBGRAPH_SAMPLE: 'perhaps' }, says: 'HUBGRAPH_SAMPLE=perhaps' },
  { name: 'a misspelt setting', code: 2, env: { HUBGRAPH_TOPOLGY: 'single' }, says: 'Unknown setting: HUBGRAPH_TOPOLGY.' },
  { name: 'a wrong setting of the gateway and one of a hub', code: 2, env: { HUBGRAPH_MAX_DEPTH: 'deep', HUBGRAPH_STALE_DAYS: '-1' }, says: 'HUBGRAPH_STALE_DAYS=-1' },
  { name: 'an address of another machine', code: 2, env: { HOST: '192.0.2.1' }, says: 'HOST=192.0.2.1 is not an address that this machine can listen on' },
  { name: 'a PostgreSQL that does not answer', code: 7, env: { DATABASE_URL: 'postgresql://me:secret@127.0.0.1:1/x' }, says: 'PostgreSQL at 127.0.0.1:1/x (DATABASE_URL) cannot be used' },
  { name: 'a NATS that does not answer', code: 8, env: { NATS_URL: 'nats://me:secret@127.0.0.1:1' }, says: 'NATS at 127.0.0.1:1 (NATS_URL) cannot be used' },
  { name: 'a database URL of another kind', code: 2, env: { DATABASE_URL: 'mysql://me:secret@127.0.0.1/x' }, says: 'Wrong setting: DATABASE_URL: must be a URL that starts with postgresql:' },
];
test.for(wrong)('$name gets one sentence and its exit code', async ({ code, env, says }) => {
  await using dir = await freshDataDir();
  const answer = await refused({ dataDir: dir.path, env });
  expect(answer).toEqual({ code, sentences: [expect.stringContaining(says)] });
  expect(answer.sentences[0]).not.toContain('secret');
  expect(processesOf(dir.path)).toEqual([]);
});

test('a folder that cannot be written', async () => {
  await using dir = await freshDataDir();
  writeFileSync(join(dir.path, 'file'), '');
  mkdirSync(join(dir.path, 'folder'));
  for (const [path, reason] of [[`${dir.path}/file`, 'there is a file of that name'], [`${dir.path}/file/below`, 'a part of the path is not a folder'], ['/proc/hubgraph', 'a part of the path does not exist']]) {
    const { code, sentences } = await refused({ dataDir: path! });
    expect({ code, sentences }).toEqual({ code: 5, sentences: [`The data folder ${path} cannot be written: ${reason}; set HUBGRAPH_DATA_DIR to another folder.`] });
  }
});

test('a damaged secrets file is not replaced by new secrets', async () => {
  await using dir = await freshDataDir();
  writeFileSync(join(dir.path, 'secrets.json'), '{');
  const { code, sentences } = await refused({ dataDir: dir.path });
  expect(code).toBe(5);
  expect(sentences).toEqual([expect.stringContaining('secrets.json cannot be read')]);
});
