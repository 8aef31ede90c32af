import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Caller } from '@hubgraph/kit/change';
import { bearerCaller, HttpProblem, problemAnswer, sendAnswer, type HttpAnswer } from '@hubgraph/kit/door-http';
import type { HubHttp } from '@hubgraph/kit/hub';
import type { Verifier } from '@hubgraph/kit/identity/verify';
import { requestIdOf } from '@hubgraph/kit/request-id';
import type { Logger } from 'pino';
import type { FinanceChanges } from '../commands/common.ts';
import { importCosts } from '../commands/import.ts';
import { importTokens } from '../commands/import-tokens.ts';
import { IMPORT_PATH, type Bytes } from '../import/entry.ts';
import { createPlaces, type Places } from './places.ts';
import { requestOf, type ImportAsk } from './request.ts';

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
      let answer: HttpAnswer;
      try {
        answer = await answerTo(options, places, request);
      } catch (error) {
        answer = problemAnswer(error, { log: options.log, requestId, path: IMPORT_PATH, whenOut: 'The hub cannot answer now; send the file again, what is imported stays.' });
      }
      options.log.info({ requestId, path: IMPORT_PATH, status: answer.status }, 'file taken in');
      sendAnswer(request, response, answer, requestId);
    },
  };
}

async function answerTo(options: ImportHttpOptions, places: Places, request: IncomingMessage): Promise<HttpAnswer> {
  const url = new URL(request.url ?? '/', 'http://hub');
  if (url.pathname !== IMPORT_PATH) throw new HttpProblem(404, 'NOT_FOUND', 'There is nothing here.');
  if (request.method !== 'POST') throw new HttpProblem(405, 'METHOD_NOT_ALLOWED', 'Send files by POST.', { allow: 'POST' });
  const caller = await bearerCaller(options.verifier, 'finance:write', request);
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
