// The thread that reads one file: bytes come in, packets go out. Started by reading.ts alone.
import { parentPort, workerData } from 'node:worker_threads';
import { BrokenFile } from './entry.ts';
import { readCharges } from './formats.ts';
import { Packer } from './packet.ts';
import { AHEAD, type FromThread, type ReadRequest, type ToThread } from './reading.ts';
import { Signal } from './signal.ts';

const port = parentPort!;
const chunks: Uint8Array[] = [];
let ended = false;
let room = AHEAD;
// the parser reads ahead: it may wait for bytes while a packet waits for room
const signal = new Signal();
const tell = (message: FromThread) => port.postMessage(message);

port.on('message', (message: ToThread) => {
  if (message.kind === 'bytes') chunks.push(message.bytes);
  else if (message.kind === 'end') ended = true;
  else room++;
  signal.wake();
});

async function* bytes(): AsyncGenerator<Uint8Array> {
  for (;;) {
    const chunk = chunks.shift();
    if (chunk !== undefined) {
      tell({ kind: 'taken', bytes: chunk.length });
      yield chunk;
    } else if (ended) return;
    else await signal.wait();
  }
}

const packer = new Packer();
const hand = async (): Promise<void> => {
  while (room === 0) await signal.wait();
  room--;
  tell({ kind: 'packet', packet: packer.take() });
};
const { format, mapping, currency } = workerData as ReadRequest;
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
