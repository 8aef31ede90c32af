// CSV as a stream of records with constant memory, by papaparse: csv-parse takes five times as long.
import { Readable } from 'node:stream';
import Papa, { type ParseError, type ParseResult, type Parser } from 'papaparse';
import { BrokenFile, type Bytes } from './entry.ts';
import { type Encoding, textOf } from './text.ts';

/** One record; its line is the one on which it ends. */
export interface Line {
  readonly line: number;
  readonly cells: readonly string[];
}

/** How a file is written. */
export interface CsvStyle {
  readonly delimiter?: string;
  readonly encoding?: Encoding;
}

/** In characters, and what may be read ahead besides: a record that is longer is a quote that was never closed. */
const MAX_RECORD = 1024 * 1024;
const MAX_COLUMNS = 2_000;

/**
 * The records of a CSV file, many at a time, the one with the names of the columns first. Empty lines are left out.
 *
 * @throws BrokenFile when it is no CSV from some line on
 */
export async function* linesOf(bytes: Bytes, { delimiter = ',', encoding }: CsvStyle = {}): AsyncGenerator<Line[]> {
  const texts = textOf(bytes, encoding);
  const begun = await beginning(texts);
  let fed = 0;
  const source = Readable.from(counted(begun.text, texts, (length) => (fed += length)), { objectMode: true, highWaterMark: 1 });
  let line = 1;
  try {
    for await (const { data, errors, meta } of parsed(source, delimiter, begun.newline)) {
      const lines: Line[] = [];
      // of a record that is not complete yet, papaparse may complain of where the piece was cut; it is read again with the next
      const [broken] = errors.filter(({ type, row = 0 }) => type === 'Quotes' && row < data.length).sort((one, other) => one.row! - other.row!);
      for (const cells of broken === undefined ? data : data.slice(0, broken.row)) {
        line += breaksIn(cells, begun.newline);
        // an empty line is none
        if (cells.length > 1 || cells[0] !== '') lines.push({ line, cells });
        line++;
      }
      if (lines.length > 0) yield lines;
      if (broken !== undefined) throw new BrokenFile(`Not valid CSV from line ${line} on: ${reasonOf(broken)}`, line);
      if (fed - meta.cursor > MAX_RECORD) throw new BrokenFile(`Not valid CSV from line ${line} on: a record of more than ${MAX_RECORD} characters; is a quote not closed?`, line);
    }
  } finally {
    source.destroy();
  }
}

type Newline = '\n' | '\r\n' | '\r';

/** The text up to the end of the first line, which says how lines end. */
async function beginning(texts: AsyncGenerator<string>): Promise<{ readonly text: string; readonly newline: Newline }> {
  let text = '';
  // by hand: a loop that is left would close the texts
  while (!text.includes('\n') && text.length <= MAX_RECORD) {
    const { value, done } = await texts.next();
    if (done) break;
    text += value;
  }
  const end = text.indexOf('\n');
  if (end < 0) return { text, newline: text.includes('\r') ? '\r' : '\n' };
  return { text, newline: text[end - 1] === '\r' ? '\r\n' : '\n' };
}

async function* counted(first: string, rest: AsyncIterable<string>, count: (length: number) => void): AsyncGenerator<string> {
  count(first.length);
  yield first;
  for await (const text of rest) {
    count(text.length);
    yield text;
  }
}

type Step = { readonly result: ParseResult<string[]>; readonly parser: Parser } | 'end' | 'failed';

/** What papaparse finds in a stream of texts, piece by piece; it waits while a piece is used. */
async function* parsed(source: Readable, delimiter: string, newline: Newline): AsyncGenerator<ParseResult<string[]>> {
  let step = Promise.withResolvers<Step>();
  let failure: { readonly error: Error } | undefined;
  Papa.parse<string[], Readable>(source, {
    delimiter, newline,
    chunk(result, parser) {
      parser.pause();
      // papaparse itself goes on to take what comes
      source.pause();
      step.resolve({ result, parser });
    },
    complete: () => step.resolve('end'),
    error(error) {
      failure = { error };
      step.resolve('failed');
    },
  });
  for (;;) {
    const came = await step.promise;
    if (failure !== undefined) throw failure.error;
    if (came === 'end' || came === 'failed') return;
    step = Promise.withResolvers();
    yield came.result;
    // the source may have failed meanwhile, after which nothing comes any more
    if (failure !== undefined) throw (failure as { readonly error: Error }).error;
    source.resume();
    came.parser.resume();
  }
}

/** Line breaks within the cells of a record. */
function breaksIn(cells: readonly string[], newline: Newline): number {
  const mark = newline === '\r' ? '\r' : '\n';
  let count = 0;
  for (const cell of cells) for (let at = cell.indexOf(mark); at >= 0; at = cell.indexOf(mark, at + 1)) count++;
  return count;
}

function reasonOf({ code }: ParseError): string {
  return code === 'MissingQuotes' ? 'a quote is not closed.' : 'something follows a closing quote.';
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
