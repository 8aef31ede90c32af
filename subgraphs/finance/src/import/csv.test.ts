import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linesOf, type Line } from './csv.ts';

async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function read(text: string, size: number): Promise<{ lines: Line[]; broken: string | null }> {
  const lines: Line[] = [];
  try {
    for await (const some of linesOf(inPieces(text, size))) lines.push(...some);
  } catch (error) {
    return { lines, broken: (error as Error).message };
  }
  return { lines, broken: null };
}
function byOther(text: string): Line[] {
  const records = parse(text, { info: true, relax_column_count: true }) as unknown as { record: string[]; info: { lines: number } }[];
  return records.map(({ record, info }) => ({ line: info.lines, cells: record })).filter(({ cells }) => cells.length > 1 || cells[0] !== '');
}

// csv-parse counts a line break of two characters within quotes as two lines
const comparable = (text: string, lines: Line[]) => lines.map(({ line, cells }) => (text.includes('\r') ? { cells } : { line, cells }));

const plain = fc.stringMatching(/^[a-zé ]{0,4}$/);
const quoted = (end: string) => fc.string({ unit: fc.constantFrom('a', 'ü', '"', ',', end, ' '), maxLength: 5 }).map((text) => `"${text.replaceAll('"', '""')}"`);
// the first line is one of names, as in all files: it shows how lines end
const files = (end: string) =>
  fc.array(fc.array(fc.oneof(plain, quoted(end)), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }).map((rows) => ['name,other', ...rows.map((row) => row.join(','))].join(end) + end);

describe('records of a CSV file', () => {
  it('are those that another library finds, wherever the bytes are cut', async () => {
    await fc.assert(fc.asyncProperty(fc.oneof(files('\n'), files('\r\n')), fc.integer({ min: 1, max: 9 }), async (text, size) => {
      const { lines, broken } = await read(text, size);
      expect(broken).toBeNull();
      expect(comparable(text, lines)).toEqual(comparable(text, byOther(text)));
    }), { numRuns: 500 });
  });

  it('are the same wherever the bytes are cut, whatever the text is', async () => {
    await fc.assert(fc.asyncProperty(fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', '\r\n', ' '), maxLength: 25 }), fc.integer({ min: 1, max: 9 }), async (text, size) => {
      expect(await read(text, size)).toEqual(await read(text, 1_000));
    }), { numRuns: 2_000 });
  });

  it.each([
    ['a quote that is not closed', 'a,b\n1,"x\ny\n', [1], 'Not valid CSV from line 2 on: a quote is not closed.'],
    ['something behind a quote', 'a,b\n1,2\n3,"x"y\n', [1, 2], 'Not valid CSV from line 3 on: something follows a closing quote.'],
    ['a record without an end', `a,b\n1,2\n3,"${'x'.repeat(3_000_000)}`, [1, 2], 'Not valid CSV from line 3 on: a record of more than 1048576 characters; is a quote not closed?'],
  ])('break at %s', async (_what, text, before, reason) => {
    expect(await read(text, 65_536)).toEqual({ lines: before.map((line) => expect.objectContaining({ line }) as Line), broken: reason });
  });

  it('are counted by the lines on which they end, with empty lines and line breaks in cells', async () => {
    const { lines } = await read('a,b\r\n\r\n"1\r\n2",x\r\n3,4', 7);
    expect(lines).toEqual([{ line: 1, cells: ['a', 'b'] }, { line: 4, cells: ['1\r\n2', 'x'] }, { line: 5, cells: ['3', '4'] }]);
  });

  it('are read no faster than they are used', async () => {
    let pieces = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a,b\n');
      for (;; pieces++) yield Buffer.from('1,2\n'.repeat(10_000));
    }
    const reading = linesOf(endless());
    for (let count = 0; count < 100; count++) {
      expect((await reading.next()).done).toBe(false);
      expect(pieces).toBeLessThan(count + 6);
    }
    await reading.return(undefined);
  });

  it('end with what the bytes end with', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a,b\n1,2\n');
      throw new Error('the sender went');
    }
    const reading = linesOf(failing());
    expect((await reading.next()).value).toHaveLength(2);
    await expect(reading.next()).rejects.toThrow('the sender went');
  });
});
