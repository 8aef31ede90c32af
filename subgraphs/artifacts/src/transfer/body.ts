import type { IncomingMessage } from 'node:http';
import { TransferProblem } from './problem.ts';

/** In milliseconds: a client that sends nothing for so long is cut off; what arrived stays. */
export const IDLE = 60_000;

/**
 * The body of a request, read only as fast as it is wanted. The request is not destroyed when the reader stops early, so that
 * it can still be answered.
 *
 * @throws TransferProblem `TOO_LARGE` when there are more bytes than `most`; what Node throws when the client goes
 */
export async function* bytesOf(request: IncomingMessage, most: number, idle = IDLE): AsyncGenerator<Uint8Array> {
  let count = 0;
  let asked = true;
  // only while a chunk is waited for: the storage may take its time
  const timer = setTimeout(() => {
    if (asked) request.destroy(new Error(`nothing arrived for ${idle} ms`));
  }, idle);
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      asked = false;
      count += chunk.length;
      if (count > most) throw new TransferProblem('TOO_LARGE', 'More bytes came than the file has left.');
      yield chunk;
      asked = true;
      timer.refresh();
    }
  } finally {
    clearTimeout(timer);
  }
}

/** In milliseconds and bytes: what is still read of a body that nobody wants. */
const LINGER = 1_000;
const MOST_DRAINED = 1_048_576;

/**
 * Reads on for a moment, so that a client that is still sending gets to read the answer before the connection is cut; cutting
 * at once makes many clients see a lost connection instead of the answer.
 */
export async function drain(request: IncomingMessage): Promise<void> {
  const timer = setTimeout(() => request.destroy(), LINGER);
  let count = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) if ((count += chunk.length) > MOST_DRAINED) return;
  } catch {
    // it went by itself
  } finally {
    clearTimeout(timer);
  }
}
