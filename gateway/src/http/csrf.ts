import type { IncomingHttpHeaders } from 'node:http';

/** Headers that a page of another origin can only send after a preflight, which this gateway does not answer. */
const PREFLIGHT_HEADERS = ['apollo-require-preflight', 'x-apollo-operation-name', 'graphql-require-preflight'] as const;

/** What a form or a plain link can send. Fetch standard, "CORS-safelisted request-header". */
const SIMPLE_TYPES: ReadonlySet<string> = new Set(['', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']);

/** Whether a page of any origin could have made the browser send this request without asking first. */
export function mayBeForged(headers: IncomingHttpHeaders): boolean {
  if (PREFLIGHT_HEADERS.some((name) => headers[name])) return false;
  // Browsers attach Basic credentials by themselves, but never a bearer token.
  if (/^bearer /i.test(headers.authorization ?? '')) return false;
  return SIMPLE_TYPES.has(mediaType(headers));
}

/** The media type of the body, in lower case and without parameters; empty without one. */
export function mediaType(headers: IncomingHttpHeaders): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
