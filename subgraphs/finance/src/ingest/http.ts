import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '@hubgraph/kit/change';
import { PublicError } from '@hubgraph/kit/errors';
import type { HubHttp } from '@hubgraph/kit/hub';
import { fulfils } from '@hubgraph/kit/identity';
import type { Verifier } from '@hubgraph/kit/identity/verify';
import { newId } from '@hubgraph/kit/ids';
import { isOutage } from '@hubgraph/kit/outage';
import { requestIdOf, traceparentOf } from '@hubgraph/kit/request-id';
import type { Logger } from 'pino';
import type { FinanceChanges } from '../commands/common.ts';
import { importCosts } from '../commands/import.ts';
import { importTokens } from '../commands/import-tokens.ts';
import { IMPORT_PATH, type Bytes } from '../import/entry.ts';
import { createPlaces, type Places } from './places.ts';
import { HttpProblem, requestOf, type ImportAsk } from './request.ts';

/** What taking files in over HTTP needs. */
export interface ImportHttpOptions {
  readonly changes: FinanceChanges;
  /** Undefined: nobody's token is believed, so nobody gets in. */
  readonly verifier?: Verifier;
  readonly log: Logger;
  /** In milliseconds: how long nothing may come; 60 s when left out. The whole file may take as long as it needs. */
  readonly stall?: number;
}

const STALL = 60_000;
/** Files that are read at once, each with a thread and some 80 MB; more wait, so that the memory of the hub is bounded. */
const AT_ONCE = 3;

interface Answer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Files of costs and token usage over HTTP: `POST /finance/imports?source=&format=&file=&dryRun=`, the file as the body, with a
 * bearer token of the scope `finance:write`. The file is imported while it comes, so its size does not matter. The answer is the
 * report in JSON: 200, or 422 when the file broke on the way. The log has counts, never a row.
 */
export function importHttp(options: ImportHttpOptions): HubHttp {
  const places = createPlaces(AT_ONCE);
  return {
    prefixes: [IMPORT_PATH],
    async handle(request, response) {
      const requestId = requestIdOf(request.headers['x-request-id']);
      let answer: Answer;
      try {
        answer = await answerTo(options, places, request);
      } catch (error) {
        answer = problem(options.log, error, requestId);
      }
      options.log.info({ requestId, path: IMPORT_PATH, status: answer.status }, 'file taken in');
      send(request, response, answer, requestId);
    },
  };
}

async function answerTo(options: ImportHttpOptions, places: Places, request: IncomingMessage): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'http://hub');
  if (url.pathname !== IMPORT_PATH) throw new HttpProblem(404, 'NOT_FOUND', 'There is nothing here.');
  if (request.method !== 'POST') throw new HttpProblem(405, 'METHOD_NOT_ALLOWED', 'Send files by POST.', { allow: 'POST' });
  const caller = await callerOf(options, request);
  const ask = requestOf(url.searchParams, request.headers);
  const digest = createHash('sha256');
  const report = await places.take(async () => {
    if (request.destroyed) throw new HttpProblem(400, 'BODY_CUT', 'The sender went away.');
    const bytes = bodyOf(request, options.stall ?? STALL, (chunk) => void digest.update(chunk));
    return take(options, caller, ask, bytes, () => digest.digest('hex'));
  });
  return { status: report.broken === null ? 200 : 422, body: report };
}

function take({ changes }: ImportHttpOptions, caller: Caller, ask: ImportAsk, bytes: Bytes, sha256: () => string) {
  return ask.kind === 'costs' ? importCosts(changes, caller, ask, bytes, sha256) : importTokens(changes, caller, ask, bytes, sha256);
}

async function callerOf({ verifier }: ImportHttpOptions, request: IncomingMessage): Promise<Caller> {
  const { authorization, traceparent } = request.headers;
  const unauthenticated = new HttpProblem(401, 'UNAUTHENTICATED', 'The bearer token is missing or not valid.', { 'www-authenticate': 'Bearer' });
  if (verifier === undefined || authorization === undefined) throw unauthenticated;
  const identity = await verifier.verify(authorization).catch((error: unknown) => {
    throw error instanceof PublicError ? unauthenticated : error;
  });
  if (!fulfils(identity, [['finance:write']])) throw new HttpProblem(403, 'FORBIDDEN', 'This needs the scope finance:write.', { 'www-authenticate': 'Bearer error="insufficient_scope", scope="finance:write"' });
  return { identity, traceparent: traceparentOf(traceparent) };
}

/** The body as it comes. Nothing for too long, or an end before the end, is a problem; reading no further holds the sender back. */
async function* bodyOf(request: IncomingMessage, stall: number, seen: (chunk: Uint8Array) => void): AsyncGenerator<Uint8Array> {
  let late = false;
  const clock = setTimeout(() => {
    late = true;
    request.emit('error', new Error('nothing came for too long'));
  }, stall);
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      seen(chunk);
      // the time that the import takes for what it got is not the sender's
      clearTimeout(clock);
      yield chunk;
      clock.refresh();
    }
  } catch (error) {
    if (late) throw new HttpProblem(408, 'TOO_SLOW', `Nothing came for ${Math.round(stall / 1000)} s. What came before is imported; send the file again.`);
    if (error instanceof HttpProblem) throw error;
    throw new HttpProblem(400, 'BODY_CUT', 'The body ended before its end. What came before is imported; send the file again.');
  } finally {
    clearTimeout(clock);
  }
}

function problem(log: Logger, error: unknown, requestId: string): Answer {
  if (error instanceof HttpProblem) return { status: error.status, body: { code: error.code, message: error.message, ...(error.problems && { problems: error.problems }) }, headers: error.headers };
  if (isOutage(error)) {
    log.warn({ requestId, path: IMPORT_PATH }, 'the database could not answer');
    return { status: 503, body: { code: 'HUB_UNAVAILABLE', message: 'The hub cannot answer now; send the file again, what is imported stays.' }, headers: { 'retry-after': '5' } };
  }
  const id = newId();
  // a driver's message may quote rows: the name and the place are enough to find it
  const { name, stack } = error instanceof Error ? error : new Error('thrown');
  log.error({ id, requestId, path: IMPORT_PATH, error: name, at: stack?.split('\n').filter((line) => /^\s+at /.test(line)).slice(0, 6) }, 'masked error');
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
