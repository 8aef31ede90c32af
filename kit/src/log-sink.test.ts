import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';

// as much of the disk as is free; a write takes what fits, as the kernel does
let free = Infinity;
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const writeSync = (fd: number, bytes: Uint8Array): number => {
    if (free === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const written = fs.writeSync(fd, bytes.subarray(0, free));
    free -= written;
    return written;
  };
  return { ...fs, writeSync };
});
const { descriptorSink, fileSink } = await import('./log-sink.ts');

const folder = await mkdtemp(join(tmpdir(), 'log-sink-'));
const linesOf = async (file: string) => (await readFile(file, 'utf8')).trimEnd().split('\n');

it('loses lines on a full disk without a word, and says how many when there is space again', async () => {
  const file = join(folder, 'full', 'a.log');
  const sink = fileSink(file);
  sink.write('{"n":1}\n');
  free = 3;
  for (const n of [2, 3, 4]) sink.write(`{"n":${n}}\n`);
  free = Infinity;
  sink.write('{"n":5}\n');
  const lines = await linesOf(file);
  expect(lines).toEqual(['{"n":1}', '{"n', expect.stringContaining('"lines":3'), '{"n":5}']);
  expect(JSON.parse(lines[2]!)).toMatchObject({ level: 40, msg: 'lines of the log were lost here' });
});

it('keeps one file before the present one', async () => {
  const file = join(folder, 'b.log');
  await writeFile(file, 'old\n'.repeat(5));
  const sink = fileSink(file, 20);
  for (let n = 0; n < 12; n++) sink.write(`line ${String(n).padStart(4, '0')}\n`);
  expect(await linesOf(file)).toEqual(['line 0010', 'line 0011']);
  expect(await linesOf(`${file}.1`)).toEqual(['line 0008', 'line 0009']);
  await rm(file);
  for (let n = 0; n < 4; n++) sink.write(`again ${n}\n`);
  expect((await linesOf(file)).at(-1)).toBe('again 3');
});

it('survives a reader that is gone', () => {
  const fd = openSync(join(folder, 'c.log'), 'a');
  const sink = descriptorSink(fd);
  closeSync(fd);
  expect(() => sink.write('x\n')).not.toThrow();
});
