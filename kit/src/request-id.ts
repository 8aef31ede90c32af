import { newId } from './ids.ts';

/** What a caller may choose as an id: it goes into logs, headers and the hubs. */
const ACCEPTED = /^[\w.:-]{1,128}$/;
/** W3C Trace Context, version 00. */
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The id that a request goes by: the caller's `x-request-id` where it is fit, else a new one. */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && ACCEPTED.test(header) ? header : newId();
}

/** The caller's `traceparent` where it is one. */
export function traceparentOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && TRACEPARENT.test(header) ? header : undefined;
}
