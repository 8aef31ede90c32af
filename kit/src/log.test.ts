import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createLog } from './log.ts';

it('writes JSON lines at once, from its level on, without secrets', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'log-'));
  const file = join(folder, 'logs', 'hubgraph.log');
  const log = createLog({ level: 'info', file });
  log.debug('not this');
  log.child({ requestId: 'r1' }).info({ authorization: 'Bearer x', headers: { authorization: 'Bearer x', 'x-hubgraph-service': 'y' }, token: 'z' }, 'this');
  const lines = (await readFile(file, 'utf8')).trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
  await rm(folder, { recursive: true });
  expect(lines).toEqual([expect.objectContaining({ msg: 'this', requestId: 'r1', token: '[secret]', headers: { authorization: '[secret]', 'x-hubgraph-service': '[secret]' } })]);
  expect(lines[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT/);
});
