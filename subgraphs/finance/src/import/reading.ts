// Reads a file on a thread of its own: while one packet is written, the next is read on another processor, and the hub goes on answering.
import { Worker } from 'node:worker_threads';
import type { Bytes } from './entry.ts';
import type { CostFormat } from './entry.ts';
import type { FormatOptions } from './formats.ts';
import type { Packet, Refusal } from './packet.ts';
import { Signal } from './signal.ts';

/** What is read, and as what. */
export interface ReadRequest extends FormatOptions {
  readonly format: CostFormat;
}

export type ToThread = { readonly kind: 'bytes'; readonly bytes: Uint8Array } | { readonly kind: 'end' } | { readonly kind: 'room' };
export type FromThread = { readonly kind: 'taken'; readonly bytes: number } | { readonly kind: 'packet'; readonly packet: Packet } | { readonly kind: 'end'; readonly broken: Refusal | null };

/** Packets that the thread may be ahead of who writes them. */
export const AHEAD = 1;
/** Bytes that may wait for the thread: the sender is held back beyond. */
const MOST_BYTES = 1024 * 1024;
/** In MB. What one packet and a record take at most is far below; a file that needs more fails alone, and not the hub. */
const LIMITS = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 192 };

/**
 * The packets of a file, in its order; the value that the generator returns says where it broke, null when all was read. What
 * is in memory at once is bounded, but for 12 bytes for each row.
 *
 * @throws whatever reading `bytes` throws
 */
export async function* readPackets(request: ReadRequest, bytes: Bytes): AsyncGenerator<Packet, Refusal | null> {
  const { format, mapping, currency } = request;
  const worker = new Worker(new URL('thread.ts', import.meta.url), { workerData: { format, mapping, currency } satisfies ReadRequest, resourceLimits: LIMITS });
  const send = (message: ToThread, transfer: ArrayBuffer[] = []) => worker.postMessage(message, transfer);
  const packets: Packet[] = [];
  let waiting = 0;
  let ended: { readonly broken: Refusal | null } | undefined;
  let failed: { readonly error: unknown } | undefined;
  let stopped = false;
  const signal = new Signal();
  const fail = (error: unknown) => {
    failed ??= { error };
    signal.wake();
  };
  worker.on('message', (message: FromThread) => {
    if (message.kind === 'taken') waiting -= message.bytes;
    else if (message.kind === 'packet') packets.push(message.packet);
    else ended = message;
    signal.wake();
  });
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('The thread that reads the file ended before the file.')));

  const feed = async () => {
    for await (const chunk of bytes) {
      while (waiting > MOST_BYTES && !stopped && ended === undefined) await signal.wait();
      if (stopped || ended !== undefined) return;
      waiting += chunk.length;
      // a copy of its own: the chunk may be a part of memory that others use
      const copy = Uint8Array.from(chunk);
      send({ kind: 'bytes', bytes: copy }, [copy.buffer]);
    }
    send({ kind: 'end' });
  };
  feed().catch(fail);
  try {
    for (;;) {
      const packet = packets.shift();
      if (packet !== undefined) {
        send({ kind: 'room' });
        yield packet;
      } else if (ended !== undefined) return ended.broken;
      else if (failed !== undefined) throw failed.error;
      else await signal.wait();
    }
  } finally {
    stopped = true;
    signal.wake();
    await worker.terminate();
  }
}
