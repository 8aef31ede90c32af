import type { Fault } from './values.ts';

/**
 * Why an operation could not be done. `code` is the gateway's (`FORBIDDEN`, `BAD_USER_INPUT`, ...: its docs/errors.md), or
 *
 * - `UNREACHABLE`: no gateway answered, after all retries that are safe;
 * - `BAD_RESPONSE`: what answered is no gateway.
 */
export class HubgraphError extends Error {
  readonly code: string;
  /** All errors of the answer; empty when there was none. */
  readonly errors: readonly Fault[];

  constructor(code: string, message: string, errors: readonly Fault[] = [], options?: ErrorOptions) {
    super(message, options);
    this.name = 'HubgraphError';
    this.code = code;
    this.errors = errors;
  }

  /** Facts of the first error, such as `missingScopes`. */
  get facts(): Readonly<Record<string, unknown>> {
    return this.errors[0]?.extensions ?? {};
  }
}

/** The error for an answer without data. */
export function refusal(errors: readonly Fault[]): HubgraphError {
  const [first] = errors;
  return new HubgraphError(first?.extensions?.code ?? 'BAD_RESPONSE', first?.message ?? 'The answer has neither data nor errors.', errors);
}
