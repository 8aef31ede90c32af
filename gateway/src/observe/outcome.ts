import { topLevelCodes } from '@hubgraph/kit/errors';

/** What metrics and traces call the outcome of an answer: `ok`, the code of its first error, or `ERROR` for a code that is not one of ours. */
export function outcomeOf(errors: readonly { readonly extensions?: Readonly<Record<string, unknown>> }[] | undefined): string {
  const [first] = errors ?? [];
  if (!first) return 'ok';
  const code = first.extensions?.code;
  return typeof code === 'string' && Object.hasOwn(topLevelCodes, code) ? code : 'ERROR';
}
