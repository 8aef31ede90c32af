import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Sql } from '@hubgraph/kit/sql';
import { hashStream } from '../content/digest.ts';
import type { BlobFacts } from '../storage/backend.ts';
import { files } from '../store/index.ts';
import type { TransferFile } from '../store/file.ts';
import { bytesOf } from './body.ts';
import { TransferProblem } from './problem.ts';
import { gathered, SMALL, type Sent, type Uploads } from './uploads.ts';

/** Version of tus that is spoken, its core without extensions: uploads are announced in the graph and end by their last byte. */
const TUS = '1.0.0';
const OFFSET_TYPE = 'application/offset+octet-stream';

/** Headers of every answer about an upload. */
const ALWAYS = { 'tus-resumable': TUS, 'cache-control': 'no-store' };

/**
 * Answers a request for the upload of one file: HEAD and PATCH as tus 1.0 has them, PUT for a whole file.
 *
 * @throws TransferProblem and what storage and database throw, before anything is answered
 */
export async function answerUpload({ sql, uploads, idle }: { readonly sql: Sql; readonly uploads: Uploads; readonly idle: number | undefined }, id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const sent = (at: number | null): Sent => ({ at, length: lengthOf(request), bytes: (most) => bytesOf(request, most, idle), abort: () => void request.destroy() });
  switch (request.method) {
    case 'HEAD': {
      const file = await known(sql, id);
      const { offset } = await uploads.standing(file);
      response.writeHead(200, { ...ALWAYS, 'upload-offset': String(offset), 'upload-length': String(file.size) }).end();
      return;
    }
    case 'PATCH': {
      if (request.headers['tus-resumable'] !== TUS) throw new TransferProblem('TUS_VERSION', `Send the header Tus-Resumable: ${TUS}.`, { 'tus-version': TUS });
      if (request.headers['content-type'] !== OFFSET_TYPE) throw new TransferProblem('MEDIA_TYPE', `The body of a PATCH is ${OFFSET_TYPE}.`, { 'accept-patch': OFFSET_TYPE });
      const at = String(request.headers['upload-offset'] ?? '');
      if (!/^\d{1,15}$/.test(at)) throw new TransferProblem('BAD_REQUEST', 'Upload-Offset says in bytes where the body begins.');
      const offset = await patched(uploads, id, sent(Number(at)));
      response.writeHead(204, { ...ALWAYS, 'upload-offset': String(offset) }).end();
      return;
    }
    case 'PUT': {
      if (request.headers['content-encoding'] !== undefined && request.headers['content-encoding'] !== 'identity') throw new TransferProblem('MEDIA_TYPE', 'Send the bytes as they are, without Content-Encoding.');
      const done = await put(sql, uploads, id, await inMemory(sent(null)));
      const body = JSON.stringify({ id, path: done.path, status: 'COMPLETE', size: done.size, sha256: done.sha256, blake3: done.blake3 });
      response.writeHead(200, { ...ALWAYS, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
      return;
    }
    default:
      throw new TransferProblem('METHOD_NOT_ALLOWED', 'An upload knows HEAD, PATCH and PUT.', { allow: 'HEAD, OPTIONS, PATCH, PUT' });
  }
}

/** A small body is read at once: all that is done with a small file needs the whole of it, and it may be needed twice. */
async function inMemory(sent: Sent): Promise<Sent> {
  const { length } = sent;
  if (length === null || length > SMALL) return sent;
  const content = await gathered(sent.bytes(length));
  return {
    ...sent, content,
    async *bytes(most) {
      if (content.length > most) throw new TransferProblem('TOO_LARGE', 'More bytes came than the file has left.');
      if (content.length > 0) yield content;
    },
  };
}

/** The same PATCH once more, after its answer was lost, is not wrong when nothing is left to send. */
async function patched(uploads: Uploads, id: string, sent: Sent): Promise<number> {
  try {
    return (await uploads.write(id, sent)).offset;
  } catch (error) {
    const whole = error instanceof TransferProblem && error.code === 'ALREADY_COMPLETE' && error.headers['upload-offset'] === String(sent.at);
    if (whole && sent.length === 0) return sent.at!;
    throw error;
  }
}

/** The same PUT once more, after its answer was lost, is compared with what is stored. */
async function put(sql: Sql, uploads: Uploads, id: string, sent: Sent): Promise<BlobFacts & { readonly path: string }> {
  try {
    const { done, path } = await uploads.write(id, sent);
    return { path, ...done! };
  } catch (error) {
    if (!(error instanceof TransferProblem) || error.code !== 'ALREADY_COMPLETE') throw error;
    const file = await known(sql, id);
    const size = Number(file.size);
    const same = (sent.length === null || sent.length === size) && (await hashStream(sent.bytes(size))).blake3 === file.blake3;
    if (!same) throw error;
    return { path: file.path, size, sha256: file.sha256!, blake3: file.blake3! };
  }
}

async function known(sql: Sql, id: string): Promise<TransferFile> {
  const file = await files.forTransfer(sql, id);
  if (file === null || file.packageStatus === 'DELETED') throw new TransferProblem('NOT_FOUND', 'There is no such file, or no longer.');
  return file;
}

/** Null when the client does not say. */
function lengthOf(request: IncomingMessage): number | null {
  const text = request.headers['content-length'];
  if (text !== undefined) return Number(text);
  return request.headers['transfer-encoding'] === undefined ? 0 : null;
}
