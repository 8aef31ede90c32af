import type { IncomingMessage } from 'node:http';
import type { Caller } from '@hubgraph/kit/change';
import type { Clock } from '@hubgraph/kit/clock';
import { bearerCaller, HttpProblem, problemAnswer, sendAnswer } from '@hubgraph/kit/door-http';
import type { HubHttp } from '@hubgraph/kit/hub';
import type { Verifier } from '@hubgraph/kit/identity/verify';
import { requestIdOf } from '@hubgraph/kit/request-id';
import type { Sql } from '@hubgraph/kit/sql';
import type { Logger } from 'pino';
import type { OpsChanges } from '../commands/common.ts';
import { readBody } from './body.ts';
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
        answer = problemAnswer(error, { log: options.log, requestId, path, whenOut: 'The hub cannot answer now; send it again.' });
      }
      options.log.info({ requestId, path: Object.hasOwn(ROUTES, path) ? path : 'unknown', status: answer.status, outcomes: answer.counts }, 'events taken in');
      sendAnswer(request, response, answer, requestId);
    },
  };
}

async function answerTo(options: IngestOptions, request: IncomingMessage, path: string): Promise<Answer> {
  const route = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
  if (route === undefined) throw new HttpProblem(404, 'NOT_FOUND', 'There is nothing here.');
  if (request.method !== 'POST') throw new HttpProblem(405, 'METHOD_NOT_ALLOWED', 'Send events by POST.', { allow: 'POST' });
  const caller = await bearerCaller(options.verifier, 'ops:write', request);
  const body = await readBody(request, { largest: options.largestBody, time: options.bodyTime ?? BODY_TIME });
  return route(options, caller, request, body);
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

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?')[0] ?? '/';
}

function queryOf(request: IncomingMessage): URLSearchParams {
  return new URLSearchParams((request.url ?? '').split('?')[1] ?? '');
}
