import { invalidField, type MutationErrorData } from '@hubgraph/kit/refusal';
import { secretIn } from '../evidence/secret.ts';

/** Refuses texts that hold a secret, naming the field and the kind, never the value. `within` is where the fields stand in the input. */
export function secretProblems(texts: Readonly<Record<string, string | null | undefined>>, within: readonly string[] = []): MutationErrorData[] {
  return Object.entries(texts).flatMap(([field, text], index) => {
    // A name may itself be the secret, so the path then says its place.
    const inName = within.length > 0 ? secretIn(field) : null;
    if (inName !== null) return [secretAt([...within, String(index)], inName)];
    const kind = text == null ? null : secretIn(text);
    return kind === null ? [] : [secretAt([...within, field], kind)];
  });
}

function secretAt(path: readonly string[], kind: string): MutationErrorData {
  return invalidField(path, `This looks like a secret (${kind}); take it out. Nothing of it was kept.`);
}
