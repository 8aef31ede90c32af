// CSV as a stream of records with constant memory: plain ones by records.ts, which takes a fifth of the time, all others by csv-parse.
import { CsvError, parse } from 'csv-parse';
import { Readable } from 'node:stream';
import { BrokenFile, type Bytes } from './entry.ts';
import { Records, type Line } from './records.ts';
import { type Encoding, textOf } from './text.ts';

export type { Line } from './records.ts';

/** How a file is written. */
export interface CsvStyle {
  readonly delimiter?: string;
  readonly encoding?: Encoding;
}

/** In characters: a record that is longer is a quote that was never closed. */
const MAX_RECORD = 1024 * 1024;
const MAX_COLUMNS = 2_000;

/**
 * The records of a CSV file, many at a time, the one with the names of the columns first. Empty lines are left out.
 *
 * @throws BrokenFile when it is no CSV from some line on
 */
export async function* linesOf(bytes: Bytes, { delimiter = ',', encoding }: CsvStyle = {}): AsyncGenerator<Line[]> {
  const texts = textOf(bytes, encoding);
  const records = new Records(delimiter);
  // by hand: a loop that is left would close the texts, of which the library needs the rest
  for (let next = await texts.next(); !next.done; next = await texts.next()) {
    const { lines, strange } = records.read(next.value);
    if (lines.length > 0) yield lines;
    if (strange || records.rest.length > MAX_RECORD) break;
  }
  if (records.rest !== '') yield* parsed(following(records.rest, texts), records, delimiter);
}

/** The text that was left, and what follows it. */
async function* following(rest: string, texts: AsyncIterable<string>): AsyncGenerator<string> {
  yield rest;
  yield* texts;
}

/** What is left of a file, by csv-parse. */
async function* parsed(texts: AsyncIterable<string>, { line: before, lineEnd }: Records, delimiter: string): AsyncGenerator<Line[]> {
  const parser = parse({ delimiter, info: true, relax_column_count: true, skip_empty_lines: true, max_record_size: MAX_RECORD, ...(lineEnd && { record_delimiter: lineEnd }) });
  const source = Readable.from(texts, { objectMode: true });
  // what breaks the source ends the parser with the same error, which the loop below then throws
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    let lines: Line[] = [];
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      lines.push({ line: before + info.lines, cells: record });
      if (lines.length >= 500) {
        yield lines;
        lines = [];
      }
    }
    if (lines.length > 0) yield lines;
  } catch (error) {
    if (error instanceof CsvError) throw new BrokenFile(`Not valid CSV from line ${before + parser.info.lines} on: ${error.message.split('\n')[0]}`, before + parser.info.lines);
    throw error;
  } finally {
    source.destroy();
    parser.destroy();
  }
}

/** Where the columns of a file stand, by their names as they are compared: lower case, letters and digits only. */
export interface Header {
  /** As they are written in the file. */
  readonly names: readonly string[];
  readonly at: ReadonlyMap<string, number>;
}

/** A name of a column as it is compared: `Billed Cost` and `billed_cost` are BilledCost. */
export function folded(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

/**
 * Reads the line with the names of the columns.
 *
 * @throws BrokenFile when a name is there twice, or there are too many
 */
export function headerOf({ cells }: Line): Header {
  if (cells.length > MAX_COLUMNS) throw new BrokenFile(`The file has ${cells.length} columns; at most ${MAX_COLUMNS} are read.`, 1);
  const names = cells.map((name) => name.trim());
  const at = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    const key = folded(name);
    if (at.has(key) && key !== '') throw new BrokenFile(`The column ${name} is there twice.`, 1);
    at.set(key, index);
  }
  return { names, at };
}
