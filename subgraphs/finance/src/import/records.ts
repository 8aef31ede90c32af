// Finds the ends of plain CSV records quickly. What is not plain is left to csv-parse, which knows all of CSV and its mistakes.

/** One record; its line is the one on which it ends. */
export interface Line {
  readonly line: number;
  readonly cells: readonly string[];
}

const QUOTE = 34;
const LF = 10;
const CR = 13;

/** How the lines of a file end: as its first one does. */
export type LineEnd = '\n' | '\r\n';

/**
 * Reads plain records from a text that comes in pieces: cells with quotes around all of them or without any, lines that all end
 * alike.
 */
export class Records {
  readonly #delimiter: string;
  #end: LineEnd | undefined;
  #line = 0;
  #rest = '';

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }

  /** Lines read so far. */
  get line(): number {
    return this.#line;
  }

  /** How lines end; undefined when none was read yet. */
  get lineEnd(): LineEnd | undefined {
    return this.#end;
  }

  /** What {@link read} left: the beginning of a record that is not complete, or is not plain. */
  get rest(): string {
    return this.#rest;
  }

  /** The records that are complete with this piece, and whether it met one that is not plain: then nothing more may be read here. */
  read(piece: string): { readonly lines: Line[]; readonly strange: boolean } {
    const text = this.#rest + piece;
    const lines: Line[] = [];
    const delimiter = this.#delimiter;
    const separator = delimiter.charCodeAt(0);
    let start = 0;
    let newline = -1;
    let comma = -1;
    let quote = -1;
    const stop = (strange: boolean) => {
      this.#rest = text.slice(start);
      return { lines, strange };
    };
    for (;;) {
      if (newline < start) newline = text.indexOf('\n', start);
      if (newline < 0) return stop(false);
      if (this.#end === undefined) {
        // in a first line of more than one, what ends lines and what is in a cell cannot be told apart so simply
        const first = text.slice(0, newline).replace(/\r$/, '');
        if (first.includes('\r') || first.split('"').length % 2 === 0) return stop(true);
        this.#end = text.charCodeAt(newline - 1) === CR ? '\r\n' : '\n';
      }
      const crlf = this.#end === '\r\n';
      const cells: string[] = [];
      let breaks = 1;
      let at = start;
      for (let ended = false; !ended; ) {
        if (text.charCodeAt(at) === QUOTE) {
          let close = text.indexOf('"', at + 1);
          let doubled = false;
          while (close >= 0 && text.charCodeAt(close + 1) === QUOTE) {
            doubled = true;
            close = text.indexOf('"', close + 2);
          }
          // a quote at the very end may be the first of two
          if (close < 0 || close + (crlf ? 2 : 1) >= text.length) return stop(false);
          const cell = text.slice(at + 1, close);
          cells.push(doubled ? cell.replaceAll('""', '"') : cell);
          if (newline < close) {
            // a line break that is a part of the cell
            for (; newline >= 0 && newline < close; newline = text.indexOf('\n', newline + 1)) breaks++;
            if (newline < 0) newline = text.length;
          }
          const next = text.charCodeAt(close + 1);
          if (next === separator) at = close + 2;
          else if (crlf ? next === CR && text.charCodeAt(close + 2) === LF : next === LF) {
            at = close + (crlf ? 3 : 2);
            ended = true;
          } else return stop(true);
        } else {
          if (newline < at) newline = text.indexOf('\n', at);
          if (newline < 0 || newline === text.length) return stop(false);
          if (comma < at) comma = text.indexOf(delimiter, at);
          if (comma < 0) comma = text.length;
          if (quote < at) quote = text.indexOf('"', at);
          if (quote < 0) quote = text.length;
          ended = newline < comma;
          if (ended && crlf && (newline === at || text.charCodeAt(newline - 1) !== CR)) return stop(true);
          const end = ended ? (crlf ? newline - 1 : newline) : comma;
          const cell = text.slice(at, end);
          if (quote < end || cell.includes('\r')) return stop(true);
          cells.push(cell);
          at = (ended ? newline : comma) + 1;
        }
      }
      this.#line += breaks;
      // an empty line is none
      if (cells.length > 1 || cells[0] !== '' || text.charCodeAt(start) === QUOTE) lines.push({ line: this.#line, cells });
      start = at;
    }
  }
}
