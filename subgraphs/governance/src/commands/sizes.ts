import { MAX_LINE, MAX_TEXT } from '@hubgraph/kit/fields';
import { invalidField, type MutationErrorData } from '@hubgraph/kit/refusal';

/** In characters, by the name of the field; any other text is a {@link MAX_TEXT}. */
const MOST: Readonly<Record<string, number>> = { title: MAX_LINE, owner: MAX_LINE, assignee: MAX_LINE, reviewer: MAX_LINE, supersededBy: MAX_LINE, path: 4_096, acceptance: 2_000, evidence: 2_000 };
const MOST_ENTRIES: Readonly<Record<string, number>> = { acceptance: 200, evidence: 200, dependsOn: 200 };

/**
 * What is too long in the input of a verb, at every depth: whoever reads a workstream or task gets all of it.
 *
 * @param name of the field that holds `value`, which decides its limits
 */
export function sizeProblems(value: unknown, name = '', path: readonly string[] = []): MutationErrorData[] {
  if (typeof value === 'string') {
    const most = MOST[name] ?? MAX_TEXT;
    return value.length > most ? [invalidField(path, `This has at most ${most} characters.`)] : [];
  }
  if (Array.isArray(value)) {
    const most = MOST_ENTRIES[name] ?? Infinity;
    if (value.length > most) return [invalidField(path, `At most ${most} entries.`)];
    // a refusal of a workplan names its tasks by their codes
    return value.flatMap((entry: unknown, index) => sizeProblems(entry, name, [...path, codeOf(entry) ?? String(index)]));
  }
  if (value === null || typeof value !== 'object') return [];
  // the text of an acceptance point is held to the limit of its list
  return Object.entries(value).flatMap(([field, inner]) => sizeProblems(inner, field === 'text' ? name : field, [...path, field]));
}

function codeOf(entry: unknown): string | undefined {
  return entry !== null && typeof entry === 'object' && 'code' in entry && typeof entry.code === 'string' ? entry.code : undefined;
}
