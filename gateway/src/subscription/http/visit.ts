import type { Identity } from '@hubgraph/kit/identity';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Reporter } from '../../observe/reporter.ts';
import type { Ground } from '../begin.ts';

/** Names the reservation or stream that a request is about; the protocol of GraphQL over SSE. */
export const TOKEN_HEADER = 'x-graphql-event-stream-token';

/** What all responses that stay open share. */
export interface Surroundings {
  readonly ground: Ground;
  readonly reporter: Reporter;
}

/** One request, whatever the framework. */
export interface Visit {
  readonly request: IncomingMessage;
  readonly identity?: Identity;
  /** The `Authorization` header that said so. */
  readonly authorization?: string;
  /** Of the reservation that vouched for the identity; then of the stream, which it renews. */
  readonly token?: string;
  readonly requestId: string;
  readonly traceparent?: string;
  /** Headers that every response of the gateway has. */
  readonly headers: OutgoingHttpHeaders;
  /** Takes the response out of the framework's hands. */
  take(): ServerResponse;
}
