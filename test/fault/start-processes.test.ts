import { expect, test } from 'vitest';
import { ask, freshDataDir, nothingLeft, processesOf, startProduct } from '../harness/product.ts';
import { until } from '../harness/until.ts';

const QUESTION = '{ __typename domain(slug: "custodian") { slug workstreams { totalCount } } }';

function hubPid(dataDir: string): number | undefined {
  return processesOf(dataDir).find(({ command }) => command.includes('hub-process.ts governance'))?.pid;
}

test('a hub that is killed answers HUB_UNAVAILABLE meanwhile, and heals', async () => {
  await using dir = await freshDataDir();
  const product = startProduct({ dataDir: dir.path, args: ['--topology', 'processes', '--sample', 'yes'] });
  const url = await product.ready();
  const healthy = await ask(url, dir.path, QUESTION);
  expect(healthy).toMatchObject({ data: { __typename: 'Query', domain: { slug: 'custodian', workstreams: { totalCount: expect.any(Number) } } } });

  for (let round = 0; round < 3; round++) {
    const before = hubPid(dir.path)!;
    process.kill(before, 'SIGKILL');
    const broken = await until('an answer without the hub', async () => {
      const answer = await ask(url, dir.path, QUESTION);
      return answer.errors ? answer : undefined;
    });
    expect(broken.data).toEqual({ __typename: 'Query', domain: null });
    expect(broken.errors).toEqual([expect.objectContaining({ extensions: expect.objectContaining({ code: 'HUB_UNAVAILABLE', hub: 'governance' }) })]);
    const ready = await fetch(new URL('/health/ready', url));
    if (ready.status === 503) expect(await ready.json()).toMatchObject({ ready: false, parts: expect.arrayContaining([expect.objectContaining({ part: 'governance.hub', ready: false })]) });
    const healed = await until('the whole answer', async () => {
      const answer = await ask(url, dir.path, QUESTION);
      return answer.errors ? undefined : answer;
    }, { deadline: 30_000, every: 50 });
    // the sample data went in once, at the first start
    expect(healed).toEqual(healthy);
    expect(hubPid(dir.path)).not.toBe(before);
  }
  expect(await product.end('SIGINT')).toBe(0);
  expect(processesOf(dir.path)).toEqual([]);
});

test('kill -9 of main leaves no hub process', async () => {
  await using dir = await freshDataDir();
  const product = startProduct({ dataDir: dir.path, args: ['--topology', 'processes'] });
  await product.ready();
  expect(hubPid(dir.path)).toBeGreaterThan(0);
  await product.end('SIGKILL');
  await nothingLeft(dir.path);
});

test('a hub process does not answer to who is not the gateway', async () => {
  await using dir = await freshDataDir();
  const product = startProduct({ dataDir: dir.path, args: ['--topology', 'processes'] });
  await product.ready();
  const [, hubUrl] = /Hub governance is up \(process \d+, (\S+)\)/.exec(product.output()) ?? [];
  const response = await fetch(`${hubUrl}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query: '{ __typename }' }) });
  expect(response.status).toBe(401);
  expect(await product.end('SIGTERM')).toBe(0);
});
