// The thread that reads one file: bytes come in, packets go out. Started by reading.ts alone.
import { parentPort, workerData } from 'node:worker_threads';
import { BrokenFile } from './entry.ts';
import { readCharges } from './formats.ts';
import { Packer } from './packet.ts';
import { AHEAD, type FromThread, type ThreadData, type ToThread } from './reading.ts';
import { Signal } from './signal.ts';

const port = parentPort!;
const { format, mapping, currency, origin, shared } = workerData as ThreadData;
const pieces: { readonly start: number; readonly end: number }[] = [];
const free: ArrayBuffer[] = [];
let ended = false;
let room = AHEAD;
// the parser reads ahead: it may wait for bytes while a packet waits for room
const signal = new Signal();
const tell = (message: FromThread, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

port.on('message', (message: ToThread) => {
  if (message.kind === 'bytes') pieces.push(message);
  else if (message.kind === 'end') ended = true;
  else {
    room++;
    free.push(message.memory);
  }
  signal.wake();
});

async function* bytes(): AsyncGenerator<Uint8Array> {
  for (;;) {
    const piece = pieces.shift();
    if (piece !== undefined) {
      yield new Uint8Array(shared, piece.start, piece.end - piece.start);
      tell({ kind: 'taken', start: piece.start });
    } else if (ended) return;
    else await signal.wait();
  }
}

const packer = new Packer(origin);
const hand = async (): Promise<void> => {
  while (room === 0) await signal.wait();
  room--;
  const packet = packer.take(free.pop());
  tell({ kind: 'packet', packet }, [packet.lines.buffer, packet.ends.buffer, packet.heads.buffer, packet.numbers.buffer, packet.kindOf.buffer]);
};
let broken: { line: number; reason: string } | null = null;
try {
  for await (const entries of readCharges(format, bytes(), { mapping, currency })) {
    for (const entry of entries) {
      packer.add(entry);
      if (packer.full) await hand();
    }
  }
} catch (error) {
  if (!(error instanceof BrokenFile)) throw error;
  broken = { line: error.line, reason: error.message };
}
await hand();
tell({ kind: 'end', broken });
port.close();
