import { GraphQLError } from 'graphql';

/** An argument of `@skip` or `@include` on the way to a field. */
export interface Condition {
  readonly variable?: string;
  readonly value?: boolean;
  /** True for `@include`, false for `@skip`. */
  readonly included: boolean;
}

/** A field that was asked for and that the caller may not see. */
export interface Withheld {
  /** Response names from the root; `@` stands for every element of a list. */
  readonly path: readonly string[];
  readonly missingScopes: readonly string[];
  /** Whether there is an identity at all. */
  readonly authenticated: boolean;
  /** All must hold for the field to have been asked for. */
  readonly conditions: readonly Condition[];
}

/** The error of a withheld field. */
export function refusalOf({ path, missingScopes, authenticated }: Withheld): GraphQLError {
  if (!authenticated) return new GraphQLError('A valid bearer token is needed for this field.', { path, extensions: { code: 'UNAUTHENTICATED' } });
  return new GraphQLError(`This field needs scopes that the token lacks: ${missingScopes.join(', ')}.`, { path, extensions: { code: 'FORBIDDEN', missingScopes } });
}

/** Errors of the fields that were asked for under these variables. */
export function refusalsOf(withheld: readonly Withheld[], variables: Readonly<Record<string, unknown>>): GraphQLError[] {
  const holds = ({ variable, value, included }: Condition): boolean => ((variable === undefined ? value : variables[variable]) === true) === included;
  return withheld.filter(({ conditions }) => conditions.every(holds)).map(refusalOf);
}

/** First character of a withheld field's name in the shape: no name in a document can begin with it. */
export const WITHHELD_MARK = '!';

/** Gives withheld fields their own names back, in their own places. What the value was, it is null here. */
export function unmark(data: unknown, withheld: readonly Withheld[]): unknown {
  const root: Branch = new Map();
  for (const { path } of withheld) {
    let branch = root;
    for (const name of path) {
      let next = branch.get(name);
      if (!next) branch.set(name, (next = new Map()));
      branch = next;
    }
  }
  return restore(data, root);
}

interface Branch extends Map<string, Branch> {}

function restore(data: unknown, branch: Branch | undefined): unknown {
  // Off the paths nothing is touched: a JSON scalar may have keys of any spelling.
  if (branch === undefined || typeof data !== 'object' || data === null) return data;
  if (Array.isArray(data)) return data.map((element) => restore(element, branch.get('@')));
  const named: Record<string, unknown> = Object.create(null);
  for (const [key, value] of Object.entries(data)) {
    const own = key.startsWith(WITHHELD_MARK) ? key.slice(WITHHELD_MARK.length) : undefined;
    if (own !== undefined) named[own] = null;
    else if (!(key in named)) named[key] = restore(value, branch.get(key));
  }
  return named;
}
