import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Caller } from './change.ts';
import { PublicError } from './errors.ts';
import { fulfils } from './identity.ts';
import type { Verifier } from './identity/verify.ts';
import { newId } from './ids.ts';
import { isOutage } from './outage.ts';
import { traceparentOf } from './request-id.ts';

/** A request at a hub's door that is answered with an error; `code` and `message` are for the client and never quote what came. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What is wrong, one by one, where there is more than one thing. */
  readonly problems?: readonly string[];

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}, problems?: readonly string[]) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
    this.problems = problems;
  }
}

/** What a request is answered with; the body goes out as JSON. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Who sends a request, by its bearer token. Without a `verifier` nobody's token is believed.
 *
 * @throws HttpProblem 401 without a valid token, 403 without the scope
 */
export async function bearerCaller(verifier: Verifier | undefined, scope: string, request: IncomingMessage): Promise<Caller> {
  const { authorization, traceparent } = request.headers;
  const unauthenticated = new HttpProblem(401, 'UNAUTHENTICATED', 'The bearer token is missing or not valid.', { 'www-authenticate': 'Bearer' });
  if (verifier === undefined || authorization === undefined) throw unauthenticated;
  const identity = await verifier.verify(authorization).catch((error: unknown) => {
    throw error instanceof PublicError ? unauthenticated : error;
  });
  if (!fulfils(identity, [[scope]])) throw new HttpProblem(403, 'FORBIDDEN', `This needs the scope ${scope}.`, { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` });
  return { identity, traceparent: traceparentOf(traceparent) };
}

/** The answer to a request that failed; what is not the client's fault is logged and masked. `whenOut` tells the client what to do while the database does not answer. */
export function problemAnswer(error: unknown, { log, requestId, path, whenOut }: { readonly log: Logger; readonly requestId: string; readonly path: string; readonly whenOut: string }): HttpAnswer {
  if (error instanceof HttpProblem) return { status: error.status, body: { code: error.code, message: error.message, ...(error.problems && { problems: error.problems }) }, headers: error.headers };
  if (isOutage(error)) {
    log.warn({ requestId, path }, 'the database could not answer');
    return { status: 503, body: { code: 'HUB_UNAVAILABLE', message: whenOut }, headers: { 'retry-after': '5' } };
  }
  const id = newId();
  // a driver's message may quote what it was given: the name and the place are enough to find it
  const { name, stack } = error instanceof Error ? error : new Error('thrown');
  log.error({ id, requestId, path, error: name, at: stack?.split('\n').filter((line) => /^\s+at /.test(line)).slice(0, 6) }, 'masked error');
  return { status: 500, body: { code: 'INTERNAL', message: 'Something went wrong on our side; id finds it in the log.', id } };
}

/** Writes an answer, and gives the connection up when the request was not read to its end. */
export function sendAnswer(request: IncomingMessage, response: ServerResponse, { status, body, headers }: HttpAnswer, requestId: string): void {
  if (response.destroyed) return;
  // what was not read stands before the next request on this connection
  const close = request.complete ? {} : { connection: 'close' };
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text), 'cache-control': 'no-store', 'x-request-id': requestId, ...close, ...headers });
  response.end(text, () => {
    if (!request.complete) request.destroy();
  });
}
