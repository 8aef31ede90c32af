import type { ExecutionResult, GraphQLError } from 'graphql';
import { stopped } from '../closing.ts';
import { oncePerFrame, type Dialect } from '../http/dialect.ts';

/**
 * Apollo's multipart protocol for subscriptions, version 1.0:
 * https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol
 *
 * A reader has a part when it sees the boundary behind it, so each part brings that along.
 */

const BOUNDARY = '\r\n--graphql';

const part = (json: string): string => `\r\ncontent-type: application/json\r\n\r\n${json}${BOUNDARY}`;
const fatal = (errors: readonly GraphQLError[]): string => part(JSON.stringify({ payload: null, errors }));
const ENDING = '--\r\n';

/** One subscription as parts of a response. */
export const multipartDialect: Dialect = {
  transport: 'multipart',
  contentType: 'multipart/mixed;boundary="graphql";subscriptionSpec="1.0"',
  opening: BOUNDARY,
  event: oncePerFrame(({ json }) => part(`{"payload":${json}}`)),
  result: (result: ExecutionResult) => part(JSON.stringify({ payload: result })),
  failure: fatal,
  heartbeat: () => part('{}'),
  farewell: (cursor, retryAfter) => fatal([stopped(cursor, retryAfter)]) + ENDING,
  ending: ENDING,
};
