import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linesOf, type Line } from './csv.ts';

async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function read(text: string, size: number): Promise<Line[] | 'broken'> {
  const lines: Line[] = [];
  try {
    for await (const some of linesOf(inPieces(text, size))) lines.push(...some);
  } catch {
    return 'broken';
  }
  return lines;
}
function byLibrary(text: string): Line[] | 'broken' {
  try {
    return (parse(text, { info: true, relax_column_count: true, skip_empty_lines: true }) as unknown as { record: string[]; info: { lines: number } }[]).map(({ record, info }) => ({ line: info.lines, cells: record }));
  } catch {
    return 'broken';
  }
}

// csv-parse counts a line break of two characters within quotes as two lines
const comparable = (text: string, lines: Line[] | 'broken') => (lines === 'broken' ? lines : lines.map(({ line, cells }) => (text.includes('\r') ? { cells } : { line, cells })));

const plain = fc.stringMatching(/^[a-zé ]{0,4}$/);
const quoted = fc.string({ unit: fc.constantFrom('a', 'ü', '"', ',', '\n', '\r\n', ' '), maxLength: 5 }).map((text) => `"${text.replaceAll('"', '""')}"`);
const files = (end: string) => fc.array(fc.array(fc.oneof(plain, quoted), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }).map((rows) => rows.map((row) => row.join(',')).join(end) + end);

describe('records of a CSV file', () => {
  it('are those that csv-parse finds, wherever the bytes are cut', async () => {
    await fc.assert(fc.asyncProperty(fc.oneof(files('\n'), files('\r\n')), fc.integer({ min: 1, max: 9 }), async (text, size) => {
      expect(comparable(text, await read(text, size))).toEqual(comparable(text, byLibrary(text)));
    }), { numRuns: 500 });
  });

  it('are those that csv-parse finds, and break where it breaks, whatever the text is', async () => {
    await fc.assert(fc.asyncProperty(fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', '\r\n', ' '), maxLength: 25 }), fc.integer({ min: 1, max: 9 }), async (text, size) => {
      expect(comparable(text, await read(text, size))).toEqual(comparable(text, byLibrary(text)));
    }), { numRuns: 3_000 });
  });
});
