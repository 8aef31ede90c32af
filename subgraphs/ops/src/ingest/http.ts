import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '@hubgraph/kit/change';
import type { Clock } from '@hubgraph/kit/clock';
import { PublicError } from '@hubgraph/kit/errors';
import type { HubHttp } from '@hubgraph/kit/hub';
import { fulfils } from '@hubgraph/kit/identity';
import type { Verifier } from '@hubgraph/kit/identity/verify';
import { newId } from '@hubgraph/kit/ids';
import { isOutage } from '@hubgraph/kit/outage';
import { requestIdOf, traceparentOf } from '@hubgraph/kit/request-id';
import type { Sql } from '@hubgraph/kit/sql';
import type { Logger } from 'pino';
import type { OpsChanges } from '../commands/common.ts';
import { HttpProblem, readBody } from './body.ts';
import { eventsIn, takeEvent } from './cloud-events.ts';
import { takeAlertmanager, takeOtel, type Answer } from './webhooks.ts';

/** What taking in over HTTP needs. */
export interface IngestOptions {
  readonly sql: Sql;
  readonly changes: OpsChanges;
  /** Undefined: nobody's token is believed, so nobody gets in. */
  readonly verifier?: Verifier;
  readonly clock: Clock;
  readonly log: Logger;
  /** In bytes. */
  readonly largestBody: number;
  /** In milliseconds: how long a body may take; 15 s when left out. */
  readonly bodyTime?: number;
}

const BODY_TIME = 15_000;
type Route = (options: IngestOptions, caller: Caller, request: IncomingMessage, body: string) => Promise<Answer>;

const ROUTES: Readonly<Record<string, Route>> = {
  '/events': takeEvents,
  '/webhooks/alertmanager': (options, caller, request, body) => takeAlertmanager(options.changes, caller, queryOf(request), jsonOf(request, body)),
  '/webhooks/otel': (options, caller, request, body) => takeOtel(options.changes, caller, queryOf(request), jsonOf(request, body)),
};

/**
 * Events and webhooks of others, over HTTP: `POST /events` (CloudEvents), `/webhooks/alertmanager` and `/webhooks/otel`, with
 * a bearer token of the scope `ops:write`. Every answer is JSON; an error has `code` and `message`, and quotes nothing that
 * came. The log has routes, counts and codes, never a body.
 */
export function ingestHttp(options: IngestOptions): HubHttp {
  return {
    prefixes: ['/events', '/webhooks/'],
    async handle(request, response) {
      const requestId = requestIdOf(request.headers['x-request-id']);
      const path = pathOf(request);
      let answer: Answer;
      try {
        answer = await answerTo(options, request, path);
      } catch (error) {
        answer = problem(options, error, requestId, path);
      }
      options.log.info({ requestId, path: Object.hasOwn(ROUTES, path) ? path : 'unknown', status: answer.status, outcomes: answer.counts }, 'events taken in');
      send(request, response, answer, requestId);
    },
  };
}

async function answerTo(options: IngestOptions, request: IncomingMessage, path: string): Promise<Answer> {
  const route = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
  if (route === undefined) throw new HttpProblem(404, 'NOT_FOUND', 'There is nothing here.');
  if (request.method !== 'POST') throw new HttpProblem(405, 'METHOD_NOT_ALLOWED', 'Send events by POST.', { allow: 'POST' });
  const caller = await callerOf(options, request);
  const body = await readBody(request, { largest: options.largestBody, time: options.bodyTime ?? BODY_TIME });
  return route(options, caller, request, body);
}

async function callerOf({ verifier }: IngestOptions, request: IncomingMessage): Promise<Caller> {
  const { authorization, traceparent } = request.headers;
  const unauthenticated = new HttpProblem(401, 'UNAUTHENTICATED', 'The bearer token is missing or not valid.', { 'www-authenticate': 'Bearer' });
  if (verifier === undefined || authorization === undefined) throw unauthenticated;
  const identity = await verifier.verify(authorization).catch((error: unknown) => {
    throw error instanceof PublicError ? unauthenticated : error;
  });
  if (!fulfils(identity, [['ops:write']])) throw new HttpProblem(403, 'FORBIDDEN', 'This needs the scope ops:write.', { 'www-authenticate': 'Bearer error="insufficient_scope", scope="ops:write"' });
  return { identity, traceparent: traceparentOf(traceparent) };
}

async function takeEvents({ sql, changes }: IngestOptions, caller: Caller, request: IncomingMessage, body: string): Promise<Answer> {
  const results = [];
  // one after the other: those of one sender may build upon each other
  for (const raw of eventsIn(request.headers, body)) results.push(await takeEvent({ sql, changes }, caller, raw));
  const refusals = results.filter(({ status }) => status === 'refused').length;
  return { status: refusals === 0 ? 200 : refusals === results.length ? 422 : 207, body: { results }, counts: countsOf(results) };
}

function countsOf(results: readonly { readonly status: string }[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(results, ({ status }) => status)].map(([status, of]) => [status, of.length]));
}

function jsonOf(request: IncomingMessage, body: string): unknown {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') throw new HttpProblem(415, 'UNSUPPORTED_TYPE', 'Send application/json.');
  try {
    return JSON.parse(body);
  } catch {
    throw new HttpProblem(400, 'BAD_JSON', 'The body is not JSON.');
  }
}

function problem({ log }: IngestOptions, error: unknown, requestId: string, path: string): Answer {
  if (error instanceof HttpProblem) return { status: error.status, body: { code: error.code, message: error.message }, headers: error.headers };
  if (isOutage(error)) {
    log.warn({ requestId, path }, 'the database could not answer');
    return { status: 503, body: { code: 'HUB_UNAVAILABLE', message: 'The hub cannot answer now; send it again.' }, headers: { 'retry-after': '5' } };
  }
  const id = newId();
  // a driver's message may quote what it was given: the name and the place are enough to find it
  const { name, stack } = error instanceof Error ? error : new Error('thrown');
  log.error({ id, requestId, path, error: name, at: stack?.split('\n').filter((line) => /^\s+at /.test(line)).slice(0, 6) }, 'masked error');
  return { status: 500, body: { code: 'INTERNAL', message: 'Something went wrong on our side; id finds it in the log.', id } };
}

function send(request: IncomingMessage, response: ServerResponse, { status, body, headers }: Answer, requestId: string): void {
  if (response.destroyed) return;
  // what was not read stands before the next request on this connection
  const close = request.complete ? {} : { connection: 'close' };
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text), 'cache-control': 'no-store', 'x-request-id': requestId, ...close, ...headers });
  response.end(text, () => {
    if (!request.complete) request.destroy();
  });
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?')[0] ?? '/';
}

function queryOf(request: IncomingMessage): URLSearchParams {
  return new URLSearchParams((request.url ?? '').split('?')[1] ?? '');
}
