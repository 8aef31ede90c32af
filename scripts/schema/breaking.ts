import { buildSchema, findBreakingChanges } from 'graphql';

/** An entry of `schema/breaking.json`: one change that was made on purpose. */
export interface NamedBreak {
  /** The change as `npm run schema` words it. */
  readonly change: string;
  readonly reason: string;
  /** The day it was made, such as `2026-03-02`. */
  readonly since: string;
}

/** Changes of the public API that break clients, in words, sorted. */
export function breakingChanges(before: string, after: string): string[] {
  return findBreakingChanges(buildSchema(before), buildSchema(after)).map((change) => change.description).sort();
}

/** Reads `schema/breaking.json`. @throws Error when it is not a list of named changes. */
export function readNamedBreaks(text: string): NamedBreak[] {
  const entries = JSON.parse(text) as unknown;
  const whole = (entry: unknown): entry is NamedBreak => ['change', 'reason', 'since'].every((key) => typeof (entry as Record<string, unknown>)?.[key] === 'string' && (entry as Record<string, string>)[key] !== '');
  if (!Array.isArray(entries) || !entries.every(whole)) throw new Error('schema/breaking.json must be a list of { "change", "reason", "since" }, all of them texts');
  return entries;
}

/** The breaking changes that nobody has named. */
export function unnamedBreaks(before: string, after: string, named: readonly NamedBreak[]): string[] {
  const known = new Set(named.map((entry) => entry.change));
  return breakingChanges(before, after).filter((change) => !known.has(change));
}
