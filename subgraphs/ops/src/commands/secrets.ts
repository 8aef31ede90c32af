import type { Caller, Verb } from '@hubgraph/kit/change';
import { invalidField, Refused, type MutationErrorData } from '@hubgraph/kit/refusal';
import { secretIn } from '../evidence/secret.ts';
import type { OpsChanges, Work } from './common.ts';

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

/**
 * Changes that look through every text of every input first, names in JSON included, whatever the verb: a field that is
 * added tomorrow is looked through too, and no refusal of a command can repeat a secret. Nothing of such an input reaches the
 * database, not even in a transaction that is rolled back.
 */
export function withCustody(changes: OpsChanges): OpsChanges {
  return {
    run<Result extends object>(caller: Caller, verb: Verb, command: (work: Work) => Promise<Result | Refused>) {
      // evidence is held to its own lists, by which it answers for a thousand observations at once
      const secrets = verb.name === 'recordEvidence' ? secretsIn({ idempotencyKey: verb.input.idempotencyKey }) : secretsIn(verb.input);
      return secrets.length === 0 ? changes.run(caller, verb, command) : changes.run<Result>(caller, { ...verb, input: {} }, () => Promise.resolve(new Refused(secrets)));
    },
  };
}

/** More problems than these help nobody. */
const MOST_PROBLEMS = 20;
/** What is nested deeper is refused by the mutation contract, whatever it is. */
const DEEPEST = 65;

function secretsIn(input: object): MutationErrorData[] {
  const problems: MutationErrorData[] = [];
  const rest: { path: readonly string[]; value: unknown }[] = [{ path: [], value: input }];
  for (let part = rest.pop(); part !== undefined && problems.length < MOST_PROBLEMS; part = rest.pop()) {
    const { path, value } = part;
    if (typeof value === 'string') {
      const kind = secretIn(value);
      // a key of a retry ought to be random
      if (kind !== null && !(kind === 'random text' && path[0] === 'idempotencyKey')) problems.push(secretAt(path, kind));
    } else if (value !== null && typeof value === 'object' && !(value instanceof Date) && path.length < DEEPEST) {
      const fields = Object.entries(value).map(([name, inner], index) => {
        const kind = Array.isArray(value) ? null : secretIn(name);
        if (kind !== null) problems.push(secretAt([...path, String(index)], kind));
        return kind === null ? [{ path: [...path, name], value: inner }] : [];
      });
      rest.push(...fields.reverse().flat());
    }
  }
  return problems;
}

function secretAt(path: readonly string[], kind: string): MutationErrorData {
  return invalidField(path, `This looks like a secret (${kind}); take it out. Nothing of it was kept.`);
}
