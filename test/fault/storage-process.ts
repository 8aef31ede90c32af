// Stores uploads in a backend, one after the other, in a process that tests kill. Prints a line for each MiB and each upload.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '@hubgraph/kit/config';
import { silentLog } from '@hubgraph/kit/log';
import { config } from '../../subgraphs/artifacts/src/config.ts';
import { createHasher } from '../../subgraphs/artifacts/src/content/digest.ts';
import { keyOf, type BlobFacts, type StagedUpload, type StorageBackend } from '../../subgraphs/artifacts/src/storage/backend.ts';
import { openBackends } from '../../subgraphs/artifacts/src/storage/open.ts';

/** What it is told. */
export interface StorageOrder {
  readonly env: Readonly<Record<string, string>>;
  /** Folder of what a hub would keep in its database. */
  readonly states: string;
  /** Sizes of the uploads. */
  readonly sizes: readonly number[];
  /** File to be removed when the disk is full. */
  readonly filler?: string;
}

const CHUNK = 65_536;

/** The one backend of an order. */
export async function backendOf({ env }: StorageOrder): Promise<StorageBackend> {
  const [backend] = await openBackends(readConfig(config, env), { log: silentLog() });
  return backend!;
}

/** An upload of an order, with the state that whoever was killed left. */
export function uploadOf({ states, sizes }: StorageOrder, index: number): StagedUpload {
  const file = join(states, `${index}`);
  return { id: `upload-${index}`, size: sizes[index]!, state: existsSync(file) ? readFileSync(file, 'utf8') : null, save: async (state) => (state === null ? rmSync(file, { force: true }) : writeFileSync(file, state)) };
}

/** The bytes of an upload from `offset` on, which nobody needs to keep in order to know them. */
export function* bytesOf({ sizes }: StorageOrder, index: number, offset = 0): Generator<Uint8Array> {
  for (let at = offset - (offset % CHUNK); at < sizes[index]!; at += CHUNK) {
    const block = createHash('sha256').update(`${index} ${at}`).digest();
    const chunk = Buffer.alloc(Math.min(CHUNK, sizes[index]! - at), block);
    yield at < offset ? chunk.subarray(offset - at) : chunk;
  }
}

/** What the bytes of an upload are called. */
export function factsOf(order: StorageOrder, index: number): BlobFacts {
  const hasher = createHasher();
  for (const chunk of bytesOf(order, index)) hasher.update(chunk);
  return { ...hasher.digest(), size: order.sizes[index]! };
}

async function* spoken(order: StorageOrder, index: number, offset: number): AsyncGenerator<Uint8Array> {
  let said = offset;
  let at = offset;
  for (const chunk of bytesOf(order, index, offset)) {
    yield chunk;
    at += chunk.length;
    if (at - said < 1_048_576) continue;
    said = at;
    console.log(`at ${at}`);
  }
}

async function work(order: StorageOrder): Promise<void> {
  const backend = await backendOf(order);
  for (const index of order.sizes.keys()) {
    const add = async (): Promise<void> => {
      const offset = await backend.received(uploadOf(order, index));
      const upload = uploadOf(order, index);
      if (offset < upload.size) await backend.append(upload, offset, spoken(order, index, offset));
    };
    const blob = factsOf(order, index);
    // a hub would know from its table that it was committed
    if ((await backend.stat(keyOf(blob.blake3))) === null) {
      await add().catch(async (error: { kind?: string }) => {
        if (error.kind !== 'full' || order.filler === undefined) throw error;
        console.log(`full ${JSON.stringify({ received: await backend.received(uploadOf(order, index)), health: await backend.health() })}`);
        rmSync(order.filler);
        await add();
      });
    }
    console.log(`commit ${index}`);
    await backend.commit(uploadOf(order, index), blob);
    console.log(`done ${index}`);
  }
  for (const index of order.sizes.keys()) console.log(`stored ${index} ${await sha256In(backend, factsOf(order, index))}`);
}

/** The SHA-256 of an object as it lies in a backend. */
export async function sha256In(backend: StorageBackend, { blake3 }: BlobFacts): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of await backend.read(keyOf(blake3))) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

if (process.argv[1] === import.meta.filename) await work(JSON.parse(process.argv[2] ?? '') as StorageOrder);
