import type { AllowedTransition, Refusal, UnmetRule } from './lifecycle.ts';
import { defineCodes } from './errors.ts';

/** Codes of the refusals that every hub knows (`MutationError.code`). */
export const refusalCodes = defineCodes({
  TRANSITION_REFUSED: { kind: 'refused', retry: 'after-reading', say: 'Meet the rules in `unmet`, or make one of the moves in `allowed`.' },
  CLOSURE_REFUSED: { kind: 'refused', retry: 'after-reading', say: 'Clear every blocker, then complete again.' },
  VERSION_CONFLICT: { kind: 'refused', retry: 'after-reading', say: 'Someone else moved it: read it again and decide anew.' },
  IDEMPOTENCY_CONFLICT: { kind: 'refused', retry: 'no', say: 'This key was used for another input: use a new key.' },
  INVALID_INPUT: { kind: 'invalid', retry: 'no', say: 'Correct the input field that `path` names.' },
  NOT_FOUND: { kind: 'refused', retry: 'no', say: 'Nothing has this id or key: look it up first.' },
  DUPLICATE: { kind: 'refused', retry: 'no', say: 'It exists already: use the one that `existingId` names.' },
});
export type RefusalCode = keyof typeof refusalCodes;

/** One expected refusal, as data of a mutation payload; `type` is its GraphQL type. */
export type MutationErrorData =
  | { readonly type: 'TransitionRefused'; readonly code: 'TRANSITION_REFUSED'; readonly message: string; readonly path: readonly string[]; readonly from: string; readonly to: string | null; readonly verb: string; readonly allowed: readonly AllowedTransition[]; readonly unmet: readonly UnmetRule[] }
  | { readonly type: 'ClosureRefused'; readonly code: 'CLOSURE_REFUSED'; readonly message: string; readonly path: readonly string[]; readonly blockers: readonly object[]; readonly sources: readonly object[] }
  | { readonly type: 'VersionConflict'; readonly code: 'VERSION_CONFLICT'; readonly message: string; readonly path: readonly string[]; readonly expected: number; readonly actual: number }
  | { readonly type: 'IdempotencyConflict'; readonly code: 'IDEMPOTENCY_CONFLICT'; readonly message: string; readonly path: readonly string[] }
  | { readonly type: 'InvalidInput'; readonly code: 'INVALID_INPUT'; readonly message: string; readonly path: readonly string[] }
  | { readonly type: 'NotFound'; readonly code: 'NOT_FOUND'; readonly message: string; readonly path: readonly string[] }
  | { readonly type: 'Duplicate'; readonly code: 'DUPLICATE'; readonly message: string; readonly path: readonly string[]; readonly existingId: string };

/** The answer no of a command: every reason at once. Whatever the command did in its transaction is rolled back. */
export class Refused {
  readonly errors: readonly MutationErrorData[];

  constructor(errors: readonly MutationErrorData[]) {
    if (errors.length === 0) throw new Error('a refusal needs a reason');
    this.errors = errors;
  }
}

/** A lifecycle said no; `allowed` are all moves from the present state. */
export function transitionRefused(refusal: Refusal<string>, allowed: readonly AllowedTransition[]): Refused {
  const why = refusal.unmet.map((rule) => rule.message).join(' ');
  return new Refused([{ type: 'TransitionRefused', code: 'TRANSITION_REFUSED', message: `${refusal.verb} is refused. ${why}`, path: ['input'], from: refusal.from, to: refusal.to, verb: refusal.verb, allowed, unmet: refusal.unmet }]);
}

/** Someone else moved the entity since the caller read it. */
export function versionConflict(expected: number, actual: number): Refused {
  return new Refused([{ type: 'VersionConflict', code: 'VERSION_CONFLICT', message: `Version ${expected} was expected; it is ${actual} now.`, path: ['input', 'expectedVersion'], expected, actual }]);
}

/** One wrong input field. */
export function invalidInput(path: readonly string[], message: string): Refused {
  return new Refused([invalidField(path, message)]);
}

/** The error of one wrong input field, for commands that gather several before they refuse. */
export function invalidField(path: readonly string[], message: string): MutationErrorData {
  return { type: 'InvalidInput', code: 'INVALID_INPUT', message, path: ['input', ...path] };
}

/** Nothing has the id or key at `path`. */
export function notFound(noun: string, key: string, path: readonly string[] = ['id']): Refused {
  return new Refused([{ type: 'NotFound', code: 'NOT_FOUND', message: `There is no ${noun} ${key}.`, path: ['input', ...path] }]);
}

/** Something else has the natural key already. */
export function duplicate(noun: string, key: string, existingId: string, path: readonly string[]): Refused {
  return new Refused([{ type: 'Duplicate', code: 'DUPLICATE', message: `There is already ${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun} ${key}.`, path: ['input', ...path], existingId }]);
}
