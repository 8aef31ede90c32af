import type { ExecutionResult, GraphQLError } from 'graphql';
import { oncePerFrame, type Dialect } from '../http/dialect.ts';

/** GraphQL over SSE, distinct connections: https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md */

/** Milliseconds after which an EventSource that lost its connection comes back. */
const RETRY_MS = 1_000;
/** The same after the end of an operation, for an EventSource that nobody closes: it would ask for the same again. */
const AFTER_END_MS = 10_000;

/** Of every SSE response. */
export const SSE_TYPE = 'text/event-stream; charset=utf-8';
/** A comment: EventSource passes over it, proxies see that the connection is in use. */
export const COMMENT = ':\n\n';

/** One event; JSON has no line breaks, so it is one line of data. */
export const eventText = (name: 'next' | 'complete', data: string, id?: string): string => `event: ${name}\n${id === undefined ? '' : `id: ${id}\n`}data:${data && ` ${data}`}\n\n`;

/**
 * Distinct connections mode. The cursor is the event's `id`, so an EventSource resumes by itself. An `id` without data
 * is no event but moves the place, so a client that got no event yet resumes as well.
 */
export const sseDialect: Dialect = {
  transport: 'sse',
  contentType: SSE_TYPE,
  opening: `retry: ${RETRY_MS}\n\n`,
  event: oncePerFrame(({ json, cursor }) => eventText('next', json, cursor)),
  result: (result: ExecutionResult) => eventText('next', JSON.stringify(result)),
  // the protocol has no other place for errors, and an event named error would be taken for one of the connection
  failure: (errors: readonly GraphQLError[]) => eventText('next', JSON.stringify({ errors })),
  heartbeat: (cursor, hasCaughtUp = false) => (cursor === undefined ? COMMENT : `${hasCaughtUp ? ': ready\n' : ''}id: ${cursor}\n\n`),
  // no complete: the client is to come back
  farewell: (cursor, retryAfter) => `retry: ${retryAfter}\n${cursor === undefined ? '' : `id: ${cursor}\n`}\n`,
  ending: `retry: ${AFTER_END_MS}\n${eventText('complete', '')}`,
};
