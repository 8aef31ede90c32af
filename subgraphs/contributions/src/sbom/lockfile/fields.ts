import { quote, refuse } from './refusal.ts';
import { locate } from './text.ts';
import type { SourceText } from './text.ts';

/** A mapping of a parsed file. Only own keys count: a file may name one `__proto__` or `constructor`. */
export type Table = Readonly<Record<string, unknown>>;

/** Own value of a key. */
export function own(table: Table, key: string): unknown {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Text of a key; undefined when it is missing or no text. */
export function textOf(table: Table, key: string): string | undefined {
  const value = own(table, key);
  return typeof value === 'string' ? value : undefined;
}

/**
 * A mapping at a key; empty when it is missing.
 * @throws Refusal INVALID when something else stands there.
 */
export function tableOf(source: SourceText, table: Table, key: string, path: string): Table {
  const value = own(table, key);
  if (value === undefined || value === null) return {};
  if (!isTable(value)) refuse(source.name, 'INVALID', `${path} is not a table of names.`, { ...locate(source, `"${key}"`, key), path });
  return value;
}

/**
 * A list at a key; empty when it is missing.
 * @throws Refusal INVALID when something else stands there.
 */
export function listOf(source: SourceText, table: Table, key: string, path: string): readonly unknown[] {
  const value = own(table, key);
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) refuse(source.name, 'INVALID', `${path} is not a list.`, { ...locate(source, `"${key}"`, key), path });
  return value;
}

/** The texts of a list; everything else in it is passed over. */
export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/**
 * A mapping.
 * @throws Refusal INVALID.
 */
export function asTable(source: SourceText, value: unknown, path: string, ...needles: string[]): Table {
  if (!isTable(value)) refuse(source.name, 'INVALID', `${path === '' ? 'The file' : path} is not a table of names.`, { ...locate(source, ...needles), ...(path === '' ? {} : { path }) });
  return value;
}

/**
 * Text that must be there.
 * @throws Refusal INVALID.
 */
export function needText(source: SourceText, table: Table, key: string, path: string, ...needles: string[]): string {
  const value = own(table, key);
  if (typeof value !== 'string' || value === '') refuse(source.name, 'INVALID', `${path}.${key} must be text, not ${value === undefined ? 'missing' : quote(JSON.stringify(value) ?? '')}.`, { ...locate(source, ...needles), path: `${path}.${key}` });
  return value;
}
