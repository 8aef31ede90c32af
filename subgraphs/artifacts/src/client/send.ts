import { request, type Dispatcher } from 'undici';
import { DetailedError, Upload } from 'tus-js-client';
import { ArtifactsError, CONCURRENCY, byteDispatcher, inParallel, type Connection, type Progress } from './connection.ts';
import { assertUnchanged, openFound, type HashedFile } from './files.ts';
import { announceFiles, completeUpload, type AnnouncedFile } from './graph.ts';

/** Files of more bytes than this go in pieces that can be resumed, smaller ones in one request. */
const LARGE = 8 * 1024 * 1024;
/** Files that are announced at once; few enough that no URL grows old before its turn. */
const BATCH = 500;
/** In milliseconds: a URL that is good for less is asked for anew. */
const MARGIN = 60_000;
/** In milliseconds, between two tries of a large file without any progress. */
const PAUSES = [250, 1_000, 3_000, 5_000, 10_000, 15_000];

export interface SendOptions {
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** A try that the hub or the way to it refused. */
class SendError extends ArtifactsError {
  /** HTTP status; undefined when none came. */
  readonly status: number | undefined;
  constructor(message: string, status: number | undefined, options?: ErrorOptions) {
    super([message], options);
    this.status = status;
  }
}

/**
 * Announces files and sends what the hub does not have yet. Answers how many files went.
 *
 * @throws ArtifactsError when a file changed or the hub refuses one; what was sent stays, and the same again goes on from there
 */
export async function sendFiles(connection: Connection, packageId: string, files: readonly HashedFile[], { onProgress = () => undefined, signal }: SendOptions = {}): Promise<number> {
  const dispatcher = connection.dispatcher ?? byteDispatcher();
  const totalBytes = files.reduce((sum, { size }) => sum + size, 0);
  let [done, bytes, sent] = [0, 0, 0];
  const tell = () => onProgress({ phase: 'send', files: done, totalFiles: files.length, bytes, totalBytes });
  const batches = Array.from({ length: Math.ceil(files.length / BATCH) }, (_, index) => files.slice(index * BATCH, (index + 1) * BATCH));
  const announce = (batch: readonly HashedFile[] | undefined) => {
    const answer = batch === undefined ? Promise.resolve([]) : announceFiles(connection, packageId, batch);
    answer.catch(() => undefined); // looked at when its turn comes
    return answer;
  };
  let next = announce(batches[0]);
  for (const [index, batch] of batches.entries()) {
    const targets = new Map((await next).map((target) => [target.file.path, target]));
    next = announce(batches[index + 1]);
    await inParallel(batch, async (file) => {
      signal?.throwIfAborted();
      const target = targets.get(file.path);
      if (target === undefined) throw new ArtifactsError([`The hub did not answer where ${file.path} goes.`]);
      let counted = 0;
      if (target.url !== null) {
        await sendOne({ connection, dispatcher, packageId, file, signal, onBytes: (far) => {
          bytes += far - counted;
          counted = far;
          tell();
        } }, target);
        sent += 1;
      }
      bytes += file.size - counted;
      done += 1;
      tell();
    }, CONCURRENCY);
  }
  return sent;
}

interface Job {
  readonly connection: Connection;
  readonly dispatcher: Dispatcher;
  readonly packageId: string;
  readonly file: HashedFile;
  readonly signal: AbortSignal | undefined;
  /** Bytes of the file that went so far. */
  readonly onBytes: (far: number) => void;
}

/** Statuses after which a new URL may help: it grew old, or an answer was lost and the file is complete already. */
const WORTH_ASKING = new Set([401, 403, 404, 409, 410]);

async function sendOne(job: Job, target: AnnouncedFile): Promise<void> {
  const fresh = target.expiresAt !== null && Date.parse(target.expiresAt) - Date.now() < MARGIN ? await again(job) : target;
  if (fresh.url === null) return;
  try {
    await transmit(job, fresh);
  } catch (error) {
    if (!(error instanceof SendError) || error.status === undefined || !WORTH_ASKING.has(error.status)) throw error;
    const other = await again(job);
    if (other.url !== null) await transmit(job, other);
  }
}

async function again({ connection, packageId, file }: Job): Promise<AnnouncedFile> {
  const [target] = await announceFiles(connection, packageId, [file]);
  if (target === undefined) throw new ArtifactsError([`The hub did not answer where ${file.path} goes.`]);
  return target;
}

async function transmit(job: Job, target: AnnouncedFile): Promise<void> {
  const handle = await openFound(job.file);
  try {
    await (job.file.size > LARGE && !target.direct ? sendPieces : sendWhole)(job, target, handle).catch(async (error: unknown) => {
      await assertUnchanged(job.file, handle); // the better reason, if it is one
      throw error;
    });
    await assertUnchanged(job.file, handle);
    if (target.direct) await completeUpload(job.connection, target.file.id);
  } finally {
    await handle.close();
  }
}

type Handle = Awaited<ReturnType<typeof openFound>>;

async function sendWhole({ dispatcher, file, signal, onBytes }: Job, { url, headers }: AnnouncedFile, handle: Handle): Promise<void> {
  // what is in memory can be sent again by the dispatcher
  const body = file.size <= LARGE ? await contentOf(file, handle) : handle.createReadStream({ start: 0, end: file.size - 1, autoClose: false });
  const all = { 'content-type': 'application/octet-stream', 'content-length': String(file.size), ...Object.fromEntries(headers.map(({ name, value }) => [name.toLowerCase(), value])) };
  const answer = await request(url as string, { method: 'PUT', body, headers: all, dispatcher, signal }).catch((error: Error & { statusCode?: number }) => {
    if (signal?.aborted) throw error;
    throw new SendError(`${file.path} was not sent: ${error.message}.`, error.statusCode, { cause: error });
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw refused(file, answer.statusCode, text);
  onBytes(file.size);
}

async function contentOf(file: HashedFile, handle: Handle): Promise<Buffer> {
  const content = Buffer.allocUnsafe(file.size);
  for (let at = 0; at < file.size; ) {
    const { bytesRead } = await handle.read(content, at, file.size - at, at);
    if (bytesRead === 0) throw new ArtifactsError([`${file.path} became shorter while it was being read.`]);
    at += bytesRead;
  }
  return content;
}

/** By the tus protocol: asks what the hub has, goes on from there, and does so again after an interruption. */
function sendPieces({ file, signal, onBytes }: Job, { url }: AnnouncedFile, handle: Handle): Promise<void> {
  return new Promise((resolve, reject) => {
    const source = {
      size: file.size,
      slice: (start: number, end: number) => {
        const to = Math.min(end, file.size);
        const stream = handle.createReadStream({ start, end: to - 1, autoClose: false, highWaterMark: 256 * 1024 });
        return Promise.resolve({ value: Object.assign(stream, { size: to - start }), done: to >= file.size });
      },
      close: () => undefined,
    };
    const upload = new Upload(Buffer.alloc(0), {
      uploadUrl: url,
      uploadSize: file.size,
      retryDelays: PAUSES,
      storeFingerprintForResuming: false,
      fileReader: { openFile: () => Promise.resolve(source) },
      onProgress: (far) => onBytes(far),
      onShouldRetry: (error) => {
        const status = error.originalResponse?.getStatus() ?? 0;
        return status === 0 || (status === 409 && error.originalResponse?.getBody().includes('WRONG_OFFSET') === true) || status === 423 || status === 429 || (status >= 500 && status !== 507);
      },
      onSuccess: () => resolve(),
      onError: (error) => {
        const response = error instanceof DetailedError ? error.originalResponse : null;
        reject(response ? refused(file, response.getStatus(), response.getBody()) : new SendError(`${file.path} was not sent: ${error.message.split(', originated')[0]}.`, undefined, { cause: error }));
      },
    });
    signal?.addEventListener('abort', () => void upload.abort().then(() => reject(signal.reason as Error)), { once: true });
    upload.start();
  });
}

function refused(file: HashedFile, status: number, body: string): SendError {
  let reason = body.slice(0, 300);
  try {
    reason = (JSON.parse(body) as { message?: string }).message ?? reason;
  } catch {
    // not of the hub's form: what stands there is told as it is
  }
  return new SendError(`${file.path} was refused (${status}): ${reason.trim() || 'no reason was given'}`, status);
}
