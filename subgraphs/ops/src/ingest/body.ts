import type { IncomingMessage } from 'node:http';
import { HttpProblem } from '@hubgraph/kit/door-http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** How much and how long is read. */
export interface BodyLimits {
  /** In bytes, of the body as it comes and as it is unpacked. */
  readonly largest: number;
  /** In milliseconds, for the whole body. */
  readonly time: number;
}

const unpack = promisify(gunzip);

/**
 * Reads a body as text, no further than its limit and no longer than its time. `Content-Encoding` may be gzip.
 *
 * @throws HttpProblem 400 (cut off, not UTF-8, not gzip), 408, 413 or 415
 */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<string> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip') throw new HttpProblem(415, 'UNSUPPORTED_ENCODING', 'The body may be plain or gzip.');
  if (Number(request.headers['content-length'] ?? 0) > limits.largest) throw tooLarge(limits.largest);
  const packed = await gather(request, limits);
  const bytes = encoding === 'gzip' ? await unpacked(packed, limits.largest) : packed;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new HttpProblem(400, 'BAD_TEXT', 'The body is not UTF-8.');
  }
}

async function gather(request: IncomingMessage, { largest, time }: BodyLimits): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  let late = false;
  const clock = setTimeout(() => {
    late = true;
    // ends the loop below; the connection stays for the answer
    request.emit('error', new Error('the body took too long'));
  }, time);
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > largest) throw tooLarge(largest);
      chunks.push(chunk);
    }
  } catch (error) {
    if (late) throw new HttpProblem(408, 'TOO_SLOW', `The body did not come within ${Math.round(time / 1000)} s.`);
    throw error instanceof HttpProblem ? error : new HttpProblem(400, 'BODY_CUT', 'The body ended before its end.');
  } finally {
    clearTimeout(clock);
  }
  return Buffer.concat(chunks, size);
}

async function unpacked(packed: Buffer, largest: number): Promise<Buffer> {
  try {
    return await unpack(packed, { maxOutputLength: largest });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge(largest) : new HttpProblem(400, 'BAD_ENCODING', 'The body is not gzip.');
  }
}

function tooLarge(largest: number): HttpProblem {
  return new HttpProblem(413, 'TOO_LARGE', `A body has at most ${largest} bytes.`);
}
