// Reads a file on a thread of its own: while one packet is written, the next is read on another processor, and the hub goes on answering.
import { Worker } from 'node:worker_threads';
import type { Bytes, CostFormat } from './entry.ts';
import type { FormatOptions } from './formats.ts';
import type { Origin, Packet, Refusal } from './packet.ts';
import { Signal } from './signal.ts';

/** What is read, and as what. */
export interface ReadRequest extends FormatOptions {
  readonly format: CostFormat;
  readonly origin: Origin;
}

export interface ThreadData extends ReadRequest {
  /** Where bytes wait for the thread. */
  readonly shared: SharedArrayBuffer;
}
/** `room`: a packet was written, and its memory may be used again. */
export type ToThread = { readonly kind: 'bytes'; readonly start: number; readonly end: number } | { readonly kind: 'end' } | { readonly kind: 'room'; readonly memory: ArrayBuffer };
export type FromThread = { readonly kind: 'taken'; readonly start: number } | { readonly kind: 'packet'; readonly packet: Packet } | { readonly kind: 'end'; readonly broken: Refusal | null };

/** Packets that may be written or wait for it, besides the one that the thread fills. */
export const AHEAD = 2;
/** Bytes wait in pieces of fixed places, so that a file of any size is handed on without taking memory; the sender is held back when all are taken. */
const PIECE = 64 * 1024;
const PIECES = 16;
/** In MB. What one packet and a record take at most is far below; a file that needs more fails alone, and not the hub. */
const LIMITS = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 192 };

/**
 * The packets of a file, in its order; each is the caller's until the next is asked for. The value that the generator returns
 * says where the file broke, null when all was read. What is in memory at once is bounded, but for 12 bytes for each row.
 *
 * @throws whatever reading `bytes` throws
 */
export async function* readPackets(request: ReadRequest, bytes: Bytes): AsyncGenerator<Packet, Refusal | null> {
  const shared = new SharedArrayBuffer(PIECE * PIECES);
  const worker = new Worker(new URL('thread.ts', import.meta.url), { workerData: { ...request, shared } satisfies ThreadData, resourceLimits: LIMITS });
  const send = (message: ToThread, transfer: ArrayBuffer[] = []) => worker.postMessage(message, transfer);
  const packets: Packet[] = [];
  const free = Array.from({ length: PIECES }, (_, place) => place * PIECE);
  const signal = new Signal();
  let ended: { readonly broken: Refusal | null } | undefined;
  let failed: { readonly error: unknown } | undefined;
  let stopped = false;
  const fail = (error: unknown) => {
    failed ??= { error };
    signal.wake();
  };
  worker.on('message', (message: FromThread) => {
    if (message.kind === 'taken') free.push(message.start);
    else if (message.kind === 'packet') packets.push(message.packet);
    else ended = message;
    signal.wake();
  });
  worker.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') ended ??= { broken: { line: 0, reason: 'The file needs more memory than an import may take; divide it.' } };
    fail(error);
  });
  worker.on('exit', () => fail(new Error('The thread that reads the file ended before the file.')));

  const feed = async () => {
    for await (const chunk of bytes) {
      for (let at = 0; at < chunk.length; at += PIECE) {
        while (free.length === 0 && !stopped && ended === undefined) await signal.wait();
        if (stopped || ended !== undefined) return;
        const start = free.pop()!;
        const piece = chunk.subarray(at, at + PIECE);
        new Uint8Array(shared, start).set(piece);
        send({ kind: 'bytes', start, end: start + piece.length });
      }
    }
    send({ kind: 'end' });
  };
  feed().catch(fail);
  try {
    for (;;) {
      const packet = packets.shift();
      if (packet !== undefined) {
        yield packet;
        send({ kind: 'room', memory: packet.lines.buffer }, [packet.lines.buffer]);
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
