/**
 * One code that the product answers with.
 *
 * - `refused`: the request was understood and a rule says no; data in a mutation payload.
 * - `invalid`: the input is wrong; in a payload (`InvalidInput`) or at the top level.
 * - `denied`: who asks may not.
 * - `unavailable`: a part cannot answer now.
 * - `fault`: our mistake; masked, with an id that finds it in the log.
 */
export interface ErrorCode {
  readonly kind: 'refused' | 'invalid' | 'denied' | 'unavailable' | 'fault';
  /** Whether the same request may succeed later without a change of the caller's. */
  readonly retry: 'no' | 'later' | 'after-reading';
  /** One sentence for the person or agent who gets it: what to do next. */
  readonly say: string;
}
export type ErrorCatalogue = Readonly<Record<string, ErrorCode>>;

/** Declares codes; `docs/errors.md` is printed from all catalogues. */
export function defineCodes<const Codes extends ErrorCatalogue>(codes: Codes): Codes {
  return codes;
}

/** Codes of top-level GraphQL errors (`extensions.code`), the same at every hub and at the gateway. */
export const topLevelCodes = defineCodes({
  UNAUTHENTICATED: { kind: 'denied', retry: 'no', say: 'Send a valid bearer token; extensions.reason tells a token whose time is over (expired) from one that was revoked.' },
  FORBIDDEN: { kind: 'denied', retry: 'no', say: 'Ask for the scopes named in extensions.missingScopes.' },
  BAD_USER_INPUT: { kind: 'invalid', retry: 'no', say: 'Correct the variables or arguments named in the message.' },
  GRAPHQL_PARSE_FAILED: { kind: 'invalid', retry: 'no', say: 'Correct the syntax of the document.' },
  GRAPHQL_VALIDATION_FAILED: { kind: 'invalid', retry: 'no', say: 'Correct the document; it does not fit the schema.' },
  OPERATION_TOO_LARGE: { kind: 'invalid', retry: 'no', say: 'Ask for less in one operation; extensions name the limit and the value.' },
  RATE_LIMITED: { kind: 'unavailable', retry: 'later', say: 'Wait as long as extensions.retryAfter says.' },
  HUB_UNAVAILABLE: { kind: 'unavailable', retry: 'later', say: 'The hub named in extensions.hub cannot answer now; the rest of the data is here.' },
  TIMEOUT: { kind: 'unavailable', retry: 'later', say: 'Ask again, or ask for less.' },
  CURSOR_EXPIRED: { kind: 'invalid', retry: 'after-reading', say: 'Read the present state, then subscribe without a cursor or from extensions.firstAvailable.' },
  CURSOR_INVALID: { kind: 'invalid', retry: 'no', say: 'Use a cursor as this graph gave it, for the same subscription.' },
  STREAM_RESET: { kind: 'unavailable', retry: 'after-reading', say: 'The event stream began anew: read the present state, then subscribe without a cursor.' },
  SUPERGRAPH_CHANGED: { kind: 'unavailable', retry: 'later', say: 'The graph changed in what the subscription uses: read its schema again, then resume from extensions.cursor after extensions.retryAfter milliseconds.' },
  TOO_SLOW: { kind: 'unavailable', retry: 'later', say: 'Read faster, narrow the filter, or resume from extensions.cursor.' },
  INTERNAL: { kind: 'fault', retry: 'later', say: 'Report the id in extensions.id.' },
});
export type TopLevelCode = keyof typeof topLevelCodes;

/**
 * An error that a client may see as it is: a code, a sentence, and facts for `extensions`.
 * Whatever else is thrown is masked as `INTERNAL` at the edge.
 */
export class PublicError extends Error {
  readonly code: TopLevelCode;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: TopLevelCode, message: string, facts: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PublicError';
    this.code = code;
    this.facts = facts;
  }

  /** graphql-js copies an original error's `extensions` onto the GraphQLError that wraps it. */
  get extensions(): Record<string, unknown> {
    return { code: this.code, ...this.facts };
  }
}

/** A failure of start-up or of a command that has one clear sentence and an exit code; never a stack for the person. */
export class UsageError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 2, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UsageError';
    this.exitCode = exitCode;
  }
}
