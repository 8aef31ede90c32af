// JSON reports: small enough to be read whole, but no number of theirs ever becomes a float.
import { badText } from '@hubgraph/kit/text';
import { BrokenFile, type Bytes } from './entry.ts';
import { textOf } from './text.ts';

/** In characters. Reports come in pages of some hundred entries; a longer file is no report. */
const LONGEST = 8 * 1024 * 1024;

/** A value of JSON; numbers are the text that the file has. */
export type Json = string | boolean | null | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = Readonly<Record<string, Json | undefined>>;

/** TypeScript's library does not know the third parameter yet (ECMAScript 2026). */
type ExactParse = (text: string, revive: (name: string, value: unknown, context: { readonly source?: string }) => unknown) => Json;

/**
 * Reads JSON with its numbers as they are written. Several documents may follow each other, each on lines of its own (pages of
 * a report, appended): all are given.
 *
 * @throws BrokenFile when it is no JSON, or too long
 */
export async function documentsOf(bytes: Bytes): Promise<Json[]> {
  let text = '';
  for await (const chunk of textOf(bytes)) {
    text += chunk;
    if (text.length > LONGEST) throw new BrokenFile(`A JSON report has at most ${LONGEST} characters; fetch it in pages.`);
  }
  if (text.trim() === '') throw new BrokenFile('The file is empty.');
  try {
    return [exact(text)];
  } catch (error) {
    const pages = pagesOf(text);
    if (pages === null) throw new BrokenFile(`The file is not JSON (${(error as Error).message.split('\n')[0]}).`);
    return pages;
  }
}

function pagesOf(text: string): Json[] | null {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  try {
    return lines.length < 2 ? null : lines.map(exact);
  } catch {
    return null;
  }
}

/** Reads one document that was read already, for its numbers as they are written. */
export function numbersAsWritten(text: string): Json {
  return (JSON.parse as ExactParse)(text, (_name, value, { source }) => (typeof value === 'number' ? source : value));
}

function exact(text: string): Json {
  return (JSON.parse as ExactParse)(text, (_name, value, { source }) => {
    if (typeof value === 'number') return source;
    if (typeof value === 'string' && badText(value) !== null) throw new BrokenFile('The file holds a character that cannot be kept.');
    return value;
  });
}

/** An object, or null for anything else. */
export function objectOf(value: Json | undefined): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

/** A list, or none for anything else. */
export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

/** A text that says something, or null. */
export function wordOf(value: Json | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
