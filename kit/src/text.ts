/** Nested deeper than this, JSON would overflow the stack of whoever writes or reads it by recursion. */
const MAX_DEPTH = 64;
/** More problems than these help nobody. */
const MAX_PROBLEMS = 20;

/** A part of an input that cannot be kept as it is. */
export interface TextProblem {
  readonly path: readonly string[];
  /** One sentence for the caller. */
  readonly message: string;
}

/** Why PostgreSQL cannot keep this text exactly as it is; null when it can. */
export function badText(text: string): string | null {
  if (text.includes('\0')) return 'The text contains a NUL character.';
  return text.isWellFormed() ? null : 'The text contains half of a surrogate pair, which is no character.';
}

/** Every text in a value, however deep in lists and objects, keys included, that is {@link badText}; also what is nested too deep. */
export function badTexts(value: unknown): TextProblem[] {
  const problems: TextProblem[] = [];
  const rest: { path: readonly string[]; value: unknown }[] = [{ path: [], value }];
  for (let part = rest.pop(); part !== undefined && problems.length < MAX_PROBLEMS; part = rest.pop()) {
    const { path } = part;
    if (typeof part.value === 'string') {
      const message = badText(part.value);
      if (message !== null) problems.push({ path, message });
    } else if (part.value !== null && typeof part.value === 'object' && !(part.value instanceof Date)) {
      if (path.length >= MAX_DEPTH) problems.push({ path: path.slice(0, 3), message: `The value is nested deeper than ${MAX_DEPTH} levels.` });
      else for (const [key, inner] of Object.entries(part.value).reverse()) rest.push({ path: [...path, key], value: inner }, { path, value: key });
    }
  }
  return problems;
}
