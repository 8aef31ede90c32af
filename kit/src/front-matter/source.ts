/** One reason why a file is refused, or one thing worth knowing about it. Lines and columns count from 1. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
  /** One sentence: what is wrong and what would be right. */
  readonly reason: string;
}

/** What a file may be at most; beyond it the file is refused, before it can cost time or memory. */
export const fileLimits = {
  /** Bytes of one file. */
  fileBytes: 256 * 1024,
  /** Characters of one line. */
  lineLength: 32 * 1024,
  lines: 20_000,
  /** Lists and quotes, one that goes on after an empty line counted again; the time to read them grows with their square. */
  lists: 3_000,
  /** List or quote markers that one line begins with. */
  nesting: 8,
  /** Columns that a list marker may stand from the margin. */
  indent: 64,
  /** YAML collections within each other. */
  yamlDepth: 16,
  /** Characters of an owner, a reason and the like. */
  line: 2_000,
  /** Problems told of one file. */
  problems: 100,
} as const;

/** The text of one file, and where things stand in it. */
export interface Source {
  readonly path: string;
  /** Without a byte order mark; otherwise as it is in the file. */
  readonly text: string;
  /** Notes a problem at an offset into the text; the first {@link fileLimits.problems} are kept. */
  report(offset: number, reason: string): void;
  /** 1-based line of an offset. */
  line(offset: number): number;
  readonly problems: readonly Problem[];
}

/** Makes a source; `text` may begin with a byte order mark. */
export function openSource(path: string, whole: string): Source {
  const text = whole.replace(/^\uFEFF/, '');
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const problems: Problem[] = [];
  const line = (offset: number) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
  return {
    path,
    text,
    line,
    problems,
    report(offset, reason) {
      if (problems.length >= fileLimits.problems) return;
      const at = line(offset);
      problems.push({ file: path, line: at, column: offset - starts[at - 1]! + 1, reason });
    },
  };
}

/**
 * The text of a file's bytes, byte order mark included. Bytes that are not UTF-8, and files over the limit, are a problem.
 */
export function decode(path: string, bytes: Uint8Array): { readonly text: string } | { readonly problem: Problem } {
  if (bytes.byteLength > fileLimits.fileBytes) return { problem: tooLarge(path, bytes.byteLength) };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    const source = openSource(path, new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
    source.report(Math.max(0, source.text.indexOf('\uFFFD')), 'The file is not UTF-8 from here on; save it as UTF-8.');
    return { problem: source.problems[0]! };
  }
}

export function tooLarge(path: string, bytes: number): Problem {
  return { file: path, line: 1, reason: `The file has ${bytes} bytes; at most ${fileLimits.fileBytes} are read.` };
}

// C0 without tab and line ends, DEL, C1: PostgreSQL, YAML or a terminal stumbles over one or the other.
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;
const MARKERS = /^[ \t]*((?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]|$))[ \t]*)+/;
const MARKER = />|[-*+]|\d{1,9}[.)]/g;

/** Whether `text` could be stored and printed; otherwise the offset of what could not, and its name. */
export function badCharacter(text: string): { readonly offset: number; readonly name: string } | undefined {
  const offset = text.search(CONTROL);
  if (offset !== -1) return { offset, name: `the control character U+${text.charCodeAt(offset).toString(16).toUpperCase().padStart(4, '0')}` };
  if (text.isWellFormed()) return undefined;
  const broken = [...text].findIndex((character) => !character.isWellFormed());
  return { offset: [...text].slice(0, broken).join('').length, name: 'half of a surrogate pair' };
}

/** Refuses text that no parser should see: bad characters, lone carriage returns, and shapes made to exhaust one. */
export function checkText(source: Source): void {
  const { text, report } = source;
  const bad = badCharacter(text);
  if (bad !== undefined) report(bad.offset, `The file contains ${bad.name}; remove it.`);
  const lone = text.search(/\r(?!\n)/);
  if (lone !== -1) report(lone, 'A line ends with a lone carriage return; use LF or CRLF.');

  let lists = 0;
  let inList = false;
  let offset = 0;
  const lines = text.split('\n');
  if (lines.length > fileLimits.lines) report(0, `The file has ${lines.length} lines; at most ${fileLimits.lines} are read.`);
  for (const line of lines) {
    if (line.length > fileLimits.lineLength) report(offset, `The line has ${line.length} characters; at most ${fileLimits.lineLength} are read.`);
    const markers = MARKERS.exec(line.slice(0, 1_000))?.[0];
    if (markers !== undefined) {
      const depth = markers.match(MARKER)?.length ?? 0;
      if (depth > fileLimits.nesting) report(offset, `Lists or quotes are nested more than ${fileLimits.nesting} deep on one line.`);
      if (markers.search(/\S/) > fileLimits.indent) report(offset, `A list stands more than ${fileLimits.indent} columns from the margin.`);
      const before = lists;
      lists += inList ? depth - 1 : depth;
      if (before <= fileLimits.lists && lists > fileLimits.lists) report(offset, `The file has more than ${fileLimits.lists} lists and quotes.`);
    }
    inList = markers !== undefined || (inList && /^\s+\S/.test(line));
    offset += line.length + 1;
  }
}
