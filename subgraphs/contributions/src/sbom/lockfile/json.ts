import { sbomLimits } from '../model.ts';
import { refuse } from './refusal.ts';
import { positionOf } from './text.ts';
import type { SourceText } from './text.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Parses JSON that may be hostile: nesting is measured before the parser sees it.
 * @throws Refusal LIMIT or MALFORMED, with the position.
 */
export function parseJson(source: SourceText): unknown {
  checkDepth(source);
  try {
    return JSON.parse(source.text);
  } catch {
    const offset = firstFault(source.text);
    const isCut = offset >= source.text.trimEnd().length || (source.text.charCodeAt(offset) === QUOTE && endOfString(source.text, offset) === source.text.length);
    const what = isCut ? 'The JSON ends before it is complete: the file is truncated.' : 'The file is not JSON from here on.';
    refuse(source.name, 'MALFORMED', what, positionOf(source.text, offset));
  }
}

/** Most brackets and commas of one file; an empty object costs twenty times its two characters. */
const MARKS = 4_000_000;

function checkDepth({ name, text }: SourceText): void {
  let depth = 0;
  let marks = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) {
      at = endOfString(text, at);
      continue;
    } else if (char === 0x7b || char === 0x5b) {
      if (++depth > sbomLimits.depth) refuse(name, 'LIMIT', `Objects and arrays are nested more than ${sbomLimits.depth} deep.`, positionOf(text, at));
    } else if (char === 0x7d || char === 0x5d) {
      depth--;
    } else if (char !== 0x2c) {
      continue;
    }
    if (++marks > MARKS) refuse(name, 'LIMIT', `The file has more than ${MARKS} brackets and commas.`, positionOf(text, at));
  }
}

/** Offset of the closing quote, or of the end of the text. */
function endOfString(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (at >= 0 && isEscaped(text, at, start)) at = text.indexOf('"', at + 1);
  return at < 0 ? text.length : at;
}

function isEscaped(text: string, at: number, start: number): boolean {
  let slashes = 0;
  while (at - 1 - slashes > start && text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
  return slashes % 2 === 1;
}

const TOKEN = /[ \t\n\r]*(?:("[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)|([{}[\],:]))/y;

type Want = 'value' | 'first' | 'key' | 'firstKey' | 'colon' | 'next';

/** The parser of the engine does not always say where it stopped; this finds the first token that cannot stand there. */
function firstFault(text: string): number {
  const open: string[] = [];
  let want: Want = 'value';
  let at = 0;
  for (;;) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text);
    const start = skipSpace(text, at);
    if (token === null) return start;
    const [, string, scalar, mark] = token;
    const next = step(want, open, string !== undefined, scalar !== undefined, mark);
    if (next === null) return start;
    want = next;
    at = TOKEN.lastIndex;
    if (want === 'next' && open.length === 0) return skipSpace(text, at);
  }
}

function step(want: Want, open: string[], isString: boolean, isScalar: boolean, mark: string | undefined): Want | null {
  if (want === 'colon') return mark === ':' ? 'value' : null;
  if (want === 'key' || want === 'firstKey') {
    if (isString) return 'colon';
    return want === 'firstKey' && mark === '}' ? close(open) : null;
  }
  if (want === 'next') {
    if (mark === ',') return open.at(-1) === '{' ? 'key' : 'value';
    return (mark === '}' && open.at(-1) === '{') || (mark === ']' && open.at(-1) === '[') ? close(open) : null;
  }
  if (isString || isScalar) return 'next';
  if (want === 'first' && mark === ']') return close(open);
  if (mark !== '{' && mark !== '[') return null;
  open.push(mark);
  return mark === '{' ? 'firstKey' : 'first';
}

function close(open: string[]): Want {
  open.pop();
  return 'next';
}

function skipSpace(text: string, at: number): number {
  let end = at;
  while (end < text.length && ' \t\n\r'.includes(text[end]!)) end++;
  return end;
}
