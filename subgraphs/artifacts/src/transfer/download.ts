import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { posix } from 'node:path';
import type { Sql } from '@hubgraph/kit/sql';
import contentDisposition from 'content-disposition';
import type { Logger } from 'pino';
import parseRange from 'range-parser';
import { RESERVED_FOLDER } from '../content/path.ts';
import { keyOf, StorageError, type ByteRange, type StorageBackend } from '../storage/backend.ts';
import { files, packages } from '../store/index.ts';
import type { TransferFile } from '../store/file.ts';
import { TransferProblem } from './problem.ts';

/** What downloads need. */
export interface DownloadDeps {
  readonly sql: Sql;
  readonly backends: readonly StorageBackend[];
  readonly log: Logger;
}

/** Where a package's manifest lies among its files. */
export const MANIFEST_PATH = `${RESERVED_FOLDER}/manifest.cbor`;

/** Somebody else's bytes, served from our origin: nothing of them may run, be guessed at or be shown within other sites. */
const GUARD = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'private, no-cache',
};

/** What is served. */
interface Served {
  readonly name: string;
  readonly mediaType: string;
  readonly size: number;
  /** `blake3:<hex>` */
  readonly digest: string;
  open(range: ByteRange | undefined): Promise<Readable>;
}

/** Answers with one file. @throws TransferProblem `NOT_FOUND` unless it is complete and its package not deleted */
export async function answerFile(deps: DownloadDeps, id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  await serve(fileOf(deps, await files.forTransfer(deps.sql, id)), request, response);
}

/** Answers with the file at a path of a package, or with its manifest, which stays when the package is deleted. */
export async function answerPath(deps: DownloadDeps, packageId: string, path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  await serve(path === MANIFEST_PATH ? await manifestOf(deps.sql, packageId) : fileOf(deps, await files.atPath(deps.sql, packageId, path)), request, response);
}

const notFound = (what: string) => new TransferProblem('NOT_FOUND', `There is no such ${what}, or no longer.`);

function fileOf(deps: DownloadDeps, file: TransferFile | null): Served {
  if (file === null || file.status !== 'COMPLETE' || file.packageStatus === 'DELETED') throw notFound('file');
  return { name: posix.basename(file.path), mediaType: file.mediaType, size: Number(file.size), digest: file.blake3!, open: (range) => openStored(deps, file, range) };
}

async function manifestOf(sql: Sql, packageId: string): Promise<Served> {
  const [bytes, found] = await Promise.all([packages.manifest(sql, packageId), packages.byIds(sql, [packageId])]);
  const digest = found.get(packageId)?.manifestDigest;
  if (bytes === null || digest == null) throw notFound('manifest');
  return { name: posix.basename(MANIFEST_PATH), mediaType: 'application/cbor', size: bytes.length, digest, open: async (range) => Readable.from([range === undefined ? bytes : bytes.subarray(range.start, range.end + 1)], { objectMode: false }) };
}

/** The bytes from the first backend that has them; those that are known to have them come first, those that have them damaged never. */
async function openStored({ backends, log }: DownloadDeps, file: TransferFile, range: ByteRange | undefined): Promise<Readable> {
  const key = keyOf(file.blake3!);
  const order = backends.filter(({ name }) => !file.damagedIn.includes(name)).toSorted((a, b) => Number(file.storedIn.includes(b.name)) - Number(file.storedIn.includes(a.name)));
  if (order.length === 0) throw new TransferProblem('DAMAGED', 'The stored bytes of this file are damaged or lost, and there is no other copy; its operators know.');
  let failure: unknown;
  for (const backend of order) {
    try {
      return await backend.read(key, range);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      log.warn({ file: file.id, blake3: file.blake3, backend: backend.name, reason: error.message }, 'stored bytes cannot be read');
      failure = error;
    }
  }
  throw new TransferProblem('STORAGE_UNAVAILABLE', 'The storage cannot give these bytes now.', { 'retry-after': '5' }, { cause: failure });
}

async function serve(served: Served, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { size } = served;
  const etag = `"${served.digest}"`;
  const basics = { ...GUARD, etag, 'accept-ranges': 'bytes' };
  if (names(request.headers['if-none-match'], etag)) return void response.writeHead(304, basics).end();
  const range = rangeOf(request, size, etag);
  if (range === 'unsatisfiable') throw new TransferProblem('RANGE', `The file has ${size} bytes.`, { ...basics, 'content-range': `bytes */${size}` });
  const headers = {
    ...basics,
    'content-type': served.mediaType,
    'content-disposition': contentDisposition(served.name),
    'content-length': range === undefined ? size : range.end - range.start + 1,
    ...(range === undefined ? {} : { 'content-range': `bytes ${range.start}-${range.end}/${size}` }),
  };
  const status = range === undefined ? 200 : 206;
  if (request.method === 'HEAD' || size === 0) return void response.writeHead(status, headers).end();
  const bytes = await served.open(range);
  // the client may have gone while the storage was asked
  if (response.destroyed) return void bytes.destroy();
  response.writeHead(status, headers);
  await pipeline(bytes, response);
}

/** Whether a list of entity tags has this one, compared weakly, as RFC 9110 wants it for If-None-Match. */
function names(header: string | undefined, etag: string): boolean {
  return header?.split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim())) ?? false;
}

/** One part of the file; of several parts, the whole is answered, which RFC 9110 allows and spares clients and us multipart bodies. */
function rangeOf(request: IncomingMessage, size: number, etag: string): ByteRange | 'unsatisfiable' | undefined {
  const { range, 'if-range': condition } = request.headers;
  if (range === undefined || (condition !== undefined && condition !== etag)) return undefined;
  // of a file that is shorter than the end asked for, the end is all of it (RFC 9110, 14.1.2); the library takes it for an error
  const asked = range.replace(/([=,]\s*)-(\d+)/g, (suffix, before: string, length: string) => (Number(length) > size ? `${before}0-` : suffix));
  const parsed = parseRange(size, asked, { combine: true });
  if (parsed === -1) return 'unsatisfiable';
  if (parsed === -2 || parsed.type !== 'bytes') return undefined;
  const [only] = parsed;
  return parsed.length === 1 && only !== undefined ? { start: only.start, end: only.end } : undefined;
}
