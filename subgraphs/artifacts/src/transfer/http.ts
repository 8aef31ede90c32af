import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@hubgraph/kit/clock';
import type { HubHttp } from '@hubgraph/kit/hub';
import { newId } from '@hubgraph/kit/ids';
import type { Sql } from '@hubgraph/kit/sql';
import type { Logger } from 'pino';
import type { StorageBackend } from '../storage/backend.ts';
import { drain } from './body.ts';
import { answerFile, answerPath } from './download.ts';
import { problemOf, problems, TransferProblem } from './problem.ts';
import type { SignedUrls } from './signed-url.ts';
import { answerUpload } from './upload-http.ts';
import { createUploads } from './uploads.ts';

/** What the door for bytes needs. */
export interface TransferDeps {
  readonly sql: Sql;
  /** The first takes uploads. */
  readonly backends: readonly StorageBackend[];
  readonly urls: SignedUrls;
  readonly clock: Clock;
  readonly log: Logger;
  /** In milliseconds: a client that sends nothing for so long is cut off; 60,000 when not given. */
  readonly idle?: number;
}

const PREFIX = '/artifacts/';
/** `/artifacts/<kind>/<token>`, and behind it a path in a package. */
const ROUTE = /^\/artifacts\/(uploads|files|packages)\/([^/]+)(?:\/(.*))?$/;

/** Signed URLs are the only right that counts, so any site's script may use one that its user gave it; cookies are never looked at. */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag, Retry-After, Tus-Resumable, Tus-Version, Upload-Length, Upload-Offset',
};
const PREFLIGHT = {
  'access-control-allow-methods': 'GET, HEAD, OPTIONS, PATCH, PUT',
  'access-control-allow-headers': 'Content-Type, If-None-Match, If-Range, Range, Tus-Resumable, Upload-Length, Upload-Offset, X-Request-ID, X-Requested-With',
  'access-control-max-age': '86400',
  'tus-resumable': '1.0.0',
  'tus-version': '1.0.0',
};

/** Serves uploads and downloads by signed URLs; whether one is still good is asked when the request begins. */
export function transferHttp({ sql, backends, urls, clock, log, idle }: TransferDeps): HubHttp {
  const [backend] = backends;
  if (backend === undefined) throw new Error('there is no storage');
  const uploads = createUploads({ sql, backend, now: () => clock.now() });
  const downloads = { sql, backends, log };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = ''] = (request.url ?? '').split('?');
    const [, kind, token = '', rest] = ROUTE.exec(path) ?? [];
    if (kind === 'uploads' && rest === undefined) return answerUpload({ sql, uploads, idle }, (await urls.verify('upload', token)).file, request, response);
    if (kind !== undefined && kind !== 'uploads' && request.method !== 'GET' && request.method !== 'HEAD') throw new TransferProblem('METHOD_NOT_ALLOWED', 'A download knows GET and HEAD.', { allow: 'GET, HEAD, OPTIONS' });
    if (kind === 'files' && rest === undefined) return answerFile(downloads, (await urls.verify('download', token)).file, request, response);
    if (kind === 'packages' && rest !== undefined) return answerPath(downloads, (await urls.verify('read-package', token)).package, decoded(rest), request, response);
    throw new TransferProblem('NOT_FOUND', 'There is nothing here.');
  }

  /** Says what is wrong; when an answer has begun, the connection is cut, because there is no other way left to say so. */
  async function refuse(error: unknown, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = response.destroyed || response.headersSent || request.errored !== null;
    const problem = problemOf(error);
    const id = newId();
    // a client that goes is no fault
    if (problem === null && !request.errored && !response.destroyed) log.error({ err: error, errorId: id, method: request.method }, 'a transfer failed');
    else if (problem !== null && problems[problem.code] >= 500) log.warn({ reason: (problem.cause as Error | undefined)?.message ?? problem.message, code: problem.code, method: request.method }, 'a transfer was refused');
    if (gone) return void response.destroy();
    const code = problem?.code ?? 'INTERNAL';
    const body = JSON.stringify({ code, message: problem?.message ?? `Something went wrong here: report the id ${id}.` });
    response.writeHead(problems[code], {
      'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...problem?.headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...(request.complete ? {} : { connection: 'close' }),
    });
    if (request.method === 'HEAD') return void response.end();
    response.write(body);
    if (!request.complete) await drain(request);
    response.end();
  }

  return {
    prefixes: [PREFIX],
    async handle(request, response) {
      response.on('error', () => undefined);
      for (const [name, value] of Object.entries(CORS)) response.setHeader(name, value);
      try {
        if (request.method === 'OPTIONS') response.writeHead(204, PREFLIGHT).end();
        else await answer(request, response);
      } catch (error) {
        await refuse(error, request, response).catch(() => response.destroy());
      }
    },
  };
}

/** A path out of a URL. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new TransferProblem('BAD_REQUEST', 'The path is not percent-encoded as it should be.');
  }
}
