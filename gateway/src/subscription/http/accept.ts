/** How a subscription can be answered over HTTP. */
export type Transport = 'sse' | 'multipart';

/**
 * What a client wants its events as, by its `Accept` header: the one it likes best of those that it names. A wildcard
 * names none: who says nothing of streams gets one answer.
 */
export function transportFor(accept: string | undefined): Transport | undefined {
  let best: { readonly transport: Transport; readonly quality: number } | undefined;
  for (const range of accept?.match(RANGE) ?? []) {
    const [type = '', ...rest] = range.split(';').map((part) => part.trim());
    const parameters = new Map(rest.map((part) => [part.split('=', 1)[0]?.trim().toLowerCase(), part.slice(part.indexOf('=') + 1).trim().replace(/^"(.*)"$/, '$1')]));
    const quality = Number(parameters.get('q') ?? 1);
    const transport = type.toLowerCase() === 'text/event-stream' ? 'sse' : type.toLowerCase() === 'multipart/mixed' && parameters.get('subscriptionspec') === '1.0' ? 'multipart' : undefined;
    if (transport && quality > (best?.quality ?? 0)) best = { transport, quality };
  }
  return best?.transport;
}

/** Between commas, where commas within quotes do not count. */
const RANGE = /(?:[^,"]|"[^"]*")+/g;

/** What answers that are no stream are written as: what the client names of it, else the type that GraphQL over HTTP prefers. */
export function withoutStream(accept: string | undefined): string {
  return /\bapplication\/(?:graphql-response\+)?json\b/i.test(accept ?? '') ? (accept as string) : 'application/graphql-response+json';
}
