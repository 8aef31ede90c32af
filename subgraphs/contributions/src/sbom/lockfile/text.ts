import { createHash } from 'node:crypto';
import { sbomLimits } from '../model.ts';
import { refuse } from './refusal.ts';
import type { At } from './refusal.ts';

/** A file as it was handed in; `name` is its path in the repository, with `/`. */
export interface InputFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The decoded text of a file, with what messages need to point into it. */
export interface SourceText {
  readonly name: string;
  /** Folder of `name`, empty at the top. */
  readonly folder: string;
  /** Without a byte order mark. */
  readonly text: string;
  readonly sha256: string;
  readonly size: number;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Decodes a file.
 * @throws Refusal LIMIT when it is too large, MALFORMED when it is empty, not UTF-8 or holds a NUL.
 */
export function decode({ name, bytes }: InputFile): SourceText {
  if (bytes.length > sbomLimits.bytes) refuse(name, 'LIMIT', `The file has ${bytes.length} bytes; at most ${sbomLimits.bytes} are read.`);
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    refuse(name, 'MALFORMED', 'The file is not UTF-8.', invalidUtf8(bytes));
  }
  const nul = text.indexOf('\0');
  if (nul >= 0) refuse(name, 'MALFORMED', 'The file holds a NUL character: it is not a text file.', positionOf(text, nul));
  checkLines(name, text);
  if (text.trim() === '') refuse(name, 'MALFORMED', 'The file is empty.', { line: 1, column: 1 });
  return { name, folder: folderOf(name), text, sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };
}

/** Folder of a path with `/`, empty at the top. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Last part of a path with `/`. */
export function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** `a/./b/../c` as `a/c`; keeps `..` at the start, empty for the folder itself. */
export function normalisePath(path: string): string {
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else kept.push(part);
  }
  return kept.join('/');
}

/** Line and column of an offset, counted from 1. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    line++;
    start = at + 1;
  }
  return { line, column: Math.min(offset, text.length) - start + 1 };
}

/** Where the first of `needles` that occurs stands; nothing when none does. */
export function locate({ text }: SourceText, ...needles: string[]): At {
  for (const needle of needles) {
    const offset = text.indexOf(needle);
    if (offset >= 0) return positionOf(text, offset);
  }
  return {};
}

/** A line costs more memory than its characters. */
const LINES = 2_000_000;

function checkLines(name: string, text: string): void {
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    if (++lines > LINES) refuse(name, 'LIMIT', `The file has more than ${LINES} lines.`, { line: lines });
  }
}

/** The lenient decoder marks the first wrong byte; the file may hold that mark itself, then only the line is lost. */
function invalidUtf8(bytes: Uint8Array): At {
  const text = new TextDecoder('utf-8').decode(bytes);
  const offset = text.indexOf('\uFFFD');
  return offset < 0 ? {} : positionOf(text, offset);
}
